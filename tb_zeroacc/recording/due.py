"""Which steps a sampler takes: a count of steps, and the next one that is due."""

from __future__ import annotations

from dataclasses import dataclass

NEVER = 2**62  # a step that no training reaches


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
