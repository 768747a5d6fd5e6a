"""The level of a curve at its start, at three quarters and at its end, free of spikes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.medians import median_of
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Curve, Run
from tb_zeroacc.series import Series

# A level is the median of a twentieth of the curve: single spikes and an odd last point, both of
# which occur in healthy logs, do not move it.
WINDOW_SHARE = 20
# Of a normal variable: its standard deviation ÷ its median absolute deviation.
MAD_TO_SD = 1.4826
DIFFERENCE_TO_SD = MAD_TO_SD / np.sqrt(2.0)  # from the deviation of differences to that of values
FEWEST_FOR_NOISE = 6  # points below which the scatter of a curve cannot be told from its slope


@dataclass(frozen=True, slots=True)
class Trend:
    """Levels of one curve, in its unit.

    Attributes:
        points: How many finite points there are.
        start, mark, end: Levels of the first points, at three quarters, and of the last.
        noise: Standard error of a level, from the scatter around the slope; 0 for few points.
        mark_step, end_step: On the curve's axis.
    """

    points: int
    start: float
    mark: float
    end: float
    noise: float
    mark_step: int
    end_step: int

    @property
    def fall(self) -> float:
        """How far it fell from first to last; negative where it rose."""
        return self.start - self.end

    @property
    def late_fall(self) -> float:
        """How far it fell over the last quarter."""
        return self.mark - self.end

    @property
    def relative_fall(self) -> float:
        """The fall as a share of the start; 0 where the start is 0."""
        return self.fall / abs(self.start) if self.start else 0.0


@lru_cache(maxsize=32)  # several rules ask for it, one after another; a series never changes
def trend_of(series: Series) -> Trend | None:
    """The levels of a curve; None with fewer than two finite points."""
    steps, values = series.finite()
    n = len(values)
    if n < 2:
        return None
    width = max(1, n // WINDOW_SHARE)
    at = n - 1 - max(1, n // 4)
    low = max(0, at - width // 2)
    return Trend(
        points=n,
        start=float(median_of(values[:width])),
        mark=float(median_of(values[low : low + width])),
        end=float(median_of(values[-width:])),
        noise=scatter(values) / float(np.sqrt(width)),
        mark_step=int(steps[at]),
        end_step=int(steps[-1]),
    )


def scatter(values: NDArray[np.float64]) -> float:
    """Standard deviation of a curve's points around its slope, from the later half; (points,)."""
    if len(values) < FEWEST_FOR_NOISE:
        return 0.0
    steps = np.diff(values[len(values) // 2 :])
    return float(DIFFERENCE_TO_SD * median_of(np.abs(steps - median_of(steps))))


def smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running medians over a twentieth of the points, of the same shape (points,)."""
    width = max(1, len(values) // WINDOW_SHARE)
    if width == 1:
        return values
    left, right = width // 2, width - 1 - width // 2
    padded = np.pad(values, (left, right), mode="symmetric")
    return np.asarray(median_of(np.lib.stride_tricks.sliding_window_view(padded, width)))


def last_stretch(holds: NDArray[np.bool_]) -> int:
    """The index from which on it holds at every point; (points,), their number where it never."""
    broken = np.flatnonzero(~holds)
    return int(broken[-1]) + 1 if len(broken) else 0


def training_step(run: Run, curve: Curve, at: int) -> int:
    """The training step of a point of a curve, as far as it is recorded.

    An epoch's point is at the step of its end. Without recorded epochs, or without their steps,
    the position on the curve's own axis is used: it keeps the order within the curve.
    """
    epoch = _epoch_of(run, curve, at)
    return at if epoch is None else epoch.step


def last_step_behind(run: Run, curve: Curve, at: int) -> int:
    """The last training step that is in a point of a curve, as far as it is recorded.

    The step before `training_step` for an epoch's point, which is at the number of steps taken.
    """
    epoch = _epoch_of(run, curve, at)
    return at if epoch is None else epoch.step - 1


def _epoch_of(run: Run, curve: Curve, at: int) -> Epoch | None:
    """The epoch of a point, if its steps were counted."""
    if curve.axis != "epoch":
        return None
    return next((e for e in run.epochs if e.epoch == at and e.batches is not None), None)


def first_training_step(run: Run, curve: Curve) -> int:
    """The training step at which the epoch of a curve's first point began."""
    return 0 if curve.axis == "epoch" and run.epochs else curve.series.first.step


LATE_SHARE_OF_LEVEL = 0.05  # working programs: up to 53 %, but they end under half their baseline
LATE_SHARE_OF_FALL = 0.2  # a fall that is evenly spread has .25 of it in the last quarter
LEAST_FALL = 0.03  # of the start; a smaller fall over the whole run is scatter
NOISES = 2.0  # standard errors of the two levels


def still_falling(trend: Trend) -> bool:
    """Whether the loss still fell much in the last quarter: of its level, or of its total fall."""
    return falls_by_level(trend) or falls_evenly(trend)


def falls_by_level(trend: Trend) -> bool:
    """Whether it fell in the last quarter by much of its level, beyond scatter."""
    late = trend.late_fall
    return late > NOISES * trend.noise and late >= LATE_SHARE_OF_LEVEL * abs(trend.mark)


def falls_evenly(trend: Trend) -> bool:
    """Whether the last quarter has its share of a total fall that is more than scatter."""
    late = trend.late_fall
    much = trend.fall >= LEAST_FALL * abs(trend.start)
    return much and late > NOISES * trend.noise and late >= LATE_SHARE_OF_FALL * trend.fall
