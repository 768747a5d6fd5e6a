"""ZA201 labels-out-of-range."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.facts import End
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.labels import BCE, labels

FALLING = a_curve([0.7, 0.5])


def judged(low: Any, high: Any, *parts: Any, whole: float = 1.0, **contract: Any) -> Run:
    return a_run(a_contract(**{**BCE, **contract}), labels(low, high, whole=whole),
                 *(parts or (FALLING,)))  # fmt: skip


SPARSE = {"loss": "sparse_categorical_crossentropy", "activation": "softmax", "units": 10}
NAN = float("nan")
NEGATIVE = a_curve([0.5, -3.0, -90.0])
SLOW = a_curve([2.3, 2.2])
MASKED = a_table("sample_weights", {"y": {"mean": 0.2, "zero_share": 0.8}})

def refused(*values: int, units: int = 5) -> Run:
    """A first step that raised before anything was recorded."""
    text = (
        f"Graph execution error:\n\nReceived a label value of {max(values)} which is outside the "
        f"valid range of [0, {units}).  Label values: {' '.join(map(str, values))}\n\t [[node]]"
    )
    end = End("exception", None, exception="InvalidArgumentError", text=text)
    return a_run(a_contract(**{**SPARSE, "units": units}), end=end)


ZA201: dict[str, tuple[Run, type[Answer]]] = {
    "0 and 1": (judged(0, 1), Passed),
    "a batch that was refused": (refused(1, 4, 3, 5), Flagged),
    "another error": (a_run(a_contract(**SPARSE), end=End("exception", None)), CannotTell),
    "-1 and 1": (judged(-1, 1), Flagged),
    "soft labels": (judged(0.05, 0.95, whole=0.0), Passed),
    "rounded": (judged(-0.0005, 1.0005, whole=0.0), Passed),
    "beyond rounding": (judged(0, 1.01, whole=0.0), Flagged),
    "masks of 255": (judged(0, 255), Flagged),
    "once only": (judged([0, 0, 0, 0], [1, 1, 1, 2]), Flagged),
    "classes 0 to 9": (judged(0, 9, **SPARSE), Passed),
    "classes 1 to 10": (judged(1, 10, **SPARSE), Flagged),
    "units unknown": (judged(0, 500, **{**SPARSE, "units": None}), Passed),
    "below 0": (judged(-2, 9, **SPARSE), Flagged),
    "a regression": (judged(-300, 300, loss="mean_squared_error"), NotApplicable),
    "by the curve": (a_run(a_contract(**BCE), NEGATIVE), Flagged),
    "a curve above 0": (a_run(a_contract(**BCE), FALLING), CannotTell),
    "a negative loss weight": (a_run(a_contract(**BCE, weight=-1.0), NEGATIVE), CannotTell),
    "a negative loss of another kind": (a_run(a_contract(loss="elbo"), NEGATIVE), NotApplicable),
    "a negative curve, labels in range": (judged(0, 1, NEGATIVE), Passed),
    "void that the loss ignores": (judged(0, 255, **SPARSE, ignore_class=255), Passed),
    "void, and a label beyond": (judged(-7, 255, **SPARSE, ignore_class=255), Flagged),
    "another than the loss ignores": (judged(0, 254, **SPARSE, ignore_class=255), Flagged),
    "masked by weights": (judged(-100, 9, SLOW, MASKED, **SPARSE), Passed),
    "masked, and it learns": (judged(-100, 9, a_curve([2.3, 0.3]), **SPARSE), Passed),
    "masked by nobody knows what": (judged(-100, 9, SLOW, **SPARSE), Flagged),
    "another label, masked by weights": (judged(-2, 9, SLOW, MASKED, **SPARSE), Flagged),
    "a loss of one's own on masks": (judged(0, 255, NEGATIVE, loss="dice_and_bce"), Flagged),
    "one that scales the masks itself": (judged(0, 255, FALLING, loss="my_dice"), CannotTell),
    "one that turns masks of 1 around": (judged(0, 1, NEGATIVE, loss="minus_dice"), NotApplicable),
    "one on logits": (
        judged(0, 255, NEGATIVE, loss="likelihood", activation="linear"), NotApplicable),
    "a negative overlap": (
        judged(0, 255, a_curve([-0.2, -0.99]), loss="minus_dice"), CannotTell),
    "nothing": (a_run(), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA201.values(), ids=ZA201.keys())
def test_labels_out_of_range(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA201", run), want)


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (judged(-1, 1), "(y + 1) / 2"),
        (judged(1, 10, **SPARSE), "y - 1"),
        (judged(0, 255), "y / 255"),
        (judged(0, 2), "Dense(3"),
        (judged(0, 255, SLOW, **SPARSE), "ignore_class=255"),
        (judged(-1, 9, SLOW, **SPARSE, from_logits=True), "ignore_class=-1, from_logits=True"),
        (judged(0, 255, NEGATIVE, loss="dice_and_bce"), "y / 255"),
        (judged(1.2, 21, whole=0.0), '"mse"'),
    ],
)
def test_the_fix_fits_the_labels(run: Run, code: str) -> None:
    found = flagged("ZA201", run)
    assert found.fix is not None
    assert code in found.fix.code
    assert found.since == 0


@pytest.mark.parametrize(
    ("mean", "std", "code"),
    [(40.0, 48.98979, "y / 100"), (40.0, 48.0, "Dense(101")],
    ids=["0 and 100 alone", "values between them"],
)
def test_labels_of_two_values_are_scaled(mean: float, std: float, code: str) -> None:
    row = {"min": 0.0, "max": 100.0, "mean": mean, "std": std, "integer_share": 1.0, "units": 1.0}
    table = a_table("labels", {"y": {**row, "count": 32.0, "examples": 32.0}}, steps=[0, 1, 2])
    fix = flagged("ZA201", a_run(a_contract(**BCE), table, FALLING)).fix
    assert fix is not None
    assert code in fix.code


def test_how_sure_of_the_range() -> None:
    assert tier_of(RULES["ZA201"], flagged("ZA201", judged(-1, 1))) is Tier.DEFINITE
    marks = flagged("ZA201", judged(-1, 9, SLOW, **SPARSE))
    assert tier_of(RULES["ZA201"], marks) is Tier.SMELL
    broke = flagged("ZA201", judged(-1, 9, a_curve([NAN]), **SPARSE))
    assert tier_of(RULES["ZA201"], broke) is Tier.DEFINITE
    curve = flagged("ZA201", a_run(a_contract(**BCE), NEGATIVE))
    assert tier_of(RULES["ZA201"], curve) is Tier.STRONG
    assert (curve.since, curve.evidence[0].tag) == (1, "zeroacc/epoch/loss")


def test_the_labels_of_a_refused_batch_are_read_off_the_error() -> None:
    found = flagged("ZA201", refused(1, 4, 3, 5))
    assert found.summary == (
        "Labels range from 1 to 5, but sparse_categorical_crossentropy expects 0 to 4."
    )
    assert found.fix is not None
    assert found.fix.code == "+ y = y - 1"


def test_classes_from_0_on_lack_a_unit() -> None:
    told = diagnose(refused(0, 4, 3, 9), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA311"
    assert "10 classes" in told.headline
