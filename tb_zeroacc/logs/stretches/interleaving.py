"""Tells whether a tag that is written several times at each step holds several curves.

Losses of the batches of one step, running means within an epoch and points that are written twice
are one curve, of which the last value counts. Several seeds, or training and validation data under
one tag, are not: there the second value of a step follows the second value of the step before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

MOST_CURVES = 16  # at one step; what is written more often is no handful of trainings
FEWEST_STEPS = 8
# Share of the steps that hold as many values as the others.
REGULAR = 0.9
# Values that have nothing to do with their place differ as much from step to step as within one:
# the ratio of the two is 1. It is near 0 where each place has a level of its own.
APART = 0.25
ROUNDING = 1e-5  # of a value: float32 of the same number, summed in another order


@dataclass(slots=True)
class Repeats:
    """The values that one tag has at each step.

    Attributes:
        values: Those of the present step.
        before: Those of the step before it.
        steps: Steps with as many values as the step before, the present one left out.
        others: Steps with another number of them.
        within: How far neighbours within a step lie apart, summed over those steps.
        across: How far values lie from those of the same place in the step before, likewise.
    """

    values: list[float]
    before: list[float] = field(default_factory=list)
    steps: int = 0
    others: int = 0
    within: float = 0.0
    across: float = 0.0

    def add(self, value: float) -> None:
        """Takes another value of the same step."""
        if len(self.values) <= MOST_CURVES:
            self.values.append(value)

    def go_on(self, value: float) -> None:
        """Takes the first value of the next step."""
        now, before = self.values, self.before
        if len(now) == len(before) and 1 < len(now) <= MOST_CURVES:
            self.steps += 1
            moved = sum(abs(a - b) for a, b in zip(now, before, strict=True)) / len(now)
            apart = sum(abs(a - b) for a, b in pairwise(now)) / (len(now) - 1)
            if isfinite(moved) and isfinite(apart) and apart > ROUNDING * abs(now[-1]):
                self.across += moved
                self.within += apart
        else:
            self.others += 1
        self.before, self.values = now, [value]

    @property
    def usual(self) -> int:
        """How many values nearly every step holds; 1 where that differs, or all are equal."""
        regular = self.steps >= max(FEWEST_STEPS, REGULAR * (self.steps + self.others))
        return len(self.before) if regular and self.within > 0 else 1

    @property
    def curves(self) -> int:
        """How many curves the tag holds: 1 unless each place follows a level of its own."""
        return self.usual if self.across < APART * self.within else 1
