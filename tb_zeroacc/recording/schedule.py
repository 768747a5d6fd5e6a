"""Which steps are due: the first ones, then as many as the budget allows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil, gcd
from statistics import median

DENSE_STEPS = 20  # faults of initialisation show in the first steps
# Where nothing is measured yet a sampled step is taken to cost as much again as a plain one.
FIRST_GUESS = 2.0
RECENT = 32  # measurements that count
MAX_SPACING = 100_000
NEVER = 2**62  # a step that no training reaches


class Schedule:
    """Spaces samples so that they cost at most `budget` of the training time.

    The first `DENSE_STEPS` steps of the recording are due whatever they cost. The clock is the
    caller's: all durations are handed in, in seconds.

    Args:
        every: Fixed steps between samples; None to follow the budget.
        budget: Share of the training time that samples may cost.
    """

    def __init__(self, every: int | None, budget: float) -> None:
        self._every = every
        self._budget = budget
        self._plain: deque[float] = deque(maxlen=RECENT)
        self._sampled: deque[float] = deque(maxlen=RECENT)
        self._host: deque[float] = deque(maxlen=RECENT)
        self.extra = 0.0  # seconds spent outside steps and not yet paid for by the budget
        self.dense_until = DENSE_STEPS if every is None else 0

    def note_step(self, seconds: float, *, sampled: bool) -> None:
        """Adds the duration of a step; the first one of a `fit`, which traces, is left out."""
        (self._sampled if sampled else self._plain).append(seconds)

    def note_host(self, seconds: float) -> None:
        """Adds what it took to read and write one sample."""
        self._host.append(seconds)

    def seconds_per_step(self) -> float | None:
        """The median duration of a plain step; of a sampled one where there is no other."""
        return median(self._plain or self._sampled) if self._plain or self._sampled else None

    def spacing(self, step: int, steps_per_epoch: int | None) -> int:
        """Steps to the next sample.

        Args:
            step: The step after the sample that was just taken.
            steps_per_epoch: Where known; the spacing shares no factor with it, or one batch
                would be sampled for ever.
        """
        if self._every is not None:
            return self._every
        if step < self.dense_until:
            return 1
        return coprime(min(MAX_SPACING, max(1, ceil(self._wanted()))), steps_per_epoch)

    def _wanted(self) -> float:
        host = median(self._host) if self._host else 0.0
        if not self._plain:
            slow = median(self._sampled) if self._sampled else 0.0
            plain = slow / FIRST_GUESS
            return (slow - plain + host) / (self._budget * plain) if plain else DENSE_STEPS
        plain = median(self._plain)
        if plain <= 0.0:
            return float(MAX_SPACING)
        more = max(0.0, median(self._sampled) - plain) if self._sampled else plain
        return (more + host) / (self._budget * plain)

    def affords(self, seconds: float, elapsed: float) -> bool:
        """Whether something beside the samples fits into the budget, and books it if so."""
        if self.extra + seconds > self._budget * elapsed:
            return False
        self.extra += seconds
        return True


@dataclass(slots=True)
class DueSteps:
    """Counts steps and says which are due.

    Attributes:
        step: Training steps taken so far; the number of the one that comes next.
        next_due, spacing: The next due step, and steps from one to the one behind it.
        last: A step that is due in any case, `NEVER` for none.
        dense_until: Every step before this one is due.
    """

    step: int
    next_due: int
    spacing: int = 1
    last: int = NEVER
    dense_until: int = 0

    def __post_init__(self) -> None:
        self.next_due = min(self.next_due, max(self.last, self.step))

    def is_due(self, ahead: int = 1) -> bool:
        """Whether one of the next so many steps is due."""
        return self.step + ahead > self.next_due

    def move_on(self) -> None:
        """The step that stands next is sampled: says which is due behind it."""
        dense = self.step + 1 < self.dense_until
        self._due_behind(self.step, 1 if dense else self.spacing)

    def respace(self, step: int, spacing: int) -> None:
        """After a sample at `step`: wishes for another number of steps between samples."""
        self.spacing = spacing
        if step + 1 >= self.dense_until:
            self._due_behind(step, spacing)

    def _due_behind(self, step: int, spacing: int) -> None:
        after = step + spacing
        self.next_due = self.last if step < self.last < after else after


def coprime(spacing: int, period: int | None) -> int:
    """The smallest number from `spacing` on that shares no factor with `period`."""
    if not period or period < 2:
        return spacing
    while gcd(spacing, period) != 1:
        spacing += 1
    return spacing
