"""All histograms of one tag in a few numbers and some of them in bins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite

from tb_zeroacc.histograms.course import CourseBuilder


@dataclass(slots=True)
class HistogramsBuilder:
    """The histograms of one tag: their latest stretch of rising steps.

    Attributes:
        first_step, last_step: Of the first and the last histogram.
        fingerprint: Of the first one's encoding; None before it.
        count: How many there are.
        lowest, highest: Smallest and largest value over the finite ones; `inf` and `-inf` without.
        varies: Whether any two differ.
        bad_since: Step from which on all of them hold NaN or Inf; None where the last is finite.
        seen: Number of the last event.
        course: Some of them; None for a tag beyond those that there is room for.
    """

    first_step: int
    last_step: int
    fingerprint: int | None = None
    count: int = 0
    lowest: float = inf
    highest: float = -inf
    varies: bool = False
    bad_since: int | None = None
    seen: int = 0
    course: CourseBuilder | None = None

    def add(self, step: int, low: float, high: float, event: int) -> None:
        """Takes smallest and largest value of the next histogram; `event` is its number."""
        self.last_step, self.seen = step, event
        self.count += 1
        if not (isfinite(low) and isfinite(high)):
            self.bad_since = step if self.bad_since is None else self.bad_since
            return
        self.bad_since = None
        if low < self.lowest:
            self.lowest = low
        if high > self.highest:
            self.highest = high

    def add_many(
        self, step: int, low: float, high: float, event: int, count: int, bad_since: int | None
    ) -> None:
        """Takes the next histograms at once.

        Args:
            step: The last one's.
            low: Smallest value over the finite ones; `inf` where none is.
            high: Largest value over the finite ones; `-inf` where none is.
            event: Number of the last one's event.
            count: How many there are.
            bad_since: Step from which on all of them hold NaN or Inf; None where the last is
                finite.
        """
        self.last_step, self.seen = step, event
        self.count += count
        all_bad = low > high
        if not (all_bad and self.bad_since is not None):
            self.bad_since = bad_since
        if low < self.lowest:
            self.lowest = low
        if high > self.highest:
            self.highest = high

    def compare(self, encoding: bytes) -> None:
        """Compares it with the first; not needed once any two differ."""
        fingerprint = hash(encoding)
        self.varies = self.fingerprint is not None and fingerprint != self.fingerprint
        self.fingerprint = fingerprint

    def followed_by(self, later: HistogramsBuilder) -> HistogramsBuilder:
        """Both as one; the later alone where its steps begin anew."""
        if later.first_step <= self.last_step:
            return later
        course = later.course
        if self.course is not None and course is not None:
            course = self.course.followed_by(course)
        still_bad = later.bad_since == later.first_step and self.bad_since is not None
        return replace(
            later,
            first_step=self.first_step,
            count=self.count + later.count,
            lowest=min(self.lowest, later.lowest),
            highest=max(self.highest, later.highest),
            varies=self.varies or later.varies or self.fingerprint != later.fingerprint,
            bad_since=self.bad_since if still_bad else later.bad_since,
            course=course,
        )
