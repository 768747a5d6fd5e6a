"""A training as bytes: a head, which is always needed, and a body, which is unpacked at first use.

The body holds curves, tables and the answers of all rules: most of the bytes, and of a thousand
trainings few are looked at closely. In the head a mark stands for each of its parts.

The bytes are pickled, as between processes; they are unpacked by a reader that knows data classes
of this package and arrays, and nothing that runs code. Who may write to the store is seen to apart
from that (`location`).
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload

from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs.trainings.training import Told, Training
from tb_zeroacc.pool.pickling import StatePickler, pickled
from tb_zeroacc.run import Run

T = TypeVar("T")
Parts: TypeAlias = tuple[Any, ...]

# Rooms whose data classes, named tuples and enumerations may be in a store.
_ROOMS = (
    "facts", "records", "run", "series", "histograms", "workers", "logs", "diagnosis",
)  # fmt: skip
_OTHERS = frozenset({
    ("collections", "deque"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (
            ("numeric", "_frombuffer"), ("multiarray", "_reconstruct"), ("multiarray", "scalar"),
        )
    ),
    ("tb_zeroacc.pool.pickling", "read_only"),
})  # fmt: skip


class Stored(NamedTuple):
    """One training as it was read and judged."""

    training: Training
    told: Told
    diagnosis: Diagnosis


def parts_of(run: Run, diagnosis: Diagnosis) -> Parts:
    """What the body holds, in its order."""
    return run.curves, run.tables, run.histograms, run.earlier.stretches, diagnosis.checks


def pack(stored: Stored) -> tuple[bytes, bytes]:
    """The head and the body of a training."""
    parts = parts_of(stored.told.run, stored.diagnosis)
    # An empty tuple is one and the same wherever it stands.
    marks = {id(part): str(number) for number, part in enumerate(parts) if len(part)}
    buffer = io.BytesIO()
    pickler = _HeadPickler(buffer, marks)
    pickler.dump(stored)
    return buffer.getvalue(), pickled(tuple(map(_unpacked, parts)))


class Body:
    """The parts of one training, fetched at the first use of any of them.

    Args:
        fetch: The bytes; None where they are not there any more, or not whole.
        again: The same parts from the logs themselves, where that is so.
    """

    __slots__ = ("_again", "_fetch", "_parts")

    def __init__(self, fetch: Callable[[], bytes | None], again: Callable[[], Parts]) -> None:
        self._fetch, self._again = fetch, again
        self._parts: Parts | None = None

    def part(self, number: int) -> Any:
        """One of the parts."""
        if self._parts is None:
            content = self._fetch()
            self._parts = self._again() if content is None else unpack_body(content)
        return self._parts[number]


class LateSequence(Sequence[T]):
    """A sequence in a body."""

    __slots__ = ("_body", "_number")

    def __init__(self, body: Body, number: int) -> None:
        self._body, self._number = body, number

    def held(self) -> tuple[T, ...]:
        """The sequence itself."""
        found: tuple[T, ...] = self._body.part(self._number)
        return found

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self.held()[index]

    def __len__(self) -> int:
        return len(self.held())

    def __iter__(self) -> Iterator[T]:
        return iter(self.held())


class LateMapping(Mapping[str, T]):
    """A mapping in a body."""

    __slots__ = ("_body", "_number")

    def __init__(self, body: Body, number: int) -> None:
        self._body, self._number = body, number

    def held(self) -> Mapping[str, T]:
        """The mapping itself."""
        found: Mapping[str, T] = self._body.part(self._number)
        return found

    def __getitem__(self, key: str) -> T:
        return self.held()[key]

    def __len__(self) -> int:
        return len(self.held())

    def __iter__(self) -> Iterator[str]:
        return iter(self.held())


_LATE = (LateSequence, LateMapping, LateSequence, LateSequence, LateMapping)  # as in `parts_of`


def unpack(head: bytes, body_of: Callable[[Stored], Body]) -> Stored:
    """A training whose parts come when they are used.

    Args:
        head: Its head.
        body_of: Makes its body.

    Raises:
        Exception: The bytes are none that `pack` has made.
    """
    late = _Late()
    found = _HeadUnpickler(head, late).load()
    if not isinstance(found, Stored):
        raise pickle.UnpicklingError("no training")
    late.body = body_of(found)
    return found


def unpack_body(content: bytes) -> Parts:
    """The parts of a training.

    Raises:
        Exception: The bytes are none that `pack` has made.
    """
    parts: Parts = _Unpickler(io.BytesIO(content)).load()
    return parts


class _Late(Body):
    """Stands for the body while the head is unpacked, which says what to ask for."""

    __slots__ = ("body",)

    def __init__(self) -> None:
        self.body: Body

    def part(self, number: int) -> Any:
        return self.body.part(number)


class _HeadPickler(StatePickler):
    def __init__(self, buffer: io.BytesIO, marks: Mapping[int, str]) -> None:
        super().__init__(buffer)
        self._marks = marks

    def persistent_id(self, what: object) -> str | None:
        return self._marks.get(id(what))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _known(module, name)


class _HeadUnpickler(_Unpickler):
    def __init__(self, head: bytes, body: Body) -> None:
        super().__init__(io.BytesIO(head))
        self._body = body

    def persistent_load(self, mark: str) -> Any:
        number = int(mark)
        return _LATE[number](self._body, number)


@cache
def _known(module: str, name: str) -> Any:
    """What a store may name: classes of data, and how arrays are made of bytes."""
    top, _, rest = module.partition(".")
    is_ours = top == "tb_zeroacc" and rest.partition(".")[0] in _ROOMS
    if is_ours or (module, name) in _OTHERS or (module, name) == (__name__, Stored.__name__):
        found = getattr(import_module(module), name)
        if not is_ours or _is_data(found):
            return found
    raise pickle.UnpicklingError(f"{module}.{name} has no place in a store")


def _is_data(found: object) -> bool:
    return isinstance(found, type) and (
        is_dataclass(found) or issubclass(found, Enum | tuple)
    )


def _unpacked(part: Any) -> Any:
    return part.held() if isinstance(part, LateSequence | LateMapping) else part
