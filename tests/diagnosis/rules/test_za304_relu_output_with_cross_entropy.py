"""ZA304 relu-output-with-cross-entropy."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import (
    BCE,
    CCE,
    DIGITS,
    EVEN,
    LEARNS,
    MSE,
    RECORD,
    SCCE,
    STUCK,
    head,
    labels,
    rows,
    says,
)

LOGITS = {"from_logits": True}
ZA304: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "relu": (a_run(head(SCCE, "relu", 10), DIGITS, *STUCK, says(0, 4.2)), None),
    "leaky": (a_run(head(CCE, "leaky_relu", 10)), None),
    "tanh": (a_run(head(SCCE, "tanh", 10)), None),
    "one unit": (a_run(head(BCE, "relu", 1)), None),
    "softplus before a binary loss": (a_run(head(BCE, "softplus", 1)), None),
    "logits of 0 or more": (a_run(head(BCE, "relu", 1, **LOGITS)), None),
    "one-hot rows": (a_run(head(BCE, "relu", 4), rows(1, 1)), None),
    "by Keras' own record": (a_run(head(SCCE, "relu", 10, **RECORD)), Tier.STRONG),
    "it learns": (a_run(head(BCE, "relu", 1), EVEN, *LEARNS), Tier.SMELL),
    "softplus, divided by its sum": (a_run(head(SCCE, "softplus", 10)), Passed),
    "exponential, likewise": (a_run(head(CCE, "exponential", 10)), Passed),
    "logits below 0": (a_run(head(BCE, "tanh", 1, **LOGITS)), Passed),
    "logits of classes": (a_run(head(SCCE, "relu", 10, **LOGITS)), Passed),
    "softmax": (a_run(head(SCCE, "softmax", 10)), Passed),
    "linear": (a_run(head(SCCE, "linear", 10)), Passed),
    "something bounds it": (a_run(head(BCE, "relu", 1), says(0.01, 1)), Passed),
    "it touches 0": (a_run(head(BCE, "relu", 1), says(0, 1)), None),
    "a single unit": (a_run(head(CCE, "relu", 1)), Passed),
    "unknown": (a_run(head(SCCE, None, 10)), CannotTell),
    "squared error": (a_run(head(MSE, "relu", 1)), NotApplicable),
    "no contract": (a_run(), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA304.values(), ids=ZA304.keys())
def test_relu_output_with_cross_entropy(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA304", run, want)


@pytest.mark.parametrize(
    ("name", "after"),
    [("relu", "softmax"), ("one unit", "sigmoid"), ("one-hot rows", "softmax")],
)
def test_the_fix_is_the_activation_of_the_loss(name: str, after: str) -> None:
    fix = flagged("ZA304", ZA304[name][0]).fix
    assert fix is not None
    assert fix.code.endswith(f'activation="{after}")')


def test_logits_go_without_activation() -> None:
    fix = flagged("ZA304", ZA304["logits of 0 or more"][0]).fix
    assert fix is not None
    assert fix.code.endswith("\n+ keras.layers.Dense(1)")


def test_continuous_targets_hide_it() -> None:
    told = diagnose(a_run(head(BCE, "relu", 1), labels(-2, 7, 0.1)), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA309"
    assert isinstance(told.checks["ZA304"], CannotTell)
