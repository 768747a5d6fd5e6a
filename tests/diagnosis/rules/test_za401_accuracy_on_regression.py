"""ZA401 accuracy-on-regression."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract
from tb_zeroacc.run import Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged
from tests.diagnosis.rules.planted.metrics import FALLING, scores

MSE, SCCE = "mean_squared_error", "sparse_categorical_crossentropy"


def labels(low: float, high: float, whole: float, **more: float) -> Table:
    row = {"min": low, "max": high, "integer_share": whole, "count": 100.0, "examples": 100.0,
           "units": 1.0, "non_finite_count": 0.0, "mean": 0.0, "std": 1.0}
    return a_table("labels", {"y": row | more})


# --- ZA401 --------------------------------------------------------------------------------------
def regression(
    metric: str = "BinaryAccuracy", loss: str = MSE, units: int = 1, **more: Any
) -> Contract:
    more.setdefault("activation", "linear")
    return a_contract(loss=loss, units=units, metrics=(metric,), metric_names=("accuracy",), **more)


RECORD = regression("accuracy", source="keras_record")
AMOUNTS = labels(-2.1, 2.3, 0.0)
SOFT = labels(0, 1, 0.2, units=3, row_sum_min=1, row_sum_max=1)

ZA401: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "standardised targets": (a_run(regression(), AMOUNTS, scores(0, 0, 0)), None),
    "no curve of it": (a_run(regression(), AMOUNTS), None),
    "one fraction in a hundred": (a_run(regression(), labels(0, 50, 0.99)), None),
    "pixels of an autoencoder": (
        a_run(regression("CategoricalAccuracy", units=784),
              labels(0, 1, 0.8, units=784, row_sum_min=20, row_sum_max=200)), None,
    ),
    "a loss of one's own": (a_run(regression(loss="my_loss"), AMOUNTS), None),
    "a loss of one's own, on shares": (
        a_run(regression(loss="my_loss"), labels(0, 1, 0.2)), Passed
    ),
    "the user's own record, labels known": (a_run(RECORD, AMOUNTS), Tier.STRONG),
    "soft classes": (a_run(regression("CategoricalAccuracy", units=3), SOFT), Passed),
    "class numbers": (a_run(regression(), labels(0, 9, 1.0)), Passed),
    "class numbers and NaN": (
        a_run(regression(), labels(0, 9, 0.98, non_finite_count=2.0)), Passed
    ),
    "cross-entropy": (a_run(regression(loss=SCCE, units=9), AMOUNTS), Passed),
    "an error": (a_run(regression("MeanAbsoluteError"), AMOUNTS), NotApplicable),
    "a function called accuracy": (a_run(regression("accuracy"), AMOUNTS), NotApplicable),
    "exactly 0, labels unknown": (a_run(RECORD, scores(0, 0, 0)), Tier.STRONG),
    "exactly 0 in two epochs": (a_run(RECORD, scores(0, 0)), CannotTell),
    "nearly 0, labels unknown": (a_run(RECORD, scores(0, 0.001, 0)), CannotTell),
    "no contract": (a_run(scores(0, 0, 0)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA401.values(), ids=ZA401.keys())
def test_accuracy_on_regression(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA401", run, want)


def test_a_good_regression_does_not_mute_it_and_the_frozen_metric_folds() -> None:
    run = a_run(regression(), AMOUNTS, a_curve(FALLING), scores(*[0.0] * 6))
    verdict = diagnose(run, CATALOGUE, strict=True)
    assert [f.code for f in verdict.findings] == ["ZA401"]
    assert [c.code for c in verdict.findings[0].explains] == ["ZA403"]
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.findings[0].evidence[0].tag == "zeroacc/epoch/accuracy"


def test_it_replaces_the_metric_as_the_user_wrote_it() -> None:
    plain = flagged("ZA401", a_run(regression(), AMOUNTS)).fix
    exact = flagged("ZA401", a_run(regression("Accuracy"), AMOUNTS)).fix
    assert plain is not None
    assert exact is not None
    assert plain.code == '- metrics=["accuracy"],\n+ metrics=["mae"],'
    assert exact.code.startswith("- metrics=[keras.metrics.Accuracy()],")


def test_it_stands_beside_an_output_that_cannot_reach_the_targets() -> None:
    run = a_run(regression(activation="relu"), AMOUNTS, scores(0, 0, 0))
    assert [f.code for f in diagnose(run, CATALOGUE, strict=True).findings] == ["ZA307", "ZA401"]
