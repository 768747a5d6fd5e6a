"""What the last part of a run still brought, and where more of the same would lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.course import Course
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run

# A fall that never pauses in the last half, whatever its size: Mann-Kendall z of a curve that is
# long enough for one, else no step back among three points or more.
STEADY = 4.0
FEWEST_STEADY = 16
FEWEST_MONOTONE = 3
CLEAR = 2.0  # z of a fall in the last half that single points may interrupt
LATE_OF_LEVEL, LATE_OF_FALL, FAR_FROM_DONE = 0.025, 0.05, 0.6
FEW_EPOCHS = 7
LATE_OF_FEW = 0.1  # of the level: a healthy run of 5 epochs brought .077
WINDOWS = 4  # of the last half, for the forecast
MOST_SHRINKS = 0.95  # from a part to the next: beyond it no limit is in sight


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a curve would settle if its falls went on shrinking as they do.

    Attributes:
        level: In the curve's unit.
        error: Its standard error, from the scatter of the points.
    """

    level: float
    error: float


def late_gain(course: Course) -> float:
    """How much better it got over the last quarter, in its unit."""
    mark = course.levels[int(0.75 * course.points)]
    return course.side * float(course.levels[-1] - mark)


def is_far_from_done(course: Course) -> bool:
    """A loss that falls without a pause and has not lost half of its start."""
    late = late_gain(course)
    enough = late >= LATE_OF_LEVEL * abs(course.levels[-1]) and late >= LATE_OF_FALL * course.gain
    return enough and _is_steady(course) and course.end > FAR_FROM_DONE * abs(course.start)


def is_cut_off(course: Course, epochs: int | None) -> bool:
    """A run of a handful of epochs whose last quarter still brought much."""
    if epochs is None or epochs > FEW_EPOCHS or late_gain(course) < LATE_OF_FEW * abs(course.end):
        return False
    return _is_steady(course) or course.trend_since(course.points // 2) > CLEAR


def _is_steady(course: Course) -> bool:
    half = course.values[course.points // 2 :]
    if course.points >= FEWEST_STEADY:
        return course.trend_since(course.points // 2) > STEADY
    return len(half) >= FEWEST_MONOTONE and bool((course.side * np.diff(half) > 0).all())


def forecast_of(course: Course) -> Forecast | None:
    """Where it would settle; None where the falls do not shrink, or too few points are there.

    The levels of four equal parts of the last half are taken for a geometric approach to a limit.
    Source: Aitken 1926, On Bernoulli's numerical solution of algebraic equations (delta-squared).
    """
    half = course.values[course.points // 2 :]
    if len(half) < 2 * WINDOWS:
        return None
    parts = np.array_split(half, WINDOWS)
    levels = np.array([part.mean() for part in parts])
    first, last = levels[0] - levels[1], levels[2] - levels[3]
    shrinks = float(np.sqrt(last / first)) if first * last > 0 else 0.0
    if not 0.0 < shrinks < MOST_SHRINKS:
        return None
    rest = shrinks / (1.0 - shrinks)  # of the last fall that is still to come
    noise = course.noise / np.sqrt(len(parts[-1]))
    return Forecast(float(levels[3] - rest * last), float(noise * (1.0 + 2.0 * rest)))


@per_run
def epochs_of(run: Run) -> int | None:
    """How many epochs a run took, as far as it tells: its record, an axis, a curve `epoch`."""
    if run.epochs:
        return len(run.epochs)
    counted = [c.series.count for c in run.curves if c.axis == "epoch" and c.headline]
    numbered = [c.series.maximum.value + 1 for c in run.curves
                if c.tag == "epoch" and c.series.maximum is not None]  # fmt: skip
    found = [*counted, *numbered]
    return int(max(found)) if found else None
