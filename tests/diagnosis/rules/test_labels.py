"""ZA201, ZA202 and ZA203 on planted runs."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.engine import tier_of
from tb_zeroacc.facts import Epoch, Fit
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

BCE = {"loss": "binary_crossentropy", "activation": "sigmoid", "units": 1}
FALLING = a_curve([0.7, 0.5])
EPOCH = (Epoch(0, 4, 4),)


def labels(low: Any, high: Any, *, whole: float = 1.0, samples: int = 4, size: int = 32) -> Any:
    row = {"min": low, "max": high, "mean": 0.5, "std": 0.5, "integer_share": whole, "units": 1.0,
           "row_sum_min": low, "row_sum_max": high, "non_finite_count": 0.0,
           "count": float(size), "examples": float(size)}  # fmt: skip
    return a_table("labels", {"y": row}, steps=list(range(samples)))


def judged(low: Any, high: Any, *parts: Any, whole: float = 1.0, **contract: Any) -> Run:
    return a_run(a_contract(**{**BCE, **contract}), labels(low, high, whole=whole),
                 *(parts or (FALLING,)))  # fmt: skip


SPARSE = {"loss": "sparse_categorical_crossentropy", "activation": "softmax", "units": 10}
NAN = float("nan")
NEGATIVE = a_curve([0.5, -3.0, -90.0])

ZA201: dict[str, tuple[Run, type[Answer]]] = {
    "0 and 1": (judged(0, 1), Passed),
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
    "nothing": (a_run(), CannotTell),
}


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
        (judged(1.2, 21, whole=0.0), '"mse"'),
    ],
)
def test_the_mend_fits_the_labels(run: Run, code: str) -> None:
    found = flagged("ZA201", run)
    assert found.mend is not None
    assert code in found.mend.code
    assert found.since == 0


def test_how_sure_of_the_range() -> None:
    assert tier_of(RULES["ZA201"], flagged("ZA201", judged(-1, 1))) is Tier.DEFINITE
    marks = flagged("ZA201", judged(-1, 9, **SPARSE))
    assert tier_of(RULES["ZA201"], marks) is Tier.SMELL
    broke = flagged("ZA201", judged(-1, 9, a_curve([NAN]), **SPARSE))
    assert tier_of(RULES["ZA201"], broke) is Tier.DEFINITE
    curve = flagged("ZA201", a_run(a_contract(**BCE), NEGATIVE))
    assert tier_of(RULES["ZA201"], curve) is Tier.STRONG
    assert (curve.since, curve.evidence[0].tag) == (1, "zeroacc/epoch/loss")


def counts(*columns: float, samples: int = 4, kind: str = "label_counts", other: float = 0) -> Any:
    row = {str(k): float(n) for k, n in enumerate(columns)}
    return a_table(kind, {"y": {**row, "other": other}}, steps=list(range(samples)))


ZA202: dict[str, tuple[Run, type[Answer]]] = {
    "one class": (a_run(a_contract(**BCE), counts(32, 0), epochs=EPOCH), Flagged),
    "two": (a_run(a_contract(**BCE), counts(31, 1)), Passed),
    "another, uncounted": (a_run(a_contract(**BCE), counts(31, 0, other=1)), Passed),
    "pure batches": (a_run(a_contract(**BCE), a_table(
        "label_counts", {"y": {"0": [32, 32, 32, 0], "1": [0, 0, 0, 32]}})), Passed),
    "64 examples in 3 batches": (
        a_run(a_contract(**BCE), counts(22, 0, samples=3), epochs=EPOCH), Flagged),
    "2 batches": (a_run(a_contract(**BCE), counts(32, 0, samples=2)), CannotTell),
    "63 examples": (a_run(a_contract(**BCE), counts(21, 0, samples=3)), CannotTell),
    "live in its first epoch": (
        a_run(a_contract(**BCE), counts(32, 0), state="live"), CannotTell),
    "constant targets": (a_run(a_contract(loss="mean_squared_error"), labels(3, 3)), Flagged),
    "targets that vary": (a_run(a_contract(loss="mean_squared_error"), labels(3, 4)), Passed),
    "dummies": (a_run(a_contract(loss="triplet"), labels(0, 0)), NotApplicable),
    "no contract": (a_run(counts(32, 0)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA202.values(), ids=ZA202.keys())
def test_constant_labels(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA202", run), want)


def test_it_names_the_only_label() -> None:
    share = a_curve([1.0], Role.OTHER, tag="zeroacc/label_majority_share", axis="step")
    found = flagged("ZA202", a_run(a_contract(**BCE), counts(0, 32), share, epochs=EPOCH))
    assert found.summary.startswith("All labels are 1:")
    assert found.evidence[0].tag == "zeroacc/label_majority_share"


def skewed(accuracy: float, *, share: float = 0.99, named: float | None = None, loss: float = 0.06,
           fit: Fit | None = None, samples: int = 4) -> Run:  # fmt: skip
    more = [] if named is None else [counts(1e4 * named, 1e4 * (1 - named),
                                            kind="prediction_counts")]  # fmt: skip
    return a_run(
        a_contract(**BCE, fit=fit), counts(100 * share, 100 * (1 - share), samples=samples),
        a_curve([0.3, loss]), a_curve([0.9, accuracy], Role.ACCURACY), *more,
    )  # fmt: skip


ZA203: dict[str, tuple[Run, Any]] = {
    "every prediction is no": (skewed(0.99, named=1.0), Tier.STRONG),
    "by accuracy": (skewed(0.991), Tier.STRONG),
    "accuracy above": (skewed(0.992), Tier.SMELL),
    "predictions at the limit": (skewed(0.995, named=0.999), Tier.STRONG),
    "predictions just under": (skewed(0.995, named=0.9989), Tier.SMELL),
    "nine of ten": (skewed(0.9, share=0.9), Tier.STRONG),
    "a little less": (skewed(0.9, share=0.899), Passed),
    "63 : 37": (skewed(0.63, share=0.63, named=1.0), Passed),
    "weighted": (skewed(0.99, named=1.0, fit=Fit(class_weight=True)), Tier.SMELL),
    "it beats its prior": (skewed(0.999, named=0.99, loss=0.01), Passed),
    "accuracy alone beats": (skewed(0.999, named=0.99, loss=0.05), Tier.SMELL),
    "two batches": (skewed(0.99, named=1.0, samples=2), CannotTell),
    "one class only": (skewed(1.0, share=1.0), NotApplicable),
}


@pytest.mark.parametrize(("run", "want"), ZA203.values(), ids=ZA203.keys())
def test_class_imbalance(run: Run, want: Any) -> None:
    found = answer("ZA203", run)
    if isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert tier_of(RULES["ZA203"], found) is want
    else:
        assert isinstance(found, want)


def test_it_weighs_the_classes_by_how_rare_they_are() -> None:
    found = flagged("ZA203", skewed(0.99, named=1.0))
    assert found.mend is not None
    assert "class_weight={0: 1, 1: 99}" in found.mend.code
    assert found.summary == "Class 0 has 99 % of all labels, and the model names no other."
