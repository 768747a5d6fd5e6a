"""What all taps have in common, and which of them exist."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBERS = itertools.count()
_TAPS: weakref.WeakSet[Tap] = weakref.WeakSet()
TUPLE_PARTS = ("x", "y", "w")  # as `fit` reads a tuple: inputs, labels, sample weights


@dataclass(frozen=True, slots=True)
class TapSource:
    """A tap right before another one; `part` where its elements became that part of a tuple."""

    tap: Tap
    part: str = ""


@dataclass(frozen=True, slots=True)
class TappedTensor:
    """One tensor of the elements at a tap; None for an unknown shape or size."""

    part: str
    shape: tuple[int | None, ...] | None
    dtype: str


class Tap:
    """A tap, and what it has counted since it was made.

    Args:
        name: The name that the user gave it.
        sources: The taps right before it.

    Attributes:
        number: Its place in the order in which taps were made.
        tensors: The tensors of an element; empty before the first one.
    """

    def __init__(self, name: str, sources: Sequence[TapSource] = ()) -> None:
        self.name = name
        self.number = next(_NUMBERS)
        self.sources = list(sources)
        self.tensors: tuple[TappedTensor, ...] = ()
        _TAPS.add(self)

    def held(self) -> NDArray[np.float64]:
        """The vectors of `tallies` so far, float64 of shape (tensors, `tallies.WIDTH`)."""
        raise NotImplementedError

    def elements(self) -> int:
        """How many elements passed."""
        held = self.held()
        return int(held[0, 0]) if len(held) else 0


def living() -> list[Tap]:
    """All taps whose pipelines still exist, in the order in which they were made."""
    return sorted(_TAPS, key=lambda each: each.number)


def tensors_of_element(element: Any) -> list[tuple[str, Any]]:
    """The tensors of an element, each with the name of its part: `x`, `y`, `x[age]`, `x[1]`.

    A tuple of up to three is read as `fit` reads it; of anything else the names are `[age]`, `[1]`,
    and empty for a lone tensor.
    """
    if type(element) is tuple and 1 <= len(element) <= len(TUPLE_PARTS):
        pairs = zip(TUPLE_PARTS, element, strict=False)
        return [found for part, inner in pairs for found in _leaves(part, inner)]
    return list(_leaves("", element))


def _leaves(part: str, element: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(element, dict):
        pairs: Iterable[tuple[Any, Any]] = element.items()
    elif isinstance(element, list | tuple):
        pairs = enumerate(element)
    else:
        if element is not None:
            yield part, element
        return
    for key, inner in pairs:
        yield from _leaves(f"{part}[{key}]", inner)
