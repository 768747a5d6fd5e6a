"""Whether validation turned: how far the validation loss rose from its minimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.trend import scatter, smoothed
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Curve, Role, Run, Split

# Measured: .58 to .66, .61 to .93 and .60 to .78 in models that overfit.
RISE = 1.15
LAST_QUARTER = 0.75  # a minimum later than this may still be noise on a falling curve
NOISES = 3.0  # scatters that a metric must fall by; three standard deviations
# Of accuracy. Two standard errors of the difference of two shares of .97 over 100 examples are
# .048, and a healthy model with 114 of them fell by .035 from its best while its loss rose to 1.2
# times the lowest (measured); where the loss rose more, less suffices.
LEAST_DROP, LEAST_LOUD_DROP = 0.05, 0.02
LOUD_RISE = 1.5
FEWEST_POINTS = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """Levels of the validation loss: at its lowest and at the end; steps on the curve's axis."""

    curve: Curve
    low: float
    low_step: int
    end: float
    end_step: int

    @property
    def rise(self) -> float:
        """End ÷ lowest."""
        return self.end / self.low if self.low > 0 else 1.0

    @property
    def turned(self) -> bool:
        """Whether it rose clearly from a minimum that lies well before the end."""
        steps = self.curve.series.finite()[0]
        before = steps[0] + LAST_QUARTER * (steps[-1] - steps[0])
        return bool(self.low > 0 and self.rise > RISE and self.low_step < before)


@dataclass(frozen=True, slots=True)
class Drop:
    """How far a metric fell from its best; all in the curve's unit, higher is better."""

    curve: Curve
    best: float
    best_step: int
    end: float
    noise: float

    def is_clear(self, rise: float) -> bool:
        """Whether the fall is larger than the metric's own scatter.

        Args:
            rise: How many times its minimum the validation loss ended at.
        """
        least = LEAST_LOUD_DROP if rise >= LOUD_RISE else LEAST_DROP
        return self.best - self.end > max(NOISES * self.noise, least / self.curve.scale)


@per_run
def turn_of(run: Run) -> Turn | None:
    """The course of the validation loss; None without one of four points."""
    curve = run.headline(Role.LOSS, Split.VALIDATION)
    if curve is None:
        return None
    steps, values = curve.series.finite()
    if len(values) < FEWEST_POINTS:
        return None
    levels = smoothed(values)
    low = int(np.argmin(levels))
    return Turn(curve, float(levels[low]), int(steps[low]), float(levels[-1]), int(steps[-1]))


def drop_of(run: Run) -> Drop | None:
    """The fall of the validation accuracy from its best; None without one of four points."""
    curve = run.headline(Role.ACCURACY, Split.VALIDATION)
    if curve is None:
        return None
    steps, values = curve.series.finite()
    if len(values) < FEWEST_POINTS:
        return None
    levels = smoothed(values)
    best = int(np.argmax(levels))
    return Drop(curve, float(levels[best]), int(steps[best]), float(levels[-1]), scatter(values))
