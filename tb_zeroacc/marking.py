"""What of a curve is marked: the stretches on the wrong side of the limit of a value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.run import Run


class Marked(NamedTuple):
    """The part of a curve that is wrong.

    Attributes:
        stretches: First and last step of each stretch, on the curve's axis.
        throughout: Whether that is all of the curve.
    """

    stretches: tuple[tuple[int, int], ...] = ()
    throughout: bool = False


def marked(run: Run, fact: Evidence) -> Marked:
    """The points of a fact's curve that are wrong, within the stretch that the fact is about.

    Where none is by itself, as with a median, it is that whole stretch.
    """
    curve = None if fact.tag is None else run.curve(fact.tag, fact.member)
    if curve is None or not len(curve.series) or fact.is_healthy is not False:
        return Marked()
    steps, values = curve.series.steps, curve.series.values
    meant = np.ones(len(steps), bool)
    if fact.first_step is not None:
        meant &= steps >= fact.first_step
    if fact.last_step is not None:
        meant &= steps <= fact.last_step
    wrong = meant.copy()
    wrong[meant] = [fact.admits(value) is False for value in values[meant].tolist()]
    shown = wrong if wrong.any() else meant
    edges = np.flatnonzero(np.diff(np.concatenate(([False], shown, [False])).astype(np.int8)))
    stretches = tuple(
        (int(steps[first]), int(steps[end - 1]))
        for first, end in zip(edges[::2], edges[1::2], strict=True)
    )
    return Marked(stretches, bool(shown.all()))
