"""A training as bytes: a head, which is always needed, and a body, which is unpacked at first use.

The body holds curves, tables and the answers of all rules: most of the bytes, and of a thousand
trainings few are looked at closely. In the head a mark stands for each of its parts.

So one process hands trainings to another, and to a later one by the store. The bytes are pickled;
they are unpacked by a reader that knows data classes of this package and arrays, and nothing that
runs code. Who may write to the store is seen to apart from that (`store/location`).
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
from tb_zeroacc.packing.pickling import StatePickler, pickled
from tb_zeroacc.run import Run

T = TypeVar("T")
Parts: TypeAlias = tuple[Any, ...]

# Rooms whose data classes, named tuples and enumerations may be in these bytes.
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
    ("tb_zeroacc.packing.pickling", "read_only"),
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
    marks = {
        id(part): str(number)
        for number, part in enumerate(parts) if isinstance(part, _Late) or len(part)
    }  # fmt: skip
    buffer = io.BytesIO()
    pickler = _HeadPickler(buffer, marks)
    pickler.dump(stored)
    return buffer.getvalue(), _still_packed(parts) or pickled(tuple(map(_unpacked, parts)))


def _still_packed(parts: Parts) -> bytes | None:
    """The body that parts are in, where they are all of it and none of them was ever used."""
    late = [part for part in parts if isinstance(part, _Late)]
    for number, part in enumerate(parts):
        if isinstance(part, _Late):
            if part.body is not late[0].body or part.number != number:
                return None
        elif len(part):
            return None
    return late[0].body.packed() if late else None


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
        fetch, again = self._fetch, self._again  # before it is known that they are needed
        if self._parts is None:
            content = fetch()
            self._parts = again() if content is None else unpack_body(content)
            self._fetch, self._again = _nothing, tuple  # what they hold is needed no more
        return self._parts[number]

    def packed(self) -> bytes | None:
        """The bytes; None once they were unpacked, and where they are not there."""
        return self._fetch()


def _nothing() -> None:
    """The bytes of a body that was unpacked."""


NO_BODY = Body(_nothing, tuple)


class _Late:
    """A part of a body.

    Attributes:
        body: The body.
        number: Which of its parts.
    """

    __slots__ = ("body", "number")

    def __init__(self, body: Body, number: int) -> None:
        self.body, self.number = body, number


class LateSequence(_Late, Sequence[T]):
    """A sequence in a body."""

    __slots__ = ()

    def held(self) -> tuple[T, ...]:
        """The sequence itself."""
        found: tuple[T, ...] = self.body.part(self.number)
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


class LateMapping(_Late, Mapping[str, T]):
    """A mapping in a body."""

    __slots__ = ()

    def held(self) -> Mapping[str, T]:
        """The mapping itself."""
        found: Mapping[str, T] = self.body.part(self.number)
        return found

    def __getitem__(self, key: str) -> T:
        return self.held()[key]

    def __len__(self) -> int:
        return len(self.held())

    def __iter__(self) -> Iterator[str]:
        return iter(self.held())


_KINDS = (LateSequence, LateMapping, LateSequence, LateSequence, LateMapping)  # as in `parts_of`


def unpack(head: bytes, body_of: Callable[[Stored], Body]) -> Stored:
    """A training whose parts come when they are used.

    Args:
        head: Its head.
        body_of: Makes its body.

    Raises:
        Exception: The bytes are none that `pack` has made.
    """
    unpickler = _HeadUnpickler(head)
    found = unpickler.load()
    if not isinstance(found, Stored):
        raise pickle.UnpicklingError("no training")
    body = body_of(found)
    for part in unpickler.late.values():
        part.body = body
    return found


def unpack_body(content: bytes) -> Parts:
    """The parts of a training.

    Raises:
        Exception: The bytes are none that `pack` has made.
    """
    parts: Parts = _Unpickler(io.BytesIO(content)).load()
    return parts


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
    """Makes parts of no body, which is found by what the head says."""

    def __init__(self, head: bytes) -> None:
        super().__init__(io.BytesIO(head))
        self.late: dict[str, _Late] = {}

    def persistent_load(self, mark: str) -> Any:
        if mark not in self.late:  # a part is one object, wherever it stands
            self.late[mark] = _KINDS[int(mark)](NO_BODY, int(mark))
        return self.late[mark]


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
    return part.body.part(part.number) if isinstance(part, _Late) else part
