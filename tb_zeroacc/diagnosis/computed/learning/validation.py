"""Whether validation turned: how far the validation loss rose from its minimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.learning.course import course_of, mann_kendall
from tb_zeroacc.diagnosis.computed.learning.trend import MAD_TO_SD, scatter, smoothed
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
# What tells a rise from the scatter of a curve that stands, whose minimum is but its lowest point:
# the Mann-Kendall z since the minimum, and how far the last third lies above it, in standard
# deviations of a point's logarithm. Of 20 000 curves planted with a scatter of 5 to 20 % and with
# spikes 4 pass; by the height of the rise alone 2 600 do.
STEADY, STEADY_HEIGHT = 4.0, 1.0
RISING, HEIGHT, GREAT_HEIGHT = 2.0, 3.0, 7.0
HEIGHT_BESIDE_DROP, NOT_RISING, DROPPED = 1.5, 1.0, 0.05  # where an accuracy fell as well
# Where there are too few points for a rank test: it rises at every one of so many, to LOUD_RISE.
FEWEST_RISES = 3
LAST_POINTS = 3  # at least, of the last third
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Turn:
    """Levels of the validation loss at its lowest and at the end; steps on the curve's axis.

    `noise` is the standard error of a tenth of the points around the slope; 0 for few points.
    `is_no_scatter` says whether the course of all points shows the rise.
    """

    curve: Curve
    low: float
    low_step: int
    end: float
    end_step: int
    noise: float = 0.0
    is_no_scatter: bool = True

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
        is_early = self.low > 0 and self.low_step < before
        return bool(is_early and is_clear and self.is_no_scatter)


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
    known = [c for c in run.judged if not c.is_inferred]
    courses = (course_of(run, c) for c in known if c.role in (Role.ACCURACY, Role.METRIC))
    metrics = [c for c in courses if c is not None and c.side > 0 and c.points >= FEWEST_POINTS]
    rises = course.end > UNNAMED_RISE * course.best and course.trend_since(course.best_at) < -NOISES
    held = bool(metrics) and all(c.end > HELD * c.best for c in metrics)
    return course.curve if rises and held else None


@dataclass(frozen=True, slots=True)
class Drop:
    """How far a metric fell from its best; all in the curve's unit, higher is better.

    `lasts` says whether it has no trend upwards, and its last third lies under its best by more
    than accuracies scatter.
    """

    curve: Curve
    best: float
    best_step: int
    end: float
    noise: float
    lasts: bool = False

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
    shown = low_level > 0 and _is_no_scatter(values, low, low_level, drop_of(run))
    return Turn(curve, low_level, int(steps[low]), end, int(steps[-1]), noise, shown)


def _is_no_scatter(
    values: NDArray[np.float64], low: int, level: float, drop: Drop | None
) -> bool:
    """Whether all points together show that a loss rose from its minimum.

    Args:
        values: Of the loss, (points,).
        low: Where its minimum stands.
        level: Its level there, above 0.
        drop: That of the validation accuracy.
    """
    logs = np.log(np.maximum(values, TINY * level))
    last = logs[max(low + 1, len(logs) - max(LAST_POINTS, len(logs) // 3)) :]
    if not len(last):
        return False
    noise = max(scatter(logs), _deviation(logs[len(logs) // 2 :]), _deviation(logs[low:]), TINY)
    height = (float(median_of(last)) - float(np.log(level))) / noise
    since, whole = mann_kendall(logs[low:]), mann_kendall(logs)
    steps = np.diff(logs[low:])
    if len(steps) >= FEWEST_RISES and (steps > 0).all() and values[-1] > LOUD_RISE * level:
        return True
    if since > STEADY and height > STEADY_HEIGHT:
        return True
    if since > RISING and height > (HEIGHT if whole > 0 else GREAT_HEIGHT):
        return True
    return whole > 0 and height > HEIGHT_BESIDE_DROP and drop is not None and drop.lasts


def _deviation(values: NDArray[np.float64]) -> float:
    """Robust standard deviation around the line through a few points, (points,); 0 for two."""
    if len(values) < LAST_POINTS:
        return 0.0
    at = np.arange(len(values))
    line = np.polyval(np.polyfit(at, values, 1), at)
    return float(MAD_TO_SD * median_of(np.abs(values - line)))


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
    noise = scatter(values)
    fell = levels[best] - median_of(values[-max(LAST_POINTS, len(values) // 3) :])
    lasts = fell > max(noise, DROPPED / curve.scale) and mann_kendall(values) < NOT_RISING
    return Drop(curve, float(levels[best]), int(steps[best]), float(levels[-1]), noise, bool(lasts))
