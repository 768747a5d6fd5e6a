"""When a loss levels off: the truth lies within what is told, or nothing is told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.forecast.convergence import (
    FEWEST,
    LEFT,
    Convergence,
    convergence,
)
from tb_zeroacc.series import Series

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
SEEDS = 40
TAU = 20.0


def forecast(curve: Curve, points: int, seed: int = 0, noise: float = 0.02) -> Convergence | str:
    x = np.arange(float(points))
    y = curve(x) + noise * np.random.default_rng(seed).standard_normal(points)
    return convergence(Series.of(range(points), y.tolist()))


def exponential(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.2 + 2 * np.exp(-x / TAU)


def power(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.2 + 2 * (x + 1) ** -0.7


@pytest.mark.parametrize(
    ("curve", "truth", "points", "fewest_told"),
    [
        (exponential, TAU * np.log(1 / LEFT), 40, SEEDS // 4),
        (exponential, TAU * np.log(1 / LEFT), 60, SEEDS // 2),
        (power, LEFT ** (-1 / 0.7) - 1, 60, 0),
        (power, LEFT ** (-1 / 0.7) - 1, 120, SEEDS // 2),
    ],
)
def test_what_is_told_holds_the_truth(
    curve: Curve, truth: float, points: int, fewest_told: int
) -> None:
    """Whether the curve is exponential or a power law is no more known than its scale."""
    told = [forecast(curve, points, seed) for seed in range(SEEDS)]
    found = [f for f in told if isinstance(f, Convergence)]
    assert len(found) >= fewest_told, "it could have been told"
    right = sum(f.earliest <= truth <= f.latest for f in found)
    assert right >= 0.9 * len(found), f"{right} of {len(found)} hold {truth:.0f}"


TWO_LAWS = [(1.2, 8, 0.5, 60), (1.0, 10, 1.0, 40), (1.5, 5, 0.3, 80), (1.0, 15, 0.6, 50)]


def test_a_smooth_loss_that_falls_by_neither_law_is_seldom_told_wrong() -> None:
    """The less a curve scatters, the narrower is what a wrong law admits: 2 of 5 were wrong."""
    x = np.arange(1000.0)
    found = []
    for fast, soon, slow, late in TWO_LAWS:
        loss = 0.2 + fast * np.exp(-x / soon) + slow * np.exp(-x / late)
        truth = float(np.flatnonzero(loss - 0.2 <= LEFT * (loss[0] - 0.2))[0])
        for points in range(FEWEST, 300, 10):
            noise = 1e-3 * np.random.default_rng(points).standard_normal(points)
            told = convergence(Series.of(range(points), (loss[:points] + noise).tolist()))
            if isinstance(told, Convergence):
                found.append(0.95 * told.earliest <= truth <= 1.05 * told.latest)
    assert len(found) >= 40, "it could have been told"
    assert np.mean(found) >= 0.85, f"{sum(found)} of {len(found)} hold the truth"


@pytest.mark.parametrize(
    ("curve", "points", "why"),
    [
        (exponential, FEWEST - 1, "fewer than"),
        (lambda x: 0 * x + 2.3, 60, "beyond its scatter"),
        (lambda x: 2.3 + 0.02 * x, 60, "beyond its scatter"),
        (lambda x: 3 - 0.01 * x, 60, ""),
        (lambda x: 1 + np.cos(np.pi * x / 120), 60, "by one law"),
        (lambda x: np.where(x < 30, 2.3, 0.2 + 2.1 * np.exp(-(x - 30) / 15)), 60, ""),
        (exponential, 22, "does not bend enough"),
    ],
)
def test_where_the_curve_does_not_tell_nothing_is_told(curve: Curve, points: int, why: str) -> None:
    told = forecast(curve, points)
    assert isinstance(told, str)
    assert why in told


@given(
    st.floats(1e-3, 1e3), st.floats(-100, 100), st.integers(1, 1000), st.integers(0, 10**6)
)
def test_units_and_where_counting_begins_do_not_matter(
    times: float, shift: float, every: int, first: int
) -> None:
    x = np.arange(50.0)
    y = exponential(x) + 0.02 * np.random.default_rng(1).standard_normal(50)
    one = convergence(Series.of(range(50), y.tolist()))
    steps = [first + every * n for n in range(50)]
    other = convergence(Series.of(steps, (times * (y + shift)).tolist()))
    assert isinstance(one, Convergence)
    assert isinstance(other, Convergence)
    assert other.at == pytest.approx(first + every * one.at, rel=1e-3)
    assert other.level == pytest.approx(times * (one.level + shift), rel=1e-3, abs=1e-3 * times)


def test_a_long_curve_is_read_by_its_blocks() -> None:
    noise = 0.05 * np.random.default_rng(1).standard_normal(2000)
    values = exponential(np.arange(2000) / 32) + noise
    long = convergence(Series.of(range(2000), values.tolist()))
    assert isinstance(long, Convergence)
    assert long.earliest <= 32 * TAU * np.log(1 / LEFT) <= long.latest
