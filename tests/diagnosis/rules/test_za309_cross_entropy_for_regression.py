"""ZA309 cross-entropy-for-regression."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.computed.data.labels import ROUNDING
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.losses import BCE, MSE, RECORD, SCCE, head, labels

# --- ZA309 --------------------------------------------------------------------------------------
NEGATIVE = a_curve([178.0, 20.0, -1.0, -160.0])
STANDING = a_curve([178.0, 178.0, 178.0])


def named(end: float, name: str = "binary_crossentropy") -> Run:
    """A log without contract whose loss is named."""
    return a_run(a_curve([2.0, -3.0, end], tag=f"train/{name}", name=name))



ZA309: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "amounts, a loss that falls": (a_run(head(BCE), labels(0.4, 21, 0), NEGATIVE), None),
    "amounts, a loss that stands": (a_run(head(BCE), labels(0.4, 21, 0), STANDING), None),
    "amounts, before any step": (a_run(head(SCCE, 5), labels(0.4, 21, 0)), None),
    "standardised targets": (a_run(head(BCE), labels(-2.1, 2.3, 0.01)), None),
    "one fraction in a hundred": (a_run(head(BCE), labels(0, 21, 0.99)), None),
    "shares": (a_run(head(BCE, 1, "sigmoid"), labels(0, 1, 0.2)), Passed),
    "shares, to the rounding": (a_run(head(BCE), labels(-ROUNDING, 1 + ROUNDING, 0.2)), Passed),
    "shares, past the rounding": (a_run(head(BCE), labels(0, 1.001, 0.2)), None),
    "class numbers from -1": (a_run(head(BCE), labels(-1, 1)), Passed),
    "class numbers": (a_run(head(SCCE, 10), labels(0, 9)), Passed),
    "class numbers and NaN": (
        a_run(head(SCCE, 10), labels(0, 9, 0.98, non_finite_count=2.0)), Passed
    ),
    "negative, labels unknown": (a_run(head(BCE, **RECORD), NEGATIVE), Tier.STRONG),
    "negative, a sigmoid": (a_run(head(BCE, 1, "sigmoid", **RECORD), NEGATIVE), CannotTell),
    "standing, labels unknown": (a_run(head(BCE, **RECORD), STANDING), CannotTell),
    "named a cross-entropy and negative": (named(-3.0), Tier.SMELL),
    "named so, what a logarithm may be": (named(-20.0, "cross_entropy"), Tier.SMELL),
    "named so, and far below": (named(-20.1, "bce_loss"), Tier.STRONG),
    "named otherwise": (named(-1e7, "nll_loss"), CannotTell),
    "negative, of whatever loss": (a_run(NEGATIVE), CannotTell),
    "squared error": (a_run(head(MSE), labels(0.4, 21, 0), STANDING), NotApplicable),
    "nothing": (a_run(), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA309.values(), ids=ZA309.keys())
def test_cross_entropy_for_regression(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA309", run, want)


def test_it_explains_the_linear_output_and_the_range() -> None:
    contract = head(BCE, from_logits=False, **RECORD)
    verdict = diagnose(a_run(contract, NEGATIVE), CATALOGUE, strict=True)
    assert verdict.findings[0].code == "ZA309"
    assert "ZA303" in {c.code for c in verdict.findings[0].explains}
    shown = verdict.findings[0].evidence[0]
    assert (shown.tag, shown.value, shown.first_step) == ("zeroacc/epoch/loss", -160.0, 2)


def test_it_breaks_the_training() -> None:
    run = a_run(head(BCE), labels(0.4, 21, 0), STANDING)
    assert diagnose(run, CATALOGUE, strict=True).outcome is Outcome.BROKEN


@pytest.mark.parametrize(("activation", "layers"), [("sigmoid", True), ("linear", False)])
def test_the_fix_changes_the_last_layer_too(activation: str, layers: bool) -> None:
    """Behind a sigmoid a squared error does not reach the targets either."""
    found = flagged("ZA309", a_run(head(BCE, 1, activation), labels(-0.8, 1.9, 0), STANDING))
    assert found.fix is not None
    assert '+ loss="mean_squared_error"' in found.fix.code
    assert ("- keras.layers.Dense(1, activation" in found.fix.code) is layers


@pytest.mark.parametrize(
    ("metrics", "says_so"),
    [((), False), (("BinaryAccuracy",), True), (("MeanAbsoluteError",), False)],
)
def test_the_fix_changes_an_accuracy_too(metrics: tuple[str, ...], says_so: bool) -> None:
    run = a_run(head(BCE, 1, metrics=metrics), labels(-0.8, 1.9, 0), STANDING)
    fix = flagged("ZA309", run).fix
    assert fix is not None
    assert ('+ metrics=["mae"],' in fix.code) is says_so
