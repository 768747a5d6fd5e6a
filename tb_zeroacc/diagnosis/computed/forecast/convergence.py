"""Where a falling loss would level off, and when: told only where the curve itself lets it be told.

A loss that nears its end is taken for `level + fall * shape(x / scale)`, where the shape is an
exponential or a power law: which of them holds decides when it ends, and a short curve does not
tell. Shape and scale are profiled on a grid, level and fall are least squares. Every pair whose
squared residuals a likelihood-ratio test at 95 % admits is one that the curve allows (Venzon and
Moolgavkar, Applied Statistics 37, 1988), and the forecast spans them all. Residuals that follow one
another count as fewer points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.series import Series

Array = NDArray[np.float64]

FEWEST = 20  # points
MOST_BLOCKS = 128  # a longer curve is its block medians
# Of `(1 + x / scale) ** -power`; the last one is an exponential.
POWERS = (*np.geomspace(0.25, 4.0, 13).tolist(), math.inf)
SCALES = 64  # on the grid, in lengths of the curve
SHORTEST, LONGEST = 0.01, 5.0
ADMITTED = 5.99  # chi-squared of two degrees of freedom at 95 %
LEFT = 0.02  # of the whole fall: what is left when it has converged
FARTHEST = 10.0  # lengths of the curve beyond its end: no forecast goes as far
TESTED = 0.25  # of the curve: what the rest of it has to foretell
LEAST_FALL = 4.0  # standard deviations of the points


@dataclass(frozen=True, slots=True)
class Convergence:
    """Where and when a loss levels off.

    Attributes:
        level: The value that it nears.
        at, earliest, latest: Where 2 % of its fall are left, on the curve's axis.
    """

    level: float
    at: float
    earliest: float
    latest: float


class _Fits(NamedTuple):
    """Every shape and scale of the grid, (powers * scales,), and how well it fits."""

    powers: Array
    scales: Array
    levels: Array
    falls: Array  # at the first point
    best: int
    admitted: NDArray[np.bool_]
    scatter: float  # standard deviation around the best one
    weight: float  # effective number of points

    @property
    def falls_clearly(self) -> bool:
        """Whether the best one falls by more than the points scatter."""
        return float(self.falls[self.best]) >= LEAST_FALL * self.scatter > 0.0


def convergence(series: Series) -> Convergence | str:
    """The forecast for a loss, or in a sentence without its full stop why there is none."""
    x, y = _blocks(*series.finite())
    if len(x) < FEWEST:
        return f"the loss has fewer than {FEWEST} points"
    fits = _fits(x, y)
    if not fits.falls_clearly:
        return "the loss does not fall beyond its scatter"
    if not _foretells(x, y):
        return "the loss does not fall by one law that would tell where it ends"
    ends = _ends(fits, float(x[0]), float(y[0]))
    earliest, latest = ends
    if latest - x[-1] > FARTHEST * (x[-1] - x[0]):
        return "the loss does not bend enough yet to tell where it ends"
    at = _end(fits, fits.best, float(x[0]), float(y[0]))
    return Convergence(float(fits.levels[fits.best]), at, min(earliest, at), max(latest, at))


def _ends(fits: _Fits, begin: float, first: float) -> tuple[float, float]:
    """The earliest and the latest end that the curve allows, no finer than the grid."""
    scale = (LONGEST / SHORTEST) ** (0.5 / (SCALES - 1))
    power = (POWERS[1] / POWERS[0]) ** 0.5
    ends = [
        _end(fits, n, begin, first, stretched)
        for n in np.flatnonzero(fits.admitted).tolist()
        for stretched in ((scale, 1.0), (1 / scale, 1.0), (1.0, power), (1.0, 1 / power))
    ]
    return min(ends), max(ends)


def _end(
    fits: _Fits, n: int, begin: float, first: float, stretched: tuple[float, float] = (1.0, 1.0)
) -> float:
    """Where little of the whole fall is left, if the curve goes on as one of them."""
    fall = float(fits.falls[n])
    left = fall / (LEFT * max(first - float(fits.levels[n]), fall))
    if not left > 1.0:
        return begin
    scale, power = float(fits.scales[n]) * stretched[0], float(fits.powers[n]) * stretched[1]
    return begin + scale * (math.log(left) if math.isinf(power) else left ** (1 / power) - 1)


def _foretells(x: Array, y: Array) -> bool:
    """Whether the curve without its last quarter foretells the level of that quarter."""
    cut = len(x) - max(3, round(TESTED * len(x)))
    fits = _fits(x[:cut], y[:cut])
    shapes = _shapes(x[cut:] - x[0], fits.powers[fits.admitted], fits.scales[fits.admitted])
    levels, falls = fits.levels[fits.admitted], fits.falls[fits.admitted]
    foretold = (levels[:, None] + falls[:, None] * shapes).mean(axis=1)
    room = 3.0 * fits.scatter / math.sqrt(max(1.0, fits.weight * (len(x) - cut) / cut))
    return bool(foretold.min() - room <= y[cut:].mean() <= foretold.max() + room)


def _fits(x: Array, y: Array) -> _Fits:
    grid = float(x[-1] - x[0]) * np.geomspace(SHORTEST, LONGEST, SCALES)
    powers, scales = np.repeat(POWERS, SCALES), np.tile(grid, len(POWERS))
    shapes = _shapes(x - x[0], powers, scales)
    away = shapes - shapes.mean(axis=1, keepdims=True)
    falls = (away @ (y - y.mean())) / np.square(away).sum(axis=1)
    levels = y.mean() - falls * shapes.mean(axis=1)
    residuals = y - levels[:, None] - falls[:, None] * shapes
    squares = np.square(residuals).sum(axis=1)
    best = int(squares.argmin())
    weight = _weight(residuals[best])
    allowed = squares[best] * (1.0 + ADMITTED / max(1.0, weight - 4.0))
    scatter = math.sqrt(float(squares[best]) / max(1, len(x) - 4))
    return _Fits(powers, scales, levels, falls, best, squares <= allowed, scatter, weight)


def _shapes(x: Array, powers: Array, scales: Array) -> Array:
    """What is left of the fall at each place, (powers, places): 1 at 0."""
    along = x[None, :] / scales[:, None]
    finite = np.where(np.isinf(powers), 1.0, powers)[:, None]
    return np.where(np.isinf(powers)[:, None], np.exp(-along), (1.0 + along) ** -finite)


def _weight(residuals: Array) -> float:
    """How many independent points the residuals are worth, by how each follows the one before."""
    energy = float(np.square(residuals).sum())
    if energy <= 0:
        return float(len(residuals))
    follow = float((residuals[1:] * residuals[:-1]).sum()) / energy
    follow = min(max(follow, 0.0), 0.95)
    return len(residuals) * (1.0 - follow) / (1.0 + follow)


def _blocks(steps: NDArray[np.int64], values: Array) -> tuple[Array, Array]:
    """At most `MOST_BLOCKS` points: means of steps and medians of values of evenly long blocks."""
    if len(steps) <= MOST_BLOCKS:
        return steps.astype(np.float64), values
    edges = np.linspace(steps[0], steps[-1] + 1, MOST_BLOCKS + 1)
    blocks = [(a, b) for a, b in pairwise(np.searchsorted(steps, edges).tolist()) if b > a]
    x = np.array([steps[a:b].mean() for a, b in blocks])
    return x, np.array([float(np.median(values[a:b])) for a, b in blocks])
