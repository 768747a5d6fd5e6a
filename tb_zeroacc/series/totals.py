"""What is counted over every point of a curve, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite
from typing import TypeAlias

import numpy as np

from tb_zeroacc.series.buckets import NO_POINTS, Buckets, Points

Pair: TypeAlias = tuple[int, float]  # step, value


@dataclass(slots=True)
class Totals:
    """Totals over points in log order.

    Attributes:
        count: How many points there are.
        low, high: The first of the finite minima and maxima; None where no point is finite.
        bads: How many are not finite.
        first_bad: Step of the first of them.
    """

    count: int = 0
    low: Pair | None = None
    high: Pair | None = None
    bads: int = 0
    first_bad: int | None = None

    def add(self, points: Points) -> None:
        """Counts the points that follow."""
        finite = np.isfinite(points.values)
        if finite.all():
            self._add(points.size, points, points, NO_POINTS, 0)
        else:
            good, bad = points.part(finite), points.part(~finite)
            self._add(points.size, good, good, bad, bad.size)

    def add_buckets(self, buckets: Buckets) -> None:
        """Counts the buckets that follow."""
        some, bad = buckets.counts > buckets.bads, buckets.bads > 0
        self._add(
            int(buckets.counts.sum()), buckets.least.part(some), buckets.greatest.part(some),
            buckets.bad.part(bad), int(buckets.bads.sum()),
        )  # fmt: skip

    def _add(self, count: int, least: Points, greatest: Points, bad: Points, bads: int) -> None:
        self.count += count
        self.bads += bads
        if least.size:
            self._reach(least.pair(int(least.values.argmin())))
            self._reach(greatest.pair(int(greatest.values.argmax())))
        if self.first_bad is None and bad.size:
            self.first_bad = int(bad.steps[0])

    def _reach(self, finite: Pair) -> None:
        if self.low is None or finite[1] < self.low[1]:
            self.low = finite
        if self.high is None or finite[1] > self.high[1]:
            self.high = finite

    def then(self, steps: Iterable[int], values: Iterable[float]) -> Totals:
        """With a few points that follow."""
        found = replace(self)
        for step, value in zip(steps, values, strict=True):
            found.count += 1
            if isfinite(value):
                found._reach((step, value))
            else:
                found.bads += 1
                found.first_bad = step if found.first_bad is None else found.first_bad
        return found
