"""ZA315 loss-summed."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.facts import Fit, Optimizer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.contracts import MSE, head, labels

SUM = {"reduction": "sum", "loss_class": "MeanSquaredError"}
ZA315: dict[str, tuple[Run, type[Answer]]] = {
    "summed": (a_run(head(MSE, "linear", 1, **SUM), labels(0, 9, 0.0)), Flagged),
    "batch unknown": (a_run(head(MSE, "linear", 1, **SUM)), Flagged),
    "a function": (a_run(head("mine", "linear", 1, reduction="sum")), Flagged),
    "it learns": (
        a_run(head(MSE, "linear", 1, **SUM), labels(0, 9, 0.0), a_curve([900.0, 4.0])), Passed),
    "batches of one": (
        a_run(head(MSE, "linear", 1, **SUM), labels(0, 9, 0.0, examples=1)), Passed),
    "asked for batches of one": (
        a_run(head(MSE, "linear", 1, fit=Fit(batch_size=1), **SUM)), Passed),
    "averaged": (a_run(head(MSE, "linear", 1, reduction="sum_over_batch_size")), Passed),
    "unknown": (a_run(head(MSE, "linear", 1)), CannotTell),
    "no contract": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA315.values(), ids=ZA315.keys())
def test_loss_summed(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA315", run), want)


def test_it_says_how_much_larger() -> None:
    found = flagged("ZA315", ZA315["summed"][0])
    assert "are 100 times those of a mean" in found.summary
    assert found.fix is not None
    assert found.fix.code == (
        '- loss=keras.losses.MeanSquaredError(reduction="sum"),\n'
        "+ loss=keras.losses.MeanSquaredError(),"
    )


@pytest.mark.parametrize(
    ("optimizer", "end", "tier"),
    [
        ("SGD", 800.0, Tier.STRONG),
        ("SGD", math.nan, Tier.STRONG),
        ("SGD", 650.0, Tier.SMELL),  # of a hundred times a variance of 7.6
        ("Adam", 800.0, Tier.SMELL),
    ],
)
def test_plain_descent_that_fails_is_strong(optimizer: str, end: float, tier: Tier) -> None:
    trained = head(MSE, "linear", 1, optimizer=Optimizer(optimizer, 0.1), **SUM)
    run = a_run(trained, labels(0, 11, 0.0), a_curve([900.0, end]))
    assert flagged("ZA315", run).tier is tier


@pytest.mark.parametrize(
    ("peak", "tier"), [(5.0, Tier.STRONG), (4.9, Tier.SMELL)], ids=["it jumps", "it does not"]
)
def test_without_a_baseline_a_jump_of_the_loss_is_a_failure(peak: float, tier: Tier) -> None:
    trained = head("mine", "linear", 1, reduction="sum", optimizer=Optimizer("SGD", 0.1))
    steps = a_curve([1.0, peak, 0.5], tag="zeroacc/loss", axis="step", headline=False)
    assert flagged("ZA315", a_run(trained, steps, a_curve([1.0, 0.5]))).tier is tier


def test_a_rate_that_a_sum_makes_too_high_folds_under_it() -> None:
    assert "ZA701" in RULES["ZA315"].explains


def test_a_function_of_ones_own_takes_the_mean() -> None:
    found = flagged("ZA315", ZA315["a function"][0])
    assert found.summary.startswith("The loss of `y` is summed over the batch")
    assert found.fix is not None
    assert found.fix.code == "- return keras.ops.sum(errors)\n+ return keras.ops.mean(errors)"


def test_logits_stay_logits() -> None:
    contract = head("categorical_crossentropy", "linear", 3, from_logits=True, reduction="sum",
                    loss_class="CategoricalCrossentropy")  # fmt: skip
    fix = flagged("ZA315", a_run(contract)).fix
    assert fix is not None
    assert fix.code == (
        '- loss=keras.losses.CategoricalCrossentropy(from_logits=True, reduction="sum"),\n'
        "+ loss=keras.losses.CategoricalCrossentropy(from_logits=True),"
    )
