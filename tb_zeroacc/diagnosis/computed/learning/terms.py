"""A loss that is a sum of terms: which of them fell although the sum rose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import HELD, improved
from tb_zeroacc.run import Curve, Role, Run

ROUNDING = 1e-3  # of the sum: what is left of it may lie below 0 by as much
PARTS = 10  # of a run, for how evenly a loss rose
# Of a rise, in one of ten parts of the run: a weight that grows linearly brings .1 in each, with
# the square .19, with the cube .27; an exponential growth and a jump bring more than half.
EVENLY = 0.3


def term_that_fell(run: Run, total: Course) -> Course | None:
    """A loss of the same data, one of several, that got better and kept it; None without one."""
    for curve in run.curves_of(Role.LOSS, total.curve.split):
        course = None if curve is total.curve else course_of(run, curve)
        if course is None or not improved(course):
            continue
        if course.loss_from_best <= (1.0 - HELD) * course.best_gain:
            return course
    return None


def penalty_that_grew(run: Run, total: Course) -> Curve | None:
    """A curve of no role without which a loss that rose did not rise; None without one.

    Penalties, divergences from a prior and the like are logged beside the sum that holds them.
    """
    for curve, values in _beside(run, total):
        rest = total.values - values
        if values.min() < 0 or (rest < -ROUNDING * total.values).any():
            continue
        tenth = max(1, len(rest) // PARTS)
        if np.median(rest[-tenth:]) <= np.median(rest[:tenth]):
            return curve
    return None


def _beside(run: Run, total: Course) -> Iterator[tuple[Curve, np.ndarray]]:
    for curve in run.curves:
        if curve.role is Role.OTHER and curve.member == total.curve.member:
            steps, values = curve.series.finite()
            if np.array_equal(steps, total.steps):
                yield curve, values


def rises_evenly(course: Course) -> bool:
    """Whether a loss rose as one does whose weight grows, little by little over the whole run."""
    at = np.linspace(0, course.points - 1, PARTS + 1).astype(int)
    rises = np.diff(course.levels[at])
    return bool(rises.max() <= EVENLY * abs(course.end - course.best))
