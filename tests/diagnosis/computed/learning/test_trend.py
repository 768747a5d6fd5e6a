"""Levels of a curve, and whether it still falls at its end."""

from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.diagnosis.computed.learning.trend import (
    Trend,
    first_training_step,
    scatter,
    smoothed,
    still_falling,
    training_step,
    trend_of,
)
from tb_zeroacc.facts import Epoch
from tb_zeroacc.series import Series
from tests.diagnosis.planted import a_curve, a_run

EPOCHS = tuple(Epoch(number, 8 * number + 8, 8) for number in range(3))


def trend(*values: float) -> Trend:
    found = trend_of(Series.of(range(len(values)), values))
    assert found is not None
    return found


def test_fewer_than_two_finite_points_have_no_trend() -> None:
    assert trend_of(Series.of([0, 1], [1.0, float("nan")])) is None


def test_levels_of_a_line() -> None:
    found = trend(*np.linspace(1.0, 0.0, 9))
    assert (found.start, found.mark, found.end) == (1.0, 0.25, 0.0)
    assert (found.mark_step, found.end_step, found.points) == (6, 8, 9)
    assert (found.fall, found.late_fall, found.relative_fall) == (1.0, 0.25, 1.0)
    assert found.noise == 0


def test_single_spikes_move_no_level() -> None:
    values = np.linspace(1.0, 0.0, 100)
    spiked = values.copy()
    spiked[[1, 74, 98]] = 1e6
    even, odd = trend(*values), trend(*spiked)
    levels = [even.start, even.mark, even.end]
    assert [odd.start, odd.mark, odd.end] == pytest.approx(levels, abs=0.02)


@pytest.mark.parametrize(
    ("values", "falls"),
    [
        (np.linspace(1.0, 0.0, 20), True),  # evenly
        (0.99 ** np.arange(100.0), True),  # by its level, ever slower
        (1.0 + 0.5 ** np.arange(20.0), False),  # it has arrived
        (np.linspace(1.0, 0.98, 20), False),  # 2 % in all are no fall
        (np.linspace(0.0, 1.0, 20), False),  # it rises
    ],
    ids=["line", "geometric", "arrived", "hardly", "rising"],
)
def test_whether_it_still_falls(values: np.ndarray, falls: bool) -> None:
    assert still_falling(trend(*values)) is falls


def test_scatter_is_that_around_the_slope() -> None:
    assert scatter(np.linspace(5.0, 0.0, 50)) == pytest.approx(0.0, abs=1e-12)
    noise = np.random.default_rng(0).normal(0.0, 0.3, 4000)
    assert scatter(np.linspace(50.0, 0.0, 4000) + noise) == pytest.approx(0.3, rel=0.05)
    assert scatter(np.array([1.0, 9.0, 1.0])) == 0  # too few points to tell


def test_smoothing_keeps_the_shape_and_takes_out_a_spike() -> None:
    values = np.ones(60)
    values[30] = 100.0
    assert smoothed(values).tolist() == [1.0] * 60
    assert smoothed(values[:30]) is not None
    assert len(smoothed(values[:7])) == 7


def test_a_point_of_an_epoch_stands_for_the_step_at_its_end() -> None:
    curve = a_curve([1.0, 0.9, 0.8])
    assert training_step(a_run(curve, epochs=EPOCHS), curve, 1) == 16
    assert training_step(a_run(curve), curve, 1) == 1
    uncounted = (Epoch(1, 16, None),)
    assert training_step(a_run(curve, epochs=uncounted), curve, 1) == 1


def test_where_the_stretch_behind_the_first_point_began() -> None:
    curve = a_curve([1.0, 0.9], steps=[5, 6])
    assert first_training_step(a_run(curve, epochs=EPOCHS), curve) == 0
    assert first_training_step(a_run(curve), curve) == 5
