"""ZA605 overfits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

# --- ZA605 ------------------------------------------------------------------------------------
FALLING = [2.0, 1.5, 1.0, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15]


def validated(loss: list[float], accuracy: list[float] | None = None, **more: Any) -> Run:
    train = more.pop("train", FALLING)
    parts = [a_curve(train), a_curve(loss, Role.LOSS, Split.VALIDATION)]
    if accuracy is not None:
        parts.append(a_curve(accuracy, Role.ACCURACY, Split.VALIDATION))
    return a_run(*parts, **more)


def v(end: float, low: float = 1.0, at: int = 4) -> list[float]:
    """Falls from 2 to `low` at point `at` of ten and rises to `end`."""
    return [*np.linspace(2.0, low, at + 1), *np.linspace(low, end, 10 - at)[1:]]


ZA605: dict[str, tuple[Run, type[Answer]]] = {
    "turned": (validated(v(1.5)), Flagged),
    "just above the threshold": (validated(v(1.151)), Flagged),
    "on the threshold": (validated(v(1.15)), Passed),
    "the minimum is near the end": (validated(v(1.5, at=8)), Passed),
    "still falling": (validated(FALLING), Passed),
    "training stands still too": (validated(v(1.5), train=[2.0] * 10), Passed),
    "negative losses": (validated([-1.0, -2.0, -1.5, -1.0] * 3), Passed),
    "still running": (validated(v(1.5), state="live"), NotApplicable),
    "three epochs": (validated([1.0, 0.5, 0.9]), CannotTell),
    "no validation": (a_run(a_curve(FALLING)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA605.values(), ids=ZA605.keys())
def test_overfits(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA605", run), want)


def test_a_loss_that_turned_while_the_metric_held_is_a_smell() -> None:
    found = flagged("ZA605", validated(v(1.5), [0.5, 0.6, 0.7, 0.7, 0.71, 0.7, 0.72, 0.71]))
    assert found.tier is Tier.SMELL
    assert found.counter_evidence
    assert found.since == 4


def test_a_metric_that_fell_makes_it_strong() -> None:
    fallen = [0.5, 0.6, 0.7, 0.75, 0.8, 0.78, 0.74, 0.7, 0.66, 0.62]
    found = flagged("ZA605", validated(v(1.5), fallen))
    assert found.tier is Tier.STRONG
    assert "0.8 to 0.62" in found.context


@pytest.mark.parametrize(
    ("rise", "end", "tier"),
    [
        (1.2, 0.955, Tier.SMELL),  # a hundred examples scatter by as much
        (1.2, 0.93, Tier.STRONG),
        (1.6, 0.955, Tier.STRONG),  # the loss says it loudly
        (1.6, 0.98, Tier.SMELL),
    ],
)
def test_how_far_a_metric_must_fall(rise: float, end: float, tier: Tier) -> None:
    fallen = [0.9, 0.95, 0.97, 0.98, 0.99, *np.linspace(0.99, end, 6)[1:]]
    assert flagged("ZA605", validated(v(rise), fallen)).tier is tier


def test_learned_by_heart_from_the_start_is_strong() -> None:
    """Validation accuracy never leaves chance, so it cannot fall from its best."""
    heart = a_curve(list(np.linspace(0.5, 1.0, 10)), Role.ACCURACY)
    losses = list(np.linspace(0.69, 3.5, 10))
    run = validated(losses, [0.5, 0.52, 0.51, 0.5, 0.52, 0.51, 0.5, 0.51, 0.52, 0.51])
    found = flagged("ZA605", replace(run, curves=(*run.curves, heart)))
    assert found.tier is Tier.STRONG
    assert "Training accuracy rose by 0.5" in found.context


def test_a_regression_that_ends_behind_the_mean() -> None:
    labels = a_table("labels", {"y": {"mean": 0.0, "std": 1.0, "count": 32.0}})
    contract = a_contract(loss="mean_squared_error", activation="linear", units=1)
    for end, train, tier in ((1.1, 0.5, Tier.STRONG), (0.99, 0.5, Tier.SMELL),
                             (1.1, 0.85, Tier.SMELL)):  # fmt: skip
        run = validated(v(end, low=0.8), train=[2.0, 1.5, 1.2, train, train])
        run = replace(run, tables={"labels": labels}, contract=contract)
        found = flagged("ZA605", run)
        assert found.tier is tier, (end, train)
    assert "always predicting the mean" in flagged("ZA605", replace(
        validated(v(1.1, low=0.8), train=[2.0, 1.5, 1.2, 0.5, 0.5]),
        tables={"labels": labels}, contract=contract,
    )).context  # fmt: skip


def test_a_metric_that_swings_is_no_proof() -> None:
    swings = [0.5, 0.8, 0.6, 0.78, 0.55, 0.8, 0.6, 0.79, 0.58, 0.7]
    assert flagged("ZA605", validated(v(1.5), swings)).tier is Tier.SMELL


@pytest.mark.parametrize(("low", "want"), [(0.8626, Passed), (0.862, Flagged)])
def test_validation_that_was_never_as_good_as_training_on_new_batches(
    low: float, want: type[Answer]
) -> None:
    """Batches of the first epoch are new to training: no memory sets validation apart from them."""
    labels = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
    new = a_table("loss", {"loss": {"loss": [2.3, 0.9, 0.75, 0.6]}}, epochs=[0] * 4)
    curves = a_curve(FALLING), a_curve(v(1.5, low), Role.LOSS, Split.VALIDATION)
    assert isinstance(answer("ZA605", a_run(a_contract(), labels, new, *curves)), want)
