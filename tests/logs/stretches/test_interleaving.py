"""Values that share a step: of one curve, or of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.stretches.interleaving import FEWEST_STEPS, MOST_CURVES, Repeats
from tb_zeroacc.logs.stretches.track import Track

RNG = np.random.default_rng(0)
Rows = Sequence[Sequence[float]]


def read(rows: Rows) -> Track:
    """The track of a file with so many values at each step."""
    contents = FileContents()
    for step, row in enumerate(rows):
        for value in row:
            contents.add_numbers(step, {"loss": float(value)})
    return contents.tracks["loss"]


def repeats(rows: Rows) -> Repeats:
    found = read(rows).repeats
    assert found is not None
    return found


def levels(curves: int, steps: int = 40, noise: float = 0.02) -> Rows:
    """As many falling curves, each at a level of its own."""
    falls = np.linspace(2.0, 1.0, steps)
    return [[fall * (1 + k) * (1 + noise * RNG.normal()) for k in range(curves)] for fall in falls]


def running_means(batches: int = 10, steps: int = 20) -> Rows:
    """Of the batches of an epoch so far; each epoch begins with a noisy first batch."""
    found = []
    for epoch in range(steps):
        losses = 2.0 / (1 + epoch) + RNG.normal(size=batches)
        found.append((np.cumsum(losses) / np.arange(1, batches + 1)).tolist())
    return found


ONE: dict[str, Callable[[], Rows]] = {
    "micro-batches": lambda: RNG.normal(1.0, 0.2, (60, 4)).tolist(),
    "running means": running_means,
    "points written twice": lambda: [[v, v] for v in np.linspace(2.0, 1.0, 40)],
    "twice, but for rounding": lambda: [[v, v * (1 + 1e-7)] for v in np.linspace(2.0, 1.0, 40)],
    "a constant": lambda: [[1.0, 1.0]] * 40,
    "more than trainings are": lambda: levels(MOST_CURVES + 1),
    "another number at each step": lambda: [row[: 2 + i % 3] for i, row in enumerate(levels(4))],
    "too few steps": lambda: levels(3, FEWEST_STEPS + 1),
    "NaN": lambda: [[float("nan"), 1.0]] * 40,
}


@pytest.mark.parametrize("rows", ONE.values(), ids=ONE.keys())
def test_one_curve(rows: Callable[[], Rows]) -> None:
    assert repeats(rows()).curves == 1


@pytest.mark.parametrize("curves", [2, 5, MOST_CURVES])
def test_several_curves(curves: int) -> None:
    assert repeats(levels(curves)).curves == curves


def test_the_fewest_steps() -> None:
    """Of the first step nothing is known before it, and the last one is not over."""
    assert repeats(levels(3, FEWEST_STEPS + 2)).curves == 1
    assert repeats(levels(3, 10 * FEWEST_STEPS)).curves == 3


def test_a_step_that_was_cut_changes_nothing() -> None:
    rows = [list(row) for row in levels(3)]
    del rows[20][1:]
    assert repeats(rows).curves == 3


def test_values_of_one_curve_are_counted() -> None:
    assert repeats(ONE["micro-batches"]()).usual == 4
    assert repeats(ONE["points written twice"]()).usual == 1
    assert repeats(ONE["twice, but for rounding"]()).usual == 1


def test_usual_curves_have_no_repeats() -> None:
    assert read([[v] for v in np.linspace(2.0, 1.0, 40)]).repeats is None
