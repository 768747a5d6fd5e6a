"""Whether validation turned: how far the validation loss rose from its minimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.learning.trend import scatter, smoothed
from tb_zeroacc.diagnosis.computed.medians import median_of
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
# The last points, a tenth or five, and times their median: a last level above it is a spike.
LATEST, SPIKE = 5, 1.5
# A loss whose data no name tells: this far above its minimum while every metric holds its best.
UNNAMED_RISE, HELD = 1.3, 0.85


@dataclass(frozen=True, slots=True)
class Turn:
    """Levels of the validation loss at its lowest and at the end; steps on the curve's axis.

    `noise` is the standard error of a tenth of the points around the slope; 0 for few points.
    """

    curve: Curve
    low: float
    low_step: int
    end: float
    end_step: int
    noise: float = 0.0

    @property
    def rise(self) -> float:
        """End ÷ lowest."""
        return self.end / self.low if self.low > 0 else 1.0

    @property
    def turned(self) -> bool:
        """Whether it rose clearly from a minimum that lies well before the end."""
        steps = self.curve.series.finite()[0]
        before = steps[0] + LAST_QUARTER * (steps[-1] - steps[0])
        is_clear = self.rise > RISE and self.end - self.low > NOISES * self.noise
        return bool(self.low > 0 and is_clear and self.low_step < before)


@per_run
def unnamed_validation(run: Run) -> Curve | None:
    """The one loss of a log, where only validation behaves like that: it rises, metrics hold.

    A loss of training that rises takes its metrics along.
    """
    losses = run.curves_of(Role.LOSS)
    is_unnamed = len(losses) == 1 and not losses[0].names_its_split
    course = course_of(run, losses[0]) if is_unnamed else None
    if course is None or course.points < FEWEST_POINTS or course.best <= 0:
        return None
    courses = (course_of(run, c) for c in run.curves if c.role in (Role.ACCURACY, Role.METRIC))
    metrics = [c for c in courses if c is not None and c.side > 0 and c.points >= FEWEST_POINTS]
    rises = course.end > UNNAMED_RISE * course.best and course.trend_since(course.best_at) < -NOISES
    held = bool(metrics) and all(c.end > HELD * c.best for c in metrics)
    return course.curve if rises and held else None


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
    curve = run.headline(Role.LOSS, Split.VALIDATION) or unnamed_validation(run)
    if curve is None:
        return None
    steps, values = curve.series.finite()
    if len(values) < FEWEST_POINTS:
        return None
    levels = smoothed(values)
    low = int(np.argmin(levels))
    end, latest = float(levels[-1]), float(median_of(values[-max(LATEST, len(values) // 10) :]))
    end = latest if levels[low] > 0 and end > SPIKE * latest else end
    low_level = float(levels[low])
    noise = scatter(values) / float(np.sqrt(max(1, len(values) // 10)))
    return Turn(curve, low_level, int(steps[low]), end, int(steps[-1]), noise)


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
