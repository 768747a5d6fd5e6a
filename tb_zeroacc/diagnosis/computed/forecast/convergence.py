"""Where a falling loss would level off, and when: told only where the curve itself lets it be told.

A loss that nears its end is taken for `level + fall * shape(x / scale)`, where the shape is an
exponential or a power law: which of them holds decides when it ends, and a short curve does not
tell. Shape and scale are profiled on a grid, level and fall are least squares. Every pair whose
squared residuals a likelihood-ratio test at 95 % admits is one that the curve allows (Venzon and
Moolgavkar, Applied Statistics 37, 1988), and the forecast spans them all. Residuals that follow one
another count as fewer points, and tell that neither law holds: then the forecast spans what parts
of the curve foretell, too.
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
# Of the autocorrelation of noise, times the root of its points, at 97.5 % (Bartlett, Supplement to
# the Journal of the Royal Statistical Society 8, 1946).
WHITE = 1.96
DROPPED = 0.1  # of a curve: parts lack its first tenth or fifth, its last tenth, or both
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

    begin: float  # where the curve begins
    powers: Array
    scales: Array
    levels: Array
    falls: Array  # at the first point
    best: int
    admitted: NDArray[np.bool_]
    scatter: float  # standard deviation around the best one
    weight: float  # effective number of points
    is_lacking: bool  # residuals follow one another, as where neither law holds

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
    at = _end(fits, fits.best, x[0], y[0])
    parts = _parts(len(x)) if fits.is_lacking else []
    others = (_fits(x[first:last], y[first:last]) for first, last in parts)
    ends = [at, *(end for part in (fits, *others) for end in _ends(part, x[0], y[0]))]
    if max(ends) - x[-1] > FARTHEST * (x[-1] - x[0]):
        return "the loss does not bend enough yet to tell where it ends"
    return Convergence(float(fits.levels[fits.best]), at, min(ends), max(ends))


def _parts(points: int) -> list[tuple[int, int]]:
    """What is left of a curve without its first points, its last ones, or both.

    A loss follows neither law exactly, and the less its points scatter, the surer the fit is of a
    wrong one. How far apart the forecasts of its parts lie tells how wrong.
    """
    dropped = round(DROPPED * points)
    firsts, lasts = (0, dropped, 2 * dropped), (points, points - dropped)
    return [(first, last) for first in firsts for last in lasts if last - first < points]


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
    after = math.log(left) if math.isinf(power) else left ** (1 / power) - 1
    return fits.begin + scale * after


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
    following = _following(residuals[best])
    weight = _weight(following, len(x))
    allowed = squares[best] * (1.0 + ADMITTED / max(1.0, weight - 4.0))
    scatter = math.sqrt(float(squares[best]) / max(1, len(x) - 4))
    return _Fits(
        float(x[0]), powers, scales, levels, falls, best, squares <= allowed, scatter, weight,
        is_lacking=following > WHITE / math.sqrt(len(x)),
    )  # fmt: skip


def _shapes(x: Array, powers: Array, scales: Array) -> Array:
    """What is left of the fall at each place, (powers, places): 1 at 0."""
    along = x[None, :] / scales[:, None]
    is_exponential = np.isinf(powers)
    exponents = np.empty_like(along)
    exponents[is_exponential] = along[is_exponential]
    exponents[~is_exponential] = powers[~is_exponential, None] * np.log1p(along[~is_exponential])
    return np.exp(-exponents)


def _weight(following: float, points: int) -> float:
    """How many independent points the residuals are worth."""
    following = min(max(following, 0.0), 0.95)
    return points * (1.0 - following) / (1.0 + following)


def _following(residuals: Array) -> float:
    """How each residual follows the one before: their autocorrelation at a lag of one."""
    energy = float(np.square(residuals).sum())
    return float((residuals[1:] * residuals[:-1]).sum()) / energy if energy > 0 else 0.0


def _blocks(steps: NDArray[np.int64], values: Array) -> tuple[Array, Array]:
    """At most `MOST_BLOCKS` points: means of steps and medians of values of evenly long blocks."""
    if len(steps) <= MOST_BLOCKS:
        return steps.astype(np.float64), values
    edges = np.linspace(steps[0], steps[-1] + 1, MOST_BLOCKS + 1)
    blocks = [(a, b) for a, b in pairwise(np.searchsorted(steps, edges).tolist()) if b > a]
    x = np.array([steps[a:b].mean() for a, b in blocks])
    return x, np.array([float(np.median(values[a:b])) for a, b in blocks])
