"""ZA701 learning-rate-too-high."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.optimisation import (
    GOOD,
    LEARNED,
    LN10,
    STUCK,
    by_steps,
    kernels,
    trained,
)

ADAM10 = Optimizer("Adam", 10.0)


def high(ratio: float, peak: float, **more: Any) -> Run:
    """The first update is `ratio` times the weights, and the batch loss goes from 2.3 to `peak`."""
    more.setdefault("loss", STUCK)
    return trained(
        kernels([ratio] + [0.01] * 29, bias=more.pop("bias", 0.0)),
        by_steps([2.3, peak] + [2.3] * 28),
        **more,
    )


def shaken(
    ratio: float, peak: float, rate: float, spread: float = 0.3, *, name: str = "Adam", **more: Any
) -> Run:
    """As `high`, at this rate, with outputs of this spread at the end."""
    row = {"spread": [0.3] * 20 + [spread] * 10, "examples": 32.0, "mean": 0.1}
    outputs = a_table("outputs", {"y": row})
    more.setdefault("loss", STUCK)
    return trained(
        kernels([ratio] + [0.01] * 29), by_steps([2.3, peak] + [2.3] * 28), outputs,
        optimizer=Optimizer(name, rate), **more,
    )  # fmt: skip


ZA701: dict[str, tuple[Run, type[Answer]]] = {
    "an update of many times the weights": (high(72, 362), Flagged),
    "on the threshold of the update": (high(1.0, 362), Flagged),
    "under the threshold of the update": (high(0.99, 362), Passed),
    "on the threshold of the loss": (high(72, 5.0001 * LN10), Flagged),
    "under the threshold of the loss": (high(23, 4.99 * LN10), Passed),
    "only a bias": (high(0.01, 362, bias=1e9), Passed),
    "muted": (high(7, 6 * LN10, loss=LEARNED, accuracy=GOOD), Passed),
    "the loss jumped too far to be muted": (
        high(72, 362, loss=LEARNED, accuracy=GOOD), Flagged,
    ),
    "a kernel of zeros": (
        trained(kernels([1e9] + [0.01] * 29, rms=1e-9), by_steps([2.3, 362.0]), loss=STUCK),
        CannotTell,
    ),
    "every step rewrites the net": (
        trained(kernels([0.11] * 30), by_steps([2.3] * 30), loss=STUCK), Flagged,
    ),
    "on the threshold of the median": (
        trained(kernels([0.0999] * 30), by_steps([2.3] * 30), loss=STUCK), Passed,
    ),
    "every step, but it learns": (
        trained(kernels([0.2] * 30), loss=LEARNED, accuracy=GOOD), Passed,
    ),
    "a peak long after the first steps": (
        trained(kernels([2.0] + [0.01] * 29), by_steps([2.3] * 100 + [400.0]), loss=STUCK), Passed,
    ),
    "the rate alone, beside a loss far above a sound start": (
        a_run(a_contract(optimizer=ADAM10), a_curve([220.0, 30.0, 5.0]), recorded=False), Flagged,
    ),
    "the rate alone": (
        a_run(a_contract(optimizer=ADAM10), a_curve([2.4, 2.3, 2.3]), recorded=False), Passed,
    ),
    "a usual rate": (a_run(a_contract(), a_curve([220.0, 30.0]), recorded=False), Passed),
    "a high rate, a jump, and nothing learned": (shaken(0.3, 5.0001 * LN10, 0.01), Flagged),
    "a smaller update": (shaken(0.299, 5.0001 * LN10, 0.01), Passed),
    "a smaller jump": (shaken(0.3, 4.99 * LN10, 0.009), Passed),
    "the usual rate": (shaken(0.3, 5.0001 * LN10, 0.0010000000475), Passed),
    "something learned": (
        shaken(0.3, 5.0001 * LN10, 0.01, loss=[2.3, 2.0, 1.9, 1.9]), Passed,
    ),
    "ten times the usual rate, and outputs that are alike": (
        shaken(0.3, LN10, 0.01, spread=1e-7), Flagged,
    ),
    "nine times the usual rate": (shaken(0.3, LN10, 0.009, spread=1e-7), Passed),
    "descent at a usual rate": (shaken(0.3, 5.0001 * LN10, 0.1, name="SGD"), Passed),
    "descent at a high rate": (shaken(0.3, 5.0001 * LN10, 0.11, name="SGD"), Flagged),
    "a hundred times the usual rate, and nothing learned": (shaken(1.0, LN10, 0.1), Flagged),
    "ninety-nine times": (shaken(1.0, LN10, 0.099), Passed),
    "at it, and an update just under the weights": (shaken(0.99, LN10, 0.1), Passed),
    "at it, and something learned": (
        shaken(1.0, LN10, 0.1, loss=[2.3, 2.0, 1.9, 1.9]), Passed,
    ),
    "descent at a hundred times": (shaken(1.0, LN10, 1.0, name="SGD"), Passed),
    "neither updates nor a contract": (a_run(a_curve([220.0, 30.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA701.values(), ids=ZA701.keys())
def test_learning_rate_too_high(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA701", run), want)


def test_it_tells_the_update_and_the_jump() -> None:
    found = flagged("ZA701", high(72, 362, optimizer=ADAM10))
    assert "too high: the first update was 72 times the weights." in found.summary
    assert "Adam with learning_rate = 10" in found.context
    assert found.since == 0
    assert found.fix is not None
    assert "+ optimizer=keras.optimizers.Adam(learning_rate=0.001)," in found.fix.code


def test_what_is_typical_is_not_of_the_first_steps_alone() -> None:
    """Zeros that grow: the ratio is high in the first 20 steps, which are all on record."""
    steps = [*range(20), 300, 600, 900, 1200]
    early = kernels([0.3] * 20 + [0.01] * 4)
    weights = replace(early, steps=np.array(steps), epochs=np.zeros(24, np.int64))
    assert isinstance(answer("ZA701", trained(weights, by_steps([2.3] * 30), loss=STUCK)), Passed)


def test_a_restless_run_without_a_baseline_is_a_smell() -> None:
    run = a_run(kernels([0.3] * 30), a_curve([5.0, 5.0]), a_contract(loss="a_loss_of_mine"))
    assert flagged("ZA701", run).tier is Tier.SMELL


def test_a_restless_run_is_strong_only_where_it_is_no_better_than_a_constant() -> None:
    """A linear model of small weights shivers around the best that it can do."""
    for level, tier in ((0.6 * LN10, Tier.SMELL), (0.95 * LN10, None)):
        run = trained(kernels([0.13] * 30), by_steps([2.3] * 30), loss=[2.3, level, level, level])
        assert flagged("ZA701", run).tier in (tier, tier or Tier.STRONG), level


def test_for_sgd_the_new_rate_follows_the_update() -> None:
    found = flagged("ZA701", high(50, 362, optimizer=Optimizer("SGD", 1.0)))
    assert found.fix is not None
    assert "learning_rate=1e-05" in found.fix.code
