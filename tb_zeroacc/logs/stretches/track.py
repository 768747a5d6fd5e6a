"""One scalar tag within a file: its present stretch of rising steps, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.stretches.interleaving import Repeats
from tb_zeroacc.series import SeriesBuilder

# From so many restarts on, values that go on at nearly all of them tell a loop within a training.
# Two trainings, or five, may begin near where the one before them ended by accident.
FEWEST_LAPS = 8
NEARLY_ALL = 0.8


@dataclass(slots=True)
class Track:
    """One scalar tag within a file: its present stretch of rising steps."""

    tag: str
    builder: SeriesBuilder
    opened_with: float  # first value in the file
    begun: int  # number of the event that began this stretch
    opened_at: int  # first step in the file
    lowest: int  # lowest step at which a stretch began
    last: int  # last step
    latest: float = 0.0  # last value
    seen: int = 0  # number of the last event
    restarts: int = 0  # how often steps began anew
    whole: SeriesBuilder | None = None  # all stretches, one behind the other, if there are several
    shift: int = 0  # of the steps of this stretch in `whole`
    continued: int = 0  # restarts at which the values went on
    renewed: int = 0  # restarts at which they, too, began anew
    rewinds: int = 0  # how often a resumed training wrote steps again
    repeats: Repeats | None = None  # where a step holds several values

    def restart(self, step: int, value: float, event: int) -> None:
        """Begins a new stretch."""
        on, anew = abs(value - self.latest), abs(value - self.opened_with)
        self.continued += on < anew
        self.renewed += anew < on
        self.whole = self.whole or self.builder
        self.shift = (self.whole.last_step or 0) + 1 - step
        self.restarts += 1
        self.lowest = min(self.lowest, step)
        self.builder, self.begun, self.repeats = SeriesBuilder(), event, None

    def run_on(
        self,
        steps: NDArray[np.int64],
        values: NDArray[np.float64],
        times: NDArray[np.float64],
        event: int,
    ) -> None:
        """Takes points at steps that do not fall; all arrays have shape (points,).

        Args:
            steps: None of them is below the last step.
            values: What stands there.
            times: Wall times in seconds, NaN where one is unknown.
            event: Number of the last point's event.
        """
        before = self.last if self.seen else steps[0] - 1
        repeated = steps == np.concatenate(([before], steps[:-1]))
        if self.repeats is not None or repeated.any():
            from_first = 0 if self.repeats is not None else int(repeated.argmax())
            if from_first:
                self.latest = float(values[from_first - 1])
            rest = zip(repeated[from_first:].tolist(), values[from_first:].tolist(), strict=True)
            for is_repeated, value in rest:
                if is_repeated:
                    self.repeat(value)
                elif self.repeats is not None:
                    self.repeats.go_on(value)
                self.latest = value
        self.last, self.latest, self.seen = int(steps[-1]), float(values[-1]), event
        self.builder.append_columns(steps, values, times)
        if self.whole is not None:
            self.whole.append_columns(steps + self.shift, values, times)

    def repeat(self, value: float) -> None:
        """Takes note of another value of the same step."""
        if self.repeats is None:
            self.repeats = Repeats([self.latest])
        self.repeats.add(value)

    @property
    def counts_laps(self) -> bool:
        """Whether its steps plainly begin anew in a loop within one training."""
        enough = self.restarts >= FEWEST_LAPS
        return enough and self.continued >= NEARLY_ALL * self.restarts

    @property
    def joined(self) -> SeriesBuilder | None:
        """All stretches as one curve, where most begin nearer to the last value than to the first.

        None where they do not, or where there is only one stretch.
        """
        return self.whole if self.continued > self.restarts / 2 else None


def restarts(step: int, first: int, last: int) -> bool:
    """Whether a step below the last one begins anew, rather than going on from a checkpoint.

    A resumed training repeats what came after its last checkpoint, so it goes back a little; a
    new one begins where the old one began.
    """
    return step < last and step - first <= (last - first) / 2
