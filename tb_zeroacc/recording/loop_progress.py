"""The progress of a loop of the user's own, of which only its records are known."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_zeroacc.recording import unrecorded
from tb_zeroacc.recording.progress import Progress
from tb_zeroacc.recording.sample import Sample

STEPS = "steps"  # the part of the guard that counts them


def numbered(given: Any, last: tuple[Any, Any, Any], choose: Callable[[Any, Any, Any], Any]) -> Any:
    """Places a step as the user numbers it on the record's axis, where steps never go down.

    A number that does not rise (counted anew in each epoch, or frozen in a traced function) is
    taken for the step that follows.

    Args:
        given: The user's number.
        last: The number before it, its offset, and its step on the record's axis.
        choose: From a condition and two values to one of them.

    Returns:
        Offset and step.
    """
    before, offset, step = last
    offset = choose(given <= before, step + 1 - given, offset)
    return offset, given + offset


@dataclass(eq=False)
class LoopProgress(Progress):
    """Counts steps by their records, and plans the samples.

    Attributes:
        news: Called with what just happened, in a word.
        given, offset, stride: The latest record: its number as given, what was added to it, and
            the steps since the record before it.
        next_due: The next step to sample.
        first_bad: The first step whose loss was not finite; -1 before.
        misses: Whether steps are taken whose records do not come through.
    """

    news: Callable[[str], None]

    def __post_init__(self) -> None:
        self.given, self.offset, self.stride = -1, 0, 1
        self.next_due, self.first_bad = 0, -1
        self._samples = 0
        self._paced: tuple[int, float] | None = None  # step, clock
        self._outside = 0.0  # seconds that went into recording since the pace was measured
        self._beside = 0.0  # and of those into samples, outside of records, since the latest
        self._has_lost_steps = self.misses = False
        self.begin_epoch()  # each epoch begins where the one before it ends

    @property
    def step(self) -> int:
        """The step of the latest record; -1 before the first."""
        return self.steps - 1

    @property
    def is_silent(self) -> bool:
        """Whether no record came in this epoch, and nothing says yet that any is missing."""
        return not self.batches and not self.misses

    def taken(self, *, trained: bool | None) -> int | None:
        """Training steps taken so far; None where some were not counted.

        Args:
            trained: Whether an optimizer has counted since the latest epoch; None if unknown.
        """
        lost = self._has_lost_steps or STEPS in self.guard.off or (trained and not self.steps)
        return None if lost else self.steps

    def resume(self) -> None:
        """Training begins, again or for the first time: the pause before it is no step."""
        self._paced = None
        if not self.batches:
            self._epoch_clock = time.perf_counter()

    # --- records ----------------------------------------------------------------------------

    def expects_due(self) -> bool:
        """Whether the step that follows will be due, if steps go on as before."""
        return self.step + self.stride >= self.next_due

    def advance(self, given: int | None) -> int:
        """Counts a record.

        Args:
            given: The user's number of its step; None for the one that follows.

        Returns:
            Its step.
        """
        given = self.given + 1 if given is None else given
        last = (self.given, self.offset, self.step)
        offset, step = numbered(given, last, lambda yes, a, b: a if yes else b)
        self.reach(given, offset, step)
        return self.step

    def reach(self, given: int, offset: int, step: int) -> None:
        """Takes over where a record stands."""
        if self.step < 0:
            self.epoch_start = step
        self.stride = max(1, step - self.step)
        self.given, self.offset, self.steps = given, offset, step + 1

    def pace(self, step: int, sampling: float = 0.0) -> None:
        """Measures the time per step since the last call, recording excluded.

        Args:
            step: The latest step.
            sampling: Seconds that went into recording and are not booked yet.
        """
        now = time.perf_counter()
        if self._paced is not None and step > self._paced[0]:
            seconds = now - self._paced[1] - self._outside - sampling
            self.schedule.note_step(max(0.0, seconds) / (step - self._paced[0]), sampled=False)
        self._paced = (step, now)
        self._outside = 0.0

    def book(self, seconds: float, *, beside: bool = False) -> None:
        """Books seconds that went into recording: they are no part of the loop's own pace.

        Args:
            seconds: How many.
            beside: Whether into a sample, outside of its record.
        """
        self._outside += seconds
        self._beside += seconds if beside else 0.0

    # --- samples and epochs -----------------------------------------------------------------

    def is_bad(self, loss: float) -> bool:
        """Whether a loss is the first that is not finite."""
        return self.first_bad < 0 and not np.isfinite(loss)

    def plan(self, sample: Sample, seconds: float) -> None:
        """Says when the next sample is due.

        Args:
            sample: The latest.
            seconds: What its record took.
        """
        self.schedule.note_host(seconds + self._beside)
        self._beside = 0.0
        self._samples += 1
        if sample.first_bad:
            self.first_bad = sample.step
            self.next_due = sample.step + 1  # that shows whose weights are broken
            return
        # At first every record is sampled, so that their numbers are the same.
        self.next_due = sample.step + self.schedule.spacing(self._samples, self.steps_per_epoch)

    def write(self, sample: Sample) -> None:
        """Writes a sample, and says so where that is news."""
        if sample.replayed_from is None:  # else what is not its own is left out
            lacking = unrecorded.of_loop({layout.kind for layout, _ in sample.tables})
            if lacking is not None:
                self.session.lacks(lacking)
        news = self.write_sample(sample)
        if news is not None:
            self.news(news)

    def end_epoch(
        self, logs: dict[str, float], learning_rate: float | None, *, trained: bool | None
    ) -> None:
        """Writes an epoch and begins the next.

        Args:
            logs: Its numbers.
            learning_rate: At its end; None if unknown.
            trained: Whether an optimizer has counted in it; None if unknown.
        """
        counted = self._counted(logs, trained=trained)
        self._has_lost_steps |= counted is None
        self.write_epoch(logs, learning_rate, counted)
        self.session.association(self.steps)
        self.steps_per_epoch = counted or None
        self.begin_epoch()
        self._paced = None  # what the user does between epochs is no step
        self.news("epoch")

    def _counted(self, logs: dict[str, float], *, trained: bool | None) -> int | None:
        """Steps of the epoch; None where it trained and no record told of it."""
        if STEPS in self.guard.off or (self.misses and not self.batches):
            return None
        if self.batches or trained is False:
            return self.batches
        # Where no optimizer tells, a loss from a loop that never recorded comes from somewhere.
        never = not self.steps and bool(np.isfinite(list(logs.values())).any())
        return None if trained or never else 0
