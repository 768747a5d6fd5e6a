"""ZA308, ZA309 and ZA310 on planted runs."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.agreement import ROUNDING
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract, Shapes, Tensor
from tb_zeroacc.run import Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

BCE, SCCE = "binary_crossentropy", "sparse_categorical_crossentropy"
MSE, MAE = "mean_squared_error", "mean_absolute_error"
ACC: dict[str, Any] = {"metrics": ("BinaryAccuracy",), "metric_names": ("accuracy",)}
RECORD: dict[str, Any] = {"source": "keras_record"}
DIGITS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


def labels(low: float, high: float, whole: float = 1.0, /, **more: float) -> Table:
    row = {"min": low, "max": high, "integer_share": whole, "count": 100.0, "examples": 100.0,
           "units": 1.0, "non_finite_count": 0.0, "mean": (low + high) / 2}
    return a_table("labels", {"y": row | more})


def rows(total: float = 1.0, units: float = 3.0, **more: float) -> Table:
    """Labels of several columns; the rows sum to 1 at least, to `total` at most."""
    return labels(0, 1, **{"units": units, "row_sum_min": 1.0, "row_sum_max": total} | more)


def scores(accuracy: float) -> Any:
    return a_curve([0.1, accuracy], Role.ACCURACY)


def head(loss: str, units: int | None = 1, activation: str | None = "linear", **m: Any) -> Contract:
    return a_contract(loss=loss, units=units, activation=activation, **m)


# --- ZA308 --------------------------------------------------------------------------------------

ZA308: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "digits as amounts": (
        a_run(head(MSE, **ACC), labels(0, 9), DIGITS, scores(0.14)), Tier.STRONG
    ),
    "digits as amounts, counts unknown": (
        a_run(head(MSE, **ACC), labels(0, 9), scores(0.14)), Tier.STRONG
    ),
    "yes and no that learn": (
        a_run(head(MSE, 1, "sigmoid", **ACC), labels(0, 1), scores(0.95)), Tier.SMELL
    ),
    "yes and no that do not": (
        a_run(head(MSE, 1, "sigmoid", **ACC), labels(0, 1, mean=0.9), scores(0.91)), Tier.STRONG
    ),
    "one-hot rows that do not learn": (
        a_run(head(MSE, 3, "softmax", **ACC), rows(), scores(0.4)), Tier.STRONG
    ),
    "no accuracy compiled": (a_run(head(MAE), labels(0, 9)), Tier.SMELL),
    "as many values as there are classes": (
        a_run(head(MSE, **ACC), labels(1, 1000), scores(0.0)), Tier.STRONG
    ),
    "one value more": (a_run(head(MSE, **ACC), labels(0, 1000), scores(0.0)), Passed),
    "whole amounts, no accuracy": (a_run(head(MSE), labels(25, 346)), Passed),
    "continuous targets": (a_run(head(MSE, **ACC), labels(0, 9, 0.5), scores(0)), Passed),
    "several labels a row": (a_run(head(MSE, 3, **ACC), rows(2), scores(0.5)), Passed),
    "a softmax, labels unknown": (a_run(head(MSE, 10, "softmax", **RECORD)), Tier.SMELL),
    "labels unknown": (a_run(head(MSE, 1, **RECORD)), CannotTell),
    "cross-entropy": (a_run(head(SCCE, 10, "softmax"), labels(0, 9)), NotApplicable),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA308.values(), ids=ZA308.keys())
def test_regression_loss_for_classes(run: Run, want: type[Answer] | Tier) -> None:
    found = answer("ZA308", run)
    if isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert found.tier is want
        assert found.since == BEFORE_TRAINING
    else:
        assert isinstance(found, want)


def test_it_gives_each_class_a_unit() -> None:
    mend = flagged("ZA308", ZA308["digits as amounts"][0]).mend
    assert mend is not None
    assert '+ keras.layers.Dense(10, activation="softmax")' in mend.code
    assert f'- loss="{MSE}"' in mend.code
    assert f'+ loss="{SCCE}"' in mend.code


# --- ZA309 --------------------------------------------------------------------------------------

NEGATIVE = a_curve([178.0, 20.0, -1.0, -160.0])
STANDING = a_curve([178.0, 178.0, 178.0])
NAMED = a_curve([2.0, -3.0], tag="train/binary_crossentropy")

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
    "named a cross-entropy and negative": (a_run(NAMED), Tier.SMELL),
    "negative, of whatever loss": (a_run(NEGATIVE), CannotTell),
    "squared error": (a_run(head(MSE), labels(0.4, 21, 0), STANDING), NotApplicable),
    "nothing": (a_run(), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA309.values(), ids=ZA309.keys())
def test_cross_entropy_for_regression(run: Run, want: type[Answer] | Tier | None) -> None:
    found = answer("ZA309", run)
    if want is None or isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert found.tier is want
        assert found.since == BEFORE_TRAINING
    else:
        assert isinstance(found, want)


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


# --- ZA310 --------------------------------------------------------------------------------------

IDS = Shapes(labels=(Tensor("y", (None,), "int64"),), loss_reached=False)
COLUMN = Shapes(labels=(Tensor("y", (None, 1), "int32"),))
FLOATS = Shapes(labels=(Tensor("y", (None, 3), "float32"),))
THIRDS = a_table("label_counts", {"y": {"0": 40.0, "1": 30.0, "2": 30.0}})


def sigmoids(*parts: Any, units: int = 3, **more: Any) -> Run:
    shapes = more.pop("shapes", None)
    activation = more.pop("activation", "sigmoid")
    return a_run(head(BCE, units, activation, **more), *parts, shapes=shapes)


ZA310: dict[str, tuple[Run, type[Answer] | Tier]] = {
    "class numbers": (sigmoids(labels(0, 2)), Tier.STRONG),
    "class numbers, by their shape": (sigmoids(shapes=IDS), Tier.STRONG),
    "class numbers, a column of them": (sigmoids(shapes=COLUMN), Tier.STRONG),
    "one-hot rows that do not learn": (sigmoids(rows(), THIRDS, scores(0.45)), Tier.STRONG),
    "one-hot rows that learn": (sigmoids(rows(), THIRDS, scores(0.95)), Passed),
    "one-hot rows, no accuracy": (sigmoids(rows(), THIRDS), Tier.SMELL),
    "64 rows": (sigmoids(rows(examples=64), THIRDS, scores(0.45)), Tier.STRONG),
    "63 rows": (sigmoids(rows(examples=63), THIRDS, scores(0.45)), CannotTell),
    "several labels a row": (sigmoids(rows(2)), Passed),
    "no label in some row": (sigmoids(rows(row_sum_min=0.0)), Passed),
    "soft rows": (sigmoids(rows(integer_share=0.1)), Passed),
    "yes and no": (sigmoids(labels(0, 1)), Passed),
    "one unit": (sigmoids(labels(0, 1), units=1), NotApplicable),
    "categorical loss": (a_run(head(SCCE, 3, "softmax"), labels(0, 2)), NotApplicable),
    "a softmax, labels unknown": (sigmoids(activation="softmax", **RECORD), Tier.SMELL),
    "labels unknown": (sigmoids(**RECORD), CannotTell),
    "floats of the right shape": (sigmoids(shapes=FLOATS), CannotTell),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA310.values(), ids=ZA310.keys())
def test_binary_loss_for_classes(run: Run, want: type[Answer] | Tier) -> None:
    found = answer("ZA310", run)
    if isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert found.tier is want
        assert found.layers == ("head",)
    else:
        assert isinstance(found, want)


def test_rows_and_numbers_get_the_loss_that_takes_them() -> None:
    by_rows = flagged("ZA310", sigmoids(rows(), THIRDS, scores(0.45))).mend
    numbers = flagged("ZA310", sigmoids(labels(0, 2))).mend
    assert by_rows is not None
    assert numbers is not None
    assert '+ loss="categorical_crossentropy"' in by_rows.code
    assert f'+ loss="{SCCE}"' in numbers.code
    assert '+ keras.layers.Dense(3, activation="softmax")' in numbers.code
