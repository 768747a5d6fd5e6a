"""What a curve was between its two edges: buckets on ranges of steps, all of them as columns.

A bucket covers an aligned range of `2 ** shift` steps; the range doubles when more than `BUCKETS`
are filled. Joining is associative, so that points may come in any pieces.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

BUCKETS = 512
# Of stretches that are longer than this one by one is faster than all at once.
LONG = 200

Where: TypeAlias = "slice | NDArray[np.intp] | NDArray[np.bool_]"


class Points(NamedTuple):
    """Values at rising steps.

    Attributes:
        steps: int64 of shape (points,).
        values: float64 of shape (points,).
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.steps)

    def part(self, where: Where) -> Points:
        """Some of them."""
        return Points(self.steps[where], self.values[where])

    def pair(self, at: int) -> tuple[int, float]:
        """Step and value of one of them."""
        return int(self.steps[at]), float(self.values[at])

    def copied(self) -> Points:
        """The same, independent of larger arrays that it may be a part of."""
        return Points(self.steps.copy(), self.values.copy())

    def then(self, *later: Points) -> Points:
        """These, and the later ones."""
        parts = [part for part in (self, *later) if len(part.steps)]
        if len(parts) < 2:
            return parts[0] if parts else self
        steps, values = zip(*parts, strict=True)
        return Points(np.concatenate(steps), np.concatenate(values))


NO_POINTS = Points(np.empty(0, np.int64), np.empty(0, np.float64))


class Buckets(NamedTuple):
    """Buckets in rising order, each column of shape (buckets,).

    Attributes:
        shift: Each covers `2 ** shift` steps.
        counts: int64, how many points each holds.
        bads: int64, how many of them are not finite.
        first, last: The first and the last point of each.
        least, greatest: Its finite minimum and maximum, the first of equal ones; infinite where
            no point is finite.
        bad: Its first point that is not finite; any point where `bads` is 0.
    """

    shift: int
    counts: NDArray[np.int64]
    bads: NDArray[np.int64]
    first: Points
    least: Points
    greatest: Points
    bad: Points
    last: Points

    @classmethod
    def of(cls, points: Points, shift: int = 0) -> Buckets:
        """The buckets of some points."""
        finite = np.isfinite(points.values)
        least = greatest = points
        if not finite.all():
            least = Points(points.steps, np.where(finite, points.values, np.inf))
            greatest = Points(points.steps, np.where(finite, points.values, -np.inf))
        counts, bads = np.ones(points.size, np.int64), (~finite).astype(np.int64)
        return cls(shift, counts, bads, points, least, greatest, points, points).widened(shift)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.counts)

    def part(self, where: slice) -> Buckets:
        """Some of them."""
        return Buckets(
            self.shift, self.counts[where], self.bads[where], *(p.part(where) for p in self[3:])
        )

    def joined(self, later: Buckets) -> Buckets:
        """These and the later ones."""
        shift = max(self.shift, later.shift)
        both = Buckets(
            shift, np.concatenate([self.counts, later.counts]),
            np.concatenate([self.bads, later.bads]),
            *(some.then(more) for some, more in zip(self[3:], later[3:], strict=True)),
        )  # fmt: skip
        return both.widened(_wide_enough(both.first.steps, shift))

    def with_points(self, points: Points) -> Buckets:
        """These, and points that follow."""
        steps = np.concatenate([self.first.steps, points.steps])
        return self.joined(Buckets.of(points, _wide_enough(steps, self.shift)))

    def widened(self, shift: int) -> Buckets:
        """One bucket for each range of `2 ** shift` steps."""
        starts = _beginnings(self.first.steps >> shift)
        if len(starts) == self.size:
            return self._replace(shift=shift)
        ends = np.append(starts[1:], self.size)
        firsts, bads = self.first.part(starts), np.add.reduceat(self.bads, starts)
        is_clean = not bads.any()
        return Buckets(
            shift,
            np.add.reduceat(self.counts, starts),
            bads,
            firsts,
            self.least.part(_firsts_of(np.minimum, self.least.values, starts, ends)),
            self.greatest.part(_firsts_of(np.maximum, self.greatest.values, starts, ends)),
            firsts
            if is_clean
            else self.bad.part(_firsts_of(np.maximum, self.bads > 0, starts, ends)),
            self.last.part(ends - 1),
        )

    def points(self) -> Points:
        """At most five of each: first, minimum, maximum, first non-finite one and last, by step."""
        if not self.size:
            return NO_POINTS
        some, bad = self.counts > self.bads, self.bads > 0
        marks = self.first.then(
            self.least.part(some), self.greatest.part(some), self.bad.part(bad), self.last
        )
        _, places = np.unique(marks.steps, return_index=True)
        return marks.part(places)


def _wide_enough(steps: NDArray[np.int64], shift: int) -> int:
    """The first shift from this one on at which there are at most `BUCKETS` ranges."""
    keys = steps >> shift
    while len(keys) > BUCKETS:
        keys = keys[_beginnings(keys)]
        if len(keys) > BUCKETS:
            shift, keys = shift + 1, keys >> 1
    return shift


def _beginnings(keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each stretch of equal keys begins."""
    if not len(keys):
        return np.empty(0, np.intp)
    return np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))


def _firsts_of(
    extreme: np.ufunc, values: NDArray[np.float64] | NDArray[np.bool_],
    starts: NDArray[np.intp], ends: NDArray[np.intp],
) -> NDArray[np.intp]:  # fmt: skip
    """The place of the first extreme of each stretch."""
    if len(values) > LONG * len(starts):
        place = np.argmin if extreme is np.minimum else np.argmax
        cuts = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([at + int(place(values[at:end])) for at, end in cuts])
    most = extreme.reduceat(values, starts)
    places = np.flatnonzero(values == np.repeat(most, ends - starts))
    return places[np.searchsorted(places, starts)]


NO_BUCKETS = Buckets.of(NO_POINTS)
