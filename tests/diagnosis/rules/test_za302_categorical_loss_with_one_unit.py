"""ZA302 categorical-loss-with-one-unit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Shapes, Tensor
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.contracts import BCE, CCE, MSE, RECORD, SCCE, head, labels

TEN_COLUMNS = Shapes(labels=(Tensor("y", (None, 10), "float32"),))
NAN = float("nan")
RAISED = End("exception", 0, exception="InvalidArgumentError", text="label 1 is outside [0, 1)")

def loss(data: float, whole: float | None = None) -> Table:
    told = {"data_loss": data, "loss": data if whole is None else whole}
    return a_table("loss", {"loss": told}, steps=[0, 1])


def logged(values: Sequence[float], accuracy: Sequence[float] = (0.5,) * 6) -> Run:
    """A log without contract."""
    return a_run(a_curve(list(values)), a_curve(list(accuracy), Role.ACCURACY), recorded=False)


ZA302: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "softmax": (a_run(head(CCE, "softmax", 1)), None),
    "sigmoid": (a_run(head(CCE, "sigmoid", 1)), None),
    "logits": (a_run(head(CCE, "linear", 1, from_logits=True)), None),
    "focal": (a_run(head("categorical_focal_crossentropy", "sigmoid", 1)), None),
    "class numbers": (a_run(head(SCCE, "softmax", 1), labels(0, 1), end=RAISED), None),
    "columns": (a_run(head(CCE, "softmax", 1), shapes=TEN_COLUMNS), None),
    "by Keras' own record": (a_run(head(CCE, "softmax", 1, **RECORD)), Tier.STRONG),
    "a loss of 0": (a_run(head(CCE, "softmax", 1), loss(1e-7)), None),
    "a loss of .001": (a_run(head(CCE, "softmax", 1), loss(0.0009999)), None),
    "along another axis": (a_run(head(CCE, "softmax", 1), loss(0.9)), Passed),
    "a penalty": (a_run(head(CCE, "softmax", 1), loss(NAN, 0.9)), None),
    "two units": (a_run(head(CCE, "softmax", 2)), Passed),
    "units unknown": (a_run(head(CCE, "softmax", None)), CannotTell),
    "binary": (a_run(head(BCE, "sigmoid", 1)), NotApplicable),
    "squared error": (a_run(head(MSE, "softmax", 1)), NotApplicable),
    "no contract": (a_run(), CannotTell),
    "a logged loss of 0 and wrong answers": (logged([0.0] * 6), Tier.STRONG),
    "what Keras clips at": (logged([1.2e-7] * 6), Tier.STRONG),
    "above that": (logged([2.1e-7] * 6), Passed),
    "once above 0": (logged([0.7, *[0.0] * 5]), Passed),
    "a loss of 0 and right answers": (logged([0.0] * 6, [0.95] * 6), Passed),
    "nearly right answers": (logged([0.0] * 6, [0.949] * 6), Tier.STRONG),
    "four points": (logged([0.0] * 4), CannotTell),
    "no accuracy": (a_run(a_curve([0.0] * 6)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA302.values(), ids=ZA302.keys())
def test_categorical_loss_with_one_unit(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA302", run, want)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("softmax", ['+ keras.layers.Dense(1, activation="sigmoid")', f'+ loss="{BCE}",']),
        ("columns", ['+ keras.layers.Dense(10, activation="softmax")']),
    ],
)
def test_the_fix_fits_the_labels(name: str, lines: list[str]) -> None:
    fix = flagged("ZA302", ZA302[name][0]).fix
    assert fix is not None
    assert [line for line in fix.code.splitlines() if line.startswith("+")] == lines


def test_what_follows_folds_under_it() -> None:
    told = diagnose(ZA302["class numbers"][0], CATALOGUE, strict=True)
    assert [finding.code for finding in told.findings] == ["ZA302"]
    assert {c.code for c in told.findings[0].explains} == {"ZA201", "ZA301"}


def test_other_causes_of_a_loss_of_0_stay_possible() -> None:
    found = flagged("ZA302", logged([0.0] * 6))
    assert [code for code, _ in found.rivals] == ["ZA210", "ZA406"]
    assert diagnose(logged([0.0] * 6), CATALOGUE, strict=True).outcome is Outcome.NOT_LEARNING
