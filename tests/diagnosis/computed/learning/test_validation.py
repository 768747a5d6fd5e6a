"""Whether validation turned, and whether a metric fell by more than its scatter."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.learning.validation import drop_of, turn_of
from tb_zeroacc.run import Role, Split
from tests.diagnosis.planted import a_curve, a_run


@pytest.mark.parametrize(
    ("losses", "turned"),
    [
        ([1.0, 0.8, 0.6, 0.5, 0.4], False),
        ([1.0, 0.5, 0.6, 0.7, 0.8], True),
        ([1.0, 0.5, 0.5, 0.55, 0.57], False),  # 1.14 times the minimum
        ([1.0, 0.9, 0.8, 0.5, 0.8], False),  # a minimum in the last quarter
        ([1.0, -0.5, 0.0, 0.5, 1.0], False),  # no ratio to a minimum below 0
    ],
)
def test_where_validation_turned(losses: list[float], turned: bool) -> None:
    turn = turn_of(a_run(a_curve(losses, split=Split.VALIDATION)))
    assert turn is not None
    assert turn.turned is turned
    assert (turn.low, turn.end) == (min(losses), losses[-1])


@pytest.mark.parametrize(
    ("accuracies", "scale", "rise", "clear"),
    [
        ([0.5, 0.8, 0.79, 0.77, 0.76, 0.74], 1.0, 1.2, True),
        ([50.0, 80.0, 79.0, 77.0, 76.0, 74.0], 0.01, 1.2, True),
        ([0.5, 0.8, 0.79, 0.78, 0.77, 0.76], 1.0, 1.2, False),  # by less than .05
        ([0.5, 0.8, 0.79, 0.78, 0.77, 0.76], 1.0, 1.5, True),  # beside a loud loss .02 will do
        ([0.7, 0.8, 0.6, 0.8, 0.6, 0.8, 0.7], 1.0, 1.5, False),  # within its own scatter
    ],
)
def test_a_clear_drop(accuracies: list[float], scale: float, rise: float, clear: bool) -> None:
    drop = drop_of(a_run(a_curve(accuracies, Role.ACCURACY, Split.VALIDATION, scale=scale)))
    assert drop is not None
    assert drop.best == max(accuracies)
    assert drop.is_clear(rise) is clear


def test_three_points_are_too_few() -> None:
    run = a_run(a_curve([1.0, 0.5, 2.0], split=Split.VALIDATION))
    assert turn_of(run) is None
    assert drop_of(run) is None
