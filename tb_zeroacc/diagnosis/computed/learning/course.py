"""The course of one curve: where it began, its best level, where it ended, and if that is a trend.

Curves are all that logs of strangers hold, so these numbers are what most verdicts on them rest on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.learning.sides import better_side
from tb_zeroacc.diagnosis.computed.learning.trend import MAD_TO_SD, scatter, smoothed
from tb_zeroacc.diagnosis.computed.medians import median_of
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Curve, Role, Run

BLOCKS = 40  # of a curve, each one's median counts once: neighbours in a long curve are not news
FEWEST_FOR_TREND = 4
MOSTLY_ALIKE = 0.5  # share of the points that are their median
_LATER = np.triu(np.ones((BLOCKS, BLOCKS), bool), 1)  # pairs of a block and one behind it
# Levels are medians of a tenth at either end; of a curve with fewer points than this, one point.
LEVEL_SHARE = 10
WANDER_BLOCKS = 10
CLEAR_NOISES = 3.0
RESUMED = 10  # gaps between points: a log that begins later saw nothing of what was before


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Levels of one curve; accuracies as shares of 1, everything else in the tag's unit.

    Attributes:
        curve: The curve.
        side: 1 where higher is better, -1 where lower is.
        steps, values: Its finite points, int64 and float64 of shape (points,).
        levels: Running medians over a twentieth of them, of the same shape.
        start, end: Medians of the first and of the last tenth.
        best: The best of `levels`.
        best_at: Its index.
        noise: Standard deviation of a point around the slope; 0 for few points.
        trend: Mann-Kendall z of the medians of at most 40 blocks; positive where it rises.
    """

    curve: Curve
    side: int
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    levels: NDArray[np.float64]
    start: float
    end: float
    best: float
    best_at: int
    noise: float
    trend: float

    @property
    def points(self) -> int:
        """How many finite points there are."""
        return len(self.values)

    @property
    def gain(self) -> float:
        """How much better it ended than it began; negative where it got worse."""
        return self.side * (self.end - self.start)

    @property
    def best_gain(self) -> float:
        """How much better its best level was than its start."""
        return self.side * (self.best - self.start)

    @property
    def loss_from_best(self) -> float:
        """How much worse it ended than its best level."""
        return self.side * (self.best - self.end)

    @property
    def is_clearly_worse(self) -> bool:
        """Whether it ended worse than its best level by more than the noise of single points."""
        return self.loss_from_best > CLEAR_NOISES * self.noise

    @property
    def best_step(self) -> int:
        """Where its best level stands, on the curve's axis."""
        return int(self.steps[self.best_at])

    @property
    def wander(self) -> float:
        """Robust scatter of the means of ten blocks of the last half around their line.

        Running means (of the latest 100 episodes, say) share most of their points with their
        neighbours: they wander without a trend, by more than `noise` tells.
        """
        half = self.values[len(self.values) // 2 :]
        if len(half) < 2 * WANDER_BLOCKS:
            return self.noise
        means = np.array([block.mean() for block in np.array_split(half, WANDER_BLOCKS)])
        line = np.polyval(np.polyfit(np.arange(WANDER_BLOCKS), means, 1), np.arange(WANDER_BLOCKS))
        # Single evaluations that fail must not count: the median, not the mean of squares.
        return float(MAD_TO_SD * median_of(np.abs(means - line)))

    @property
    def is_resumed(self) -> bool:
        """Whether the log begins in the middle of a training."""
        return bool(self.steps[0] > RESUMED * max(1, int(median_of(np.diff(self.steps)))))

    def trend_since(self, index: int) -> float:
        """Mann-Kendall z from a point on, positive where it gets better; 0 for too few points."""
        return self.side * mann_kendall(self.values[index:])


@per_run
def course_of(run: Run, curve: Curve) -> Course | None:
    """The course of one curve of a run; None without two finite points or a better side."""
    del run  # it is what the result is remembered for
    side = better_side(curve)
    steps, values = curve.series.finite()
    if side == 0 or len(values) < 2:
        return None
    values = values * curve.scale
    alike = curve.role is Role.REWARD and _are_mostly_alike(values)
    levels = _running_means(values) if alike else smoothed(values)
    level = np.mean if alike else median_of
    best_at = int(np.argmax(side * levels))
    tenth = max(1, len(values) // LEVEL_SHARE)
    return Course(
        curve=curve,
        side=side,
        steps=steps,
        values=values,
        levels=levels,
        start=float(level(values[:tenth])),
        end=float(level(values[-tenth:])),
        best=float(levels[best_at]),
        best_at=best_at,
        noise=scatter(values),
        trend=mann_kendall(values),
    )


def mann_kendall(values: NDArray[np.float64]) -> float:
    """Mann-Kendall's z of a curve; positive where it rises, 0 where nothing can be said.

    Args:
        values: Finite, of shape (points,). Of more than 40 the medians of 40 blocks are taken.

    Source: Mann 1945, Nonparametric tests against trend; Kendall 1975, Rank correlation methods.
    """
    blocks = min(BLOCKS, len(values))
    if blocks < FEWEST_FOR_TREND:
        return 0.0
    if len(values) > blocks:
        values = _block_levels(values, blocks)
    signs = np.sign(values[None, :] - values[:, None])
    score = float(signs[_LATER[: len(values), : len(values)]].sum())
    if score == 0.0:
        return 0.0
    variance = blocks * (blocks - 1) * (2 * blocks + 5) / 18.0
    return (abs(score) - 1.0) / math.sqrt(variance) * math.copysign(1.0, score)


def _block_levels(values: NDArray[np.float64], blocks: int) -> NDArray[np.float64]:
    """Medians of equal blocks that cover all points, neighbours sharing one where need be.

    Where most points are alike their means.
    """
    width = -(-len(values) // blocks)
    begins = np.linspace(0, len(values) - width, blocks).astype(int)
    parts = np.lib.stride_tricks.sliding_window_view(values, width)[begins]
    alike = _are_mostly_alike(values)
    return np.asarray(parts.mean(axis=1) if alike else median_of(parts))


def _are_mostly_alike(values: NDArray[np.float64]) -> bool:
    """Whether medians would hide the rest: rewards of single episodes, 0 or 1."""
    share = float(np.mean(values == median_of(values)))
    return MOSTLY_ALIKE < share < 1.0


def _running_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over a tenth of the points, of the same shape (points,)."""
    width = max(1, len(values) // LEVEL_SHARE)
    left, right = width // 2, width - 1 - width // 2
    padded = np.pad(values, (left, right), mode="symmetric")
    return np.asarray(np.convolve(padded, np.full(width, 1.0 / width), mode="valid"))
