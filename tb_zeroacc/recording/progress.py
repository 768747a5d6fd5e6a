"""Where a loop of the user's own stands, and what becomes of its samples.

A loop tells nothing but its records, so steps, epochs and the pace are counted here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tb_zeroacc import facts
from tb_zeroacc.recording import unrecorded
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.schedule import Schedule
from tb_zeroacc.recording.session import RecordingSession, StepPlace

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


class Progress:
    """Counts the steps of one recording and writes its samples.

    Args:
        session: Where to write.
        schedule: Says which steps are due.
        guard: Turns failing parts off.
        news: Called with what just happened, in a word.

    Attributes:
        given, offset, step, stride: The latest record: its number as given, what was added to it,
            its step, and the steps since the record before it.
        next_due: The next step to sample.
        first_bad: The first step whose loss was not finite; -1 before.
        epoch: The current one, over the whole recording.
        outside: Seconds that went into recording since the latest record.
        misses: Whether steps are taken whose records do not come through.
    """

    def __init__(
        self,
        session: RecordingSession,
        schedule: Schedule,
        guard: Guard,
        news: Callable[[str], None],
    ) -> None:
        self._session = session
        self._schedule = schedule
        self._guard = guard
        self._news = news
        self.given, self.offset, self.step, self.stride = -1, 0, -1, 1
        self.next_due, self.first_bad = 0, -1
        self.epoch = 0
        self.outside = 0.0
        self._first: int | None = None
        self._epoch_start = (0, time.perf_counter())  # step, clock
        self._steps_per_epoch: int | None = None
        self._paced: tuple[int, float] | None = None  # step, clock
        self._samples = 0
        self._has_sampled = self._has_lost_steps = self.misses = False

    @property
    def is_silent(self) -> bool:
        """Whether no record came in this epoch, and nothing says yet that any is missing."""
        return self.steps == self._epoch_start[0] and not self.misses

    def lacks(self, fact: facts.Unrecorded) -> None:
        """Writes what will not be on record."""
        self._session.lacks(fact)

    @property
    def steps(self) -> int:
        """Training steps counted so far."""
        return self.step + 1

    def taken(self, *, trained: bool | None) -> int | None:
        """Training steps taken so far; None where some were not counted.

        Args:
            trained: Whether an optimizer has counted since the latest epoch; None if unknown.
        """
        lost = self._has_lost_steps or STEPS in self._guard.off or (trained and not self.steps)
        return None if lost else self.steps

    def resume(self) -> None:
        """Training begins, again or for the first time: the pause before it is no step."""
        self._paced = None
        if self._epoch_start[0] == self.steps:
            self._epoch_start = (self.steps, time.perf_counter())

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
        self.stride = max(1, step - self.step)
        self.given, self.offset, self.step = given, offset, step
        if self._first is None:
            self._first = step
            self._epoch_start = (step, self._epoch_start[1])

    def pace(self, step: int, sampling: float = 0.0) -> None:
        """Measures the steps since the last call, what went into recording aside.

        Args:
            step: The latest step.
            sampling: Seconds that went into recording and are not yet in `outside`.
        """
        now = time.perf_counter()
        if self._paced is not None and step > self._paced[0]:
            seconds = now - self._paced[1] - self.outside - sampling
            self._schedule.note_step(max(0.0, seconds) / (step - self._paced[0]), sampled=False)
        self._paced = (step, now)
        self.outside = 0.0

    def is_bad(self, loss: float) -> bool:
        """Whether a loss is the first that is not finite."""
        return self.first_bad < 0 and not np.isfinite(loss)

    def plan(self, sample: Sample, seconds: float) -> None:
        """Says when the next sample is due.

        Args:
            sample: The latest.
            seconds: What it took.
        """
        self._schedule.note_host(seconds)
        self._samples += 1
        if sample.first_bad:
            self.first_bad = sample.step
            self.next_due = sample.step + 1  # that shows whose weights are broken
            return
        # At first every record is sampled, so that their numbers are the same.
        spacing = self._schedule.spacing(self._samples, self._steps_per_epoch)
        self.next_due = sample.step + spacing

    def write(self, sample: Sample) -> None:
        """Writes a sample."""
        place = StepPlace(
            epoch=self.epoch,
            batch=max(0, sample.step - self._epoch_start[0]),
            steps_per_epoch=self._steps_per_epoch,
            seconds_per_step=self._schedule.seconds_per_step(),
        )
        if sample.replayed_from is None:  # else what is not its own is left out
            lacking = unrecorded.of_loop({layout.kind for layout, _ in sample.tables})
            if lacking is not None:
                self._session.lacks(lacking)
        self._guard.run("samples", self._session.sample, sample, place)
        if sample.first_bad:
            self._news("non_finite")
        elif not self._has_sampled:
            self._news("sample")
        self._has_sampled = True

    def end_epoch(
        self, logs: dict[str, float], learning_rate: float | None, *, trained: bool | None
    ) -> None:
        """Writes an epoch and begins the next.

        Args:
            logs: Its numbers.
            learning_rate: At its end; None if unknown.
            trained: Whether an optimizer has counted in it; None if unknown.
        """
        _, clock = self._epoch_start
        batches = self._batches(logs, trained=trained)
        self._has_lost_steps |= batches is None
        self._session.epoch(
            facts.Epoch(
                epoch=self.epoch,
                step=self.steps,
                batches=batches,
                seconds=time.perf_counter() - clock,
                learning_rate=learning_rate,
                logs=logs,
            )
        )
        self._session.association(self.steps)
        self._steps_per_epoch = batches or None
        self.epoch += 1
        self._epoch_start = (self.steps, time.perf_counter())
        self._paced = None  # what the user does between epochs is no step
        self._news("epoch")

    def _batches(self, logs: dict[str, float], *, trained: bool | None) -> int | None:
        """Steps of the epoch; None where it trained and no record told of it."""
        batches = self.steps - self._epoch_start[0]
        if STEPS in self._guard.off or (self.misses and not batches):
            return None
        if batches or trained is False:
            return batches
        # Where no optimizer tells, a loss from a loop that never recorded comes from somewhere.
        never = self.step < 0 and bool(np.isfinite(list(logs.values())).any())
        return None if trained or never else 0
