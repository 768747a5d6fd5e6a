"""How what was read is pickled: as `pickle` does, with a shorter way for most objects."""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from io import BytesIO
from operator import attrgetter, methodcaller
from types import MappingProxyType
from typing import IO, Any, TypeAlias

PROTOCOL = pickle.HIGHEST_PROTOCOL
Reduce: TypeAlias = Callable[[Any], Any]


class StatePickler(pickle.Pickler):
    """Pickles what a reader holds, read-only mappings included."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, PROTOCOL)
        self.dispatch_table = _WAYS


def pickled(what: object) -> bytes:
    """The bytes of what was read."""
    buffer = BytesIO()
    StatePickler(buffer).dump(what)
    return buffer.getvalue()


def read_only(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    """The mapping, which cannot be changed."""
    return MappingProxyType(mapping)


class _Ways(dict[type, Reduce]):
    """How the objects of each class are pickled, worked out with the first one."""

    def __missing__(self, kind: type) -> Reduce:
        if issubclass(kind, type):
            raise KeyError(kind)  # a class is pickled by its name
        way = self[kind] = _by_constructor(kind) or methodcaller("__reduce_ex__", PROTOCOL)
        return way


def _by_constructor(kind: type) -> Reduce | None:
    """Frozen data with slots by the arguments of its class; None where it is something else.

    `dataclasses` has Python collect and set the fields of each such object: of a thousand answers
    of rules, and of their curves, that is half of the time that pickling takes.
    """
    if not is_dataclass(kind) or "__slots__" not in vars(kind) or hasattr(kind, "__post_init__"):
        return None
    parts, kept = fields(kind), kind.__dataclass_params__  # type: ignore[attr-defined]
    if not parts or not (kept.frozen and kept.init):
        return None
    if not all(part.init and not part.kw_only for part in parts):
        return None
    held = attrgetter(*(part.name for part in parts))
    if len(parts) == 1:
        return lambda each: (kind, (held(each),))
    return lambda each: (kind, held(each))


_WAYS = _Ways(copyreg.dispatch_table)
_WAYS[MappingProxyType] = lambda mapping: (read_only, (dict(mapping),))
