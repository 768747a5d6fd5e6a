"""Whether validation turned, and whether a metric fell by more than its scatter."""

from __future__ import annotations

import numpy as np
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
        ([1.0, 0.5, 0.62, 0.6, 0.61], False),  # three points that do not rise each time
        ([1.0, 0.8, 0.9, 1.0, 0.83, 0.95, 0.81, 1.02, 0.85, 1.0], False),  # it scatters
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


@pytest.mark.parametrize("fallen", [[0.52, 0.5, 0.51, 0.49], [0.8, 0.79, 0.8, 0.81]])
def test_an_accuracy_that_fell_with_it_tells_a_step_from_scatter(fallen: list[float]) -> None:
    losses = [0.8, 0.66, 1.1, 1.0, 1.2, 1.05, 1.0, 1.1, 1.03, 1.1]
    accuracies = [0.8, 0.79, 0.5, *[0.5] * 3, *fallen]
    parts = [
        a_curve(losses, split=Split.VALIDATION),
        a_curve(accuracies, Role.ACCURACY, Split.VALIDATION),
    ]
    turn = turn_of(a_run(*parts))
    assert turn is not None
    assert turn.turned is (fallen[-1] < 0.6)


def test_scatter_and_spikes_are_no_turn() -> None:
    """By the height of the rise alone every seventh of them would be one."""
    rng = np.random.default_rng(605)
    turned = 0
    for _ in range(300):
        n = int(rng.integers(8, 120))
        losses = (0.3 + 0.6 * np.exp(-8 * np.linspace(0, 1, n))) * np.exp(0.1 * rng.normal(size=n))
        losses[rng.random(n) < 0.05] *= rng.uniform(1.5, 8.0)
        turn = turn_of(a_run(a_curve(list(losses), split=Split.VALIDATION)))
        turned += turn is not None and turn.turned
    assert turned == 0
