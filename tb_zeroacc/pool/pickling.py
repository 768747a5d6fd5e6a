"""How what was read is pickled, for another process or for a later one."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class StatePickler(pickle.Pickler):
    """Pickles what a reader holds, read-only mappings included."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self.dispatch_table = {
            **copyreg.dispatch_table,
            MappingProxyType: lambda mapping: (read_only, (dict(mapping),)),
        }


def pickled(what: object) -> bytes:
    """The bytes of what was read."""
    buffer = io.BytesIO()
    StatePickler(buffer).dump(what)
    return buffer.getvalue()


def read_only(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    """The mapping, which cannot be changed."""
    return MappingProxyType(mapping)
