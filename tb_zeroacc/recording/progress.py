"""The progress of a training: its steps and epochs, and where its samples belong."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tb_zeroacc import facts
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sample import Sample
from tb_zeroacc.recording.schedule import Schedule
from tb_zeroacc.recording.session import RecordingSession, StepPlace


@dataclass(eq=False)
class Progress:
    """Counts the steps and epochs of one recording, and writes its samples and epochs.

    Attributes:
        session: Where to write.
        schedule: Says which steps are due, and knows the pace of training.
        guard: Turns failing parts off.
        steps: Training steps taken so far.
        epoch: The current one, over the whole recording; -1 before the first.
        epoch_start: Training steps taken before it.
        steps_per_epoch: None where unknown.
    """

    session: RecordingSession
    schedule: Schedule
    guard: Guard
    steps: int = field(default=0, init=False)
    epoch: int = field(default=-1, init=False)
    epoch_start: int = field(default=0, init=False)
    steps_per_epoch: int | None = field(default=None, init=False)
    _epoch_clock: float = field(default=0.0, init=False)
    _has_sampled: bool = field(default=False, init=False)

    @property
    def batches(self) -> int:
        """Steps of the current epoch so far."""
        return self.steps - self.epoch_start

    def number_of_next(self, number: int) -> int:
        """The number of the next epoch over the whole recording, by that within its `fit`."""
        return max(self.epoch + 1, number)

    def begin_epoch(self, number: int = 0) -> None:
        """An epoch begins.

        Args:
            number: Its number, where that is known; one that does not rise is counted on.
        """
        self.epoch = self.number_of_next(number)
        self.epoch_start, self._epoch_clock = self.steps, time.perf_counter()

    def write_epoch(
        self,
        logs: dict[str, float],
        learning_rate: float | None,
        batches: int | None,
        *,
        cut_short: bool = False,
    ) -> None:
        """Writes the current epoch.

        Args:
            logs: Its numbers.
            learning_rate: At its end; None if unknown.
            batches: Its steps; None where they were not counted.
            cut_short: Whether it was left before its end.
        """
        self.session.epoch(
            facts.Epoch(
                epoch=self.epoch,
                step=self.steps,
                batches=batches,
                seconds=time.perf_counter() - self._epoch_clock,
                learning_rate=learning_rate,
                logs=logs,
                cut_short=cut_short,
            )
        )

    def write_sample(
        self, sample: Sample, waited: float = float("nan"), skipped: float = float("nan")
    ) -> str | None:
        """Writes a sample.

        Args:
            sample: The sample.
            waited: Seconds from asking for its step to its data; NaN where unknown.
            skipped: Updates that a loss scale has left out so far; NaN without one.

        Returns:
            What is new about it, in a word: `non_finite`, or `sample` for the first; else None.
        """
        place = StepPlace(
            epoch=self.epoch,
            batch=max(0, sample.step - self.epoch_start),
            steps_per_epoch=self.steps_per_epoch,
            seconds_per_step=self.schedule.seconds_per_step(),
            waited=waited,
            skipped=skipped,
        )
        self.guard.run("samples", self.session.sample, sample, place)
        first, self._has_sampled = not self._has_sampled, True
        if sample.first_bad:
            return "non_finite"
        return "sample" if first else None
