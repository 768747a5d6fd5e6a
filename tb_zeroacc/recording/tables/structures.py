"""Nested structures, as Keras flattens them: with the path to each leaf.

`keras.tree.flatten_with_path` came with Keras 3.7.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]  # keys of dictionaries, places in lists and tuples


def with_paths(structure: Any) -> list[tuple[Path, Any]]:
    """The leaves of lists, tuples and dictionaries in the order of `keras.tree.flatten`."""
    return list(_walk(structure, ()))


def _walk(structure: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(structure, dict):
        keys = list(structure)
        if not isinstance(structure, OrderedDict):  # whose order Keras keeps
            keys.sort(key=lambda key: (type(key).__name__, key))
        for key in keys:
            yield from _walk(structure[key], (*path, key))
    elif isinstance(structure, list | tuple):
        for place, part in enumerate(structure):
            yield from _walk(part, (*path, place))
    else:
        yield path, structure
