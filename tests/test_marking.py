"""What of a curve is marked: the points that are wrong, and no other."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, Limit, at_least, at_most, below
from tb_zeroacc.marking import Marked, marked
from tests.diagnosis.planted import a_curve, a_run

VALUES = [0.5, 3.0, 0.2, 2.0, 2.5]


@pytest.mark.parametrize(
    ("values", "value", "limit", "since", "until", "stretches", "throughout"),
    [
        (VALUES, 3.0, at_most(1.0), 0, 4, ((1, 1), (3, 4)), False),
        (VALUES, 3.0, at_most(1.0), 0, 2, ((1, 1),), False),
        (VALUES, 0.2, at_least(1.0), 0, 4, ((0, 0), (2, 2)), False),
        (VALUES, 3.0, at_most(0.1), 0, 4, ((0, 4),), True),
        ([2.3, 2.2, 1.0], 2.2, below(2.3, room=0.23), 0, 2, ((0, 1),), False),
        # A median of a curve whose points are all right: the stretch that it is of.
        (VALUES, 9.0, at_most(5.0), 1, 3, ((1, 3),), False),
        ([1.0, math.nan, math.nan], math.nan, None, 1, 2, ((1, 2),), False),
        # Nothing is wrong with these.
        (VALUES, 0.5, at_most(1.0), 0, 4, (), False),
        (VALUES, 0.5, None, 0, 4, (), False),
    ],
)
def test_the_stretches_that_are_wrong(
    values: list[float],
    value: float,
    limit: Limit | None,
    since: int,
    until: int,
    stretches: tuple[tuple[int, int], ...],
    throughout: bool,
) -> None:
    curve = a_curve(values)
    fact = Evidence.of_curve("loss", curve, value, limit, since=since, until=until)
    assert marked(a_run(curve), fact) == Marked(stretches, throughout)


def test_a_number_without_a_curve_marks_nothing() -> None:
    curve = a_curve(VALUES)
    fact = Evidence.of_curve("loss", curve, 3.0, at_most(1.0))
    assert marked(a_run(), fact) == Marked()
    assert marked(a_run(curve), replace(fact, tag=None)) == Marked()
