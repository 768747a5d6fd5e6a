"""ZA306 bounded-output-misses-targets."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import (
    BCE,
    DIGITS,
    MSE,
    RECORD,
    STUCK,
    head,
    labels,
    says,
)

MAE = "mean_absolute_error"
ZA306: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "sigmoid": (a_run(head(MSE, "sigmoid", 1), labels(25, 346, 0.5)), None),
    "tanh": (a_run(head(MAE, "tanh", 1), labels(-2, 2, 0.0, std=1)), None),
    "softmax": (a_run(head(MSE, "softmax", 3), labels(0, 9, 0.0)), None),
    "one value": (a_run(head(MSE, "sigmoid", 1), labels(3, 3, std=0)), None),
    "by Keras' own record": (
        a_run(head(MSE, "sigmoid", 1, **RECORD), labels(25, 346, 0.5)), Tier.STRONG),
    "it learns the others": (
        a_run(head(MSE, "tanh", 1), labels(-2, 2, 0.0, std=1), a_curve([1.0, 0.2])), Tier.STRONG),
    "a quarter of them": (  # 1.15 standard deviations on either side
        a_run(head(MSE, "tanh", 1), labels(-2, 2, 0.0, std=1 / 1.15)), None),
    "fewer": (a_run(head(MSE, "tanh", 1), labels(-2, 2, 0.0, std=1 / 1.16)), Tier.SMELL),
    "outliers": (a_run(head(MSE, "sigmoid", 1), labels(0, 20, 0.0, mean=0.5, std=0.2)), Tier.SMELL),
    "a tenth of the range": (a_run(head(MSE, "sigmoid", 1), labels(0, 1 / 0.9, 0.0)), Tier.SMELL),
    "less": (a_run(head(MSE, "sigmoid", 1), labels(0, 1.11, 0.0)), Passed),
    "within": (a_run(head(MSE, "sigmoid", 1), labels(0, 1)), Passed),
    "tanh, -1 and 1": (a_run(head(MSE, "tanh", 1), labels(-1, 1)), Passed),
    "a layer behind it scales": (
        a_run(head(MSE, "sigmoid", 1), labels(25, 346, 0.5), says(20, 300)), Passed),
    "padding with weights of 0": (
        a_run(head(MSE, "sigmoid", 1), labels(-1, 1, 0.5),
              a_table("sample_weights", {"y": {"zero_share": 0.4, "count": 32.0}})), Tier.SMELL),
    "padding behind a mask": (
        a_run(head(MSE, "sigmoid", 1, layers=(Layer("mask", "Masking"),)), labels(-1, 1, 0.5)),
        Tier.SMELL),
    "nothing is masked": (
        a_run(head(MSE, "sigmoid", 1), labels(-1, 1, 0.5),
              a_table("sample_weights", {"y": {"zero_share": 0.0, "count": 32.0}})), None),
    "outputs within": (a_run(head(MSE, "sigmoid", 1), labels(25, 346, 0.5), says(0, 1)), None),
    "linear": (a_run(head(MSE, "linear", 1), labels(25, 346, 0.5)), NotApplicable),
    "cross-entropy": (a_run(head(BCE, "sigmoid", 1), labels(25, 346)), NotApplicable),
    "a loss of one's own": (a_run(head("mine", "sigmoid", 1), labels(25, 346)), NotApplicable),
    "targets unknown": (a_run(head(MSE, "sigmoid", 1)), CannotTell),
    "no contract": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA306.values(), ids=ZA306.keys())
def test_bounded_output_misses_targets(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA306", run, want)


def test_it_tells_range_and_reach() -> None:
    found = flagged("ZA306", ZA306["tanh"][0])
    assert found.summary == "Targets of `y` run from -2 to 2, but its tanh reaches -1 to 1 only."
    assert found.context == "About 32 % of the targets can never be met."
    assert found.evidence[1].value == pytest.approx(0.5)


def test_class_numbers_are_the_cause() -> None:
    contract = head(MSE, "sigmoid", 1, metrics=("BinaryAccuracy",), metric_names=("accuracy",))
    told = diagnose(a_run(contract, labels(0, 9), DIGITS, *STUCK), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA308"
    assert "ZA306" in {consequence.code for consequence in told.findings[0].explains}
