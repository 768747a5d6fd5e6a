"""ZA401 and ZA403 on planted runs."""

from __future__ import annotations

from typing import Any

import pytest

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
from tb_zeroacc.facts import Contract, Epoch
from tb_zeroacc.run import Curve, Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

MSE, SCCE = "mean_squared_error", "sparse_categorical_crossentropy"
FALLING = [1.04, 0.9, 0.7, 0.5, 0.45, 0.41]


def labels(low: float, high: float, whole: float, **more: float) -> Table:
    row = {"min": low, "max": high, "integer_share": whole, "count": 100.0, "examples": 100.0,
           "units": 1.0, "non_finite_count": 0.0, "mean": 0.0, "std": 1.0}
    return a_table("labels", {"y": row | more})


def scores(*values: float, **more: Any) -> Curve:
    return a_curve(values, Role.ACCURACY, **more)


def counts(kind: str, first: float, rest: float, samples: int = 3) -> Table:
    row = {"0": [first] * samples, "1": [rest] * samples, "other": [0.0] * samples}
    return a_table(kind, {"y": row}, steps=[0, 20, 40][:samples], epochs=[0, 1, 1][:samples])


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
    found = answer("ZA401", run)
    if want is None or isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert found.tier is want
        assert found.since == BEFORE_TRAINING
    else:
        assert isinstance(found, want)


def test_a_good_regression_does_not_mute_it_and_the_frozen_metric_folds() -> None:
    run = a_run(regression(), AMOUNTS, a_curve(FALLING), scores(*[0.0] * 6))
    verdict = diagnose(run, CATALOGUE, strict=True)
    assert [f.code for f in verdict.findings] == ["ZA401"]
    assert [c.code for c in verdict.findings[0].explains] == ["ZA403"]
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.findings[0].evidence[0].tag == "zeroacc/epoch/accuracy"


def test_it_replaces_the_metric_as_the_user_wrote_it() -> None:
    plain = flagged("ZA401", a_run(regression(), AMOUNTS)).mend
    exact = flagged("ZA401", a_run(regression("Accuracy"), AMOUNTS)).mend
    assert plain is not None
    assert exact is not None
    assert plain.code == '- metrics=["accuracy"],\n+ metrics=["mae"],'
    assert exact.code.startswith("- metrics=[keras.metrics.Accuracy()],")


# --- ZA403 --------------------------------------------------------------------------------------

HALF = counts("label_counts", 50, 50)
KNOWN = (a_contract(units=2), HALF)


def frozen(values: list[float], losses: list[float], *parts: Any, **fields: Any) -> Run:
    return a_run(scores(*values), a_curve(losses), *parts, **fields)


PENALTY = a_table("loss", {"loss": {"penalty": [0.5, 0.1]}}, steps=[0, 3])
OWN_FALL = a_table("loss", {"loss": {"penalty": [0.1, 0.1]}}, steps=[0, 3])

ZA403: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "all along, the prior known": (frozen([0.5] * 4, [1, 0.9, 0.8, 0.7], *KNOWN), None),
    "since the third epoch": (frozen([0.4, 0.45] + [0.5] * 4, FALLING, *KNOWN), None),
    "a fall of a fifth": (frozen([0.5] * 4, [5, 5, 5, 4], *KNOWN), None),
    "a fall of less": (frozen([0.5] * 4, [5, 5, 5, 4.001], *KNOWN), Passed),
    "a loss that goes below 0": (frozen([0.5] * 4, [1, 0, -1, -2], *KNOWN), None),
    "a millionth": (frozen([0.5, 0.5, 0.5, 0.5 + 1e-6], FALLING[:4], *KNOWN), Passed),
    "less than a millionth": (frozen([0.5, 0.5, 0.5, 0.5 + 9e-7], FALLING[:4], *KNOWN), None),
    "three epochs": (frozen([0.5] * 3, FALLING[:3], *KNOWN), CannotTell),
    "still for three epochs": (frozen([0.1, 0.5, 0.5, 0.5], FALLING[:4], *KNOWN), Passed),
    "at 1": (frozen([1.0] * 6, FALLING), Passed),
    "small data that learn": (frozen([0.95] * 6, FALLING, *KNOWN), Passed),
    "it moves": (frozen([0.1, 0.2, 0.3, 0.4], FALLING[:4], *KNOWN), Passed),
    "prior unknown, ten epochs": (frozen([0.1] * 10, [1 - k / 12 for k in range(10)]), None),
    "prior unknown, nine epochs": (
        frozen([0.1] * 9, [1 - k / 12 for k in range(9)]), Tier.SMELL
    ),
    "prior unknown, still at the end": (frozen([0.5] + [0.9] * 5, FALLING), CannotTell),
    "only the penalty falls": (frozen([0.5] * 4, [1, 0.9, 0.8, 0.6], *KNOWN, PENALTY), Passed),
    "the loss falls beside a penalty": (
        frozen([0.5] * 4, [1, 0.9, 0.8, 0.6], *KNOWN, OWN_FALL), None
    ),
    "no accuracy": (a_run(a_curve(FALLING)), CannotTell),
    "no loss": (a_run(scores(0, 0, 0, 0)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA403.values(), ids=ZA403.keys())
def test_metric_frozen_while_loss_falls(run: Run, want: type[Answer] | Tier | None) -> None:
    found = answer("ZA403", run)
    if want is None or isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert found.tier is want
    else:
        assert isinstance(found, want)


def test_it_begins_at_the_training_step_of_its_first_still_epoch() -> None:
    epochs = tuple(Epoch(k, 50 * (k + 1), 50) for k in range(6))
    found = flagged("ZA403", frozen([0.4, 0.45] + [0.5] * 4, FALLING, *KNOWN, epochs=epochs))
    assert found.since == 150
    assert (found.evidence[0].first_step, found.evidence[0].last_step) == (2, 5)


def test_without_points_of_the_loss_over_the_stretch_it_does_not_apply() -> None:
    loss = a_curve(FALLING, axis="step")
    run = a_run(scores(0.4, 0.45, *[0.5] * 4), loss, *KNOWN)
    assert isinstance(answer("ZA403", run), NotApplicable)
