"""ZA402 wrong-accuracy-class."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged


def began(loss: float, accuracy: float, scale: float = 1.0) -> Run:
    right = [accuracy, accuracy + 0.02 / scale, accuracy + 0.04 / scale]
    return a_run(
        a_curve([loss, loss * 0.7, loss * 0.5]), a_curve(right, Role.ACCURACY, scale=scale)
    )


CASES: dict[str, tuple[Run, type[Answer]]] = {
    "ten one-hot classes": (began(2.35, 0.9), Flagged),
    "in percent": (began(2.35, 90.0, 0.01), Flagged),
    "a hundred": (began(math.log(100), 0.99), Flagged),
    "a proper accuracy": (began(2.35, 0.11), Passed),
    "right in .9 of the cases": (began(0.35, 0.9), Passed),
    "three classes, by accident": (began(1.1, 0.667), Passed),
    "between the levels": (began(2.35, 0.87), Passed),
    "no accuracy": (a_run(a_curve([2.3, 2.0])), CannotTell),
}


ROWS = a_table(
    "labels",
    {"y": {"min": 0.0, "max": 1.0, "integer_share": 1.0, "units": 3.0, "row_sum_min": 0.0,
           "row_sum_max": 2.0, "count": 300.0, "examples": 100.0}},
)  # fmt: skip


def counted(kind: str, loss: str, units: int, *parts: Table) -> Run:
    """A metric of a class beside a loss over so many units, and curves that say nothing."""
    activation = "sigmoid" if units == 1 else "softmax"
    contract = a_contract(loss=loss, activation=activation, units=units, from_logits=False,
                          metrics=(kind,), metric_names=("accuracy",))  # fmt: skip
    return a_run(contract, *parts, a_curve([1.0, 0.4]), a_curve([0.5, 0.9], Role.ACCURACY))


def cut(*kinds: str, at: tuple[float | None, ...] = (0.5,), **more: Any) -> Run:
    """A loss on logits beside metrics that cut there; its curves show nothing unusual."""
    asked = {"loss": "binary_crossentropy", "activation": "linear", "units": 1,
             "from_logits": True, **more}  # fmt: skip
    contract = a_contract(**asked, metrics=kinds, metric_names=kinds, metric_thresholds=at)
    return a_run(contract, a_curve([0.7, 0.5]), a_curve([0.5, 0.6], Role.ACCURACY))


CASES |= {
    "an accuracy that cuts logits at .5": (cut("BinaryAccuracy"), Flagged),
    "one that cuts them at 0": (cut("BinaryAccuracy", at=(0.0,)), Passed),
    "a recall beside an area": (cut("AUC", "Recall", at=(None, 0.5)), Flagged),
    "an area alone": (cut("AUC", at=()), Passed),
    "of shares": (cut("BinaryAccuracy", from_logits=False, activation="sigmoid"), Passed),
    "a sigmoid before logits": (cut("BinaryAccuracy", activation="sigmoid"), Passed),
    "equality with shares": (counted("Accuracy", "categorical_crossentropy", 10), Flagged),
    "equality with one share": (counted("Accuracy", "binary_crossentropy", 1), Flagged),
    "equality with numbers": (counted("Accuracy", "mean_squared_error", 1), Passed),
    "three coins for three classes": (
        counted("BinaryAccuracy", "categorical_crossentropy", 3), Flagged),
    "three coins for three labels at once": (
        counted("BinaryAccuracy", "categorical_crossentropy", 3, ROWS), Passed),
    "two coins for two classes": (
        counted("BinaryAccuracy", "categorical_crossentropy", 2), Passed),
    "coins for labels of their own": (
        counted("BinaryAccuracy", "binary_crossentropy", 10), Passed),
    "overlap of shares": (counted("MeanIoU", "binary_crossentropy", 1), Flagged),
    "overlap of classes": (
        counted("MeanIoU", "sparse_categorical_crossentropy", 4), Passed),
    "of a record without thresholds": (cut("BinaryAccuracy", at=()), Passed),
    "as users write it": (cut("accuracy", at=(), source="keras_record"), Flagged),
    "as users write it, of ten units": (
        cut("accuracy", at=(), source="keras_record", units=10,
            loss="sparse_categorical_crossentropy"), Passed),
}  # fmt: skip


def equality(*scores: float, **more: Any) -> Run:
    """`keras.metrics.Accuracy`, which compares with ==, on two classes of which one has .6."""
    asked = {"loss": "binary_crossentropy", "activation": "sigmoid", "units": 1, **more}
    contract = a_contract(**{"metrics": ("Accuracy",), "metric_names": ("accuracy",), **asked})
    counts = a_table("label_counts", {"y": {"0": 600.0, "1": 400.0}})
    return a_run(contract, counts, a_curve([0.7, 0.3]), a_curve(scores, Role.ACCURACY))


CASES |= {
    "an equality of shares": (equality(0.0, 0.0), Flagged),
    "whose outputs are all 1": (equality(0.4, 0.4), Flagged),
    "another class of that name, which sees what is learned": (equality(0.5, 0.9), Passed),
    "as it is written usually": (equality(0.0, 0.0, metrics=("BinaryAccuracy",)), Passed),
    "an equality of numbers": (equality(0.0, 0.0, loss="mean_squared_error"), Passed),
}


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_wrong_accuracy_class(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA402", run), want)


def test_the_number_of_classes_is_told() -> None:
    found = flagged("ZA402", began(2.35, 0.9))
    assert "that of guessing among 10 classes" in found.summary


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("BinaryAccuracy", 'BinaryAccuracy(threshold=0.0, name="BinaryAccuracy")'),
        ("Recall", 'Recall(thresholds=0.0, name="Recall")'),
    ],
)
def test_the_fix_cuts_at_zero(kind: str, code: str) -> None:
    found = flagged("ZA402", cut(kind))
    assert found.fix is not None
    assert code in found.fix.code
    assert f"`{kind}` cuts logits at 0.5" in found.summary


def test_a_wrong_metric_says_nothing_of_the_training() -> None:
    """Nor does it hide that the model is stuck."""
    cases = (([0.7, 0.5, 0.4, 0.3, 0.3], Outcome.LEARNING),
             ([0.7, 0.69, 0.69, 0.69, 0.69], Outcome.NOT_LEARNING))  # fmt: skip
    for losses, outcome in cases:
        run = cut("BinaryAccuracy")
        counts = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
        scores = a_curve([0.5] * 5, Role.ACCURACY)
        assert run.contract is not None
        parts = (run.contract, counts, a_curve(losses), scores)
        told = diagnose(a_run(*parts), CATALOGUE, strict=True)
        assert told.findings[0].code == "ZA402"
        assert told.outcome is outcome
