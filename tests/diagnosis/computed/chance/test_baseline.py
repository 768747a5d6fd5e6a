"""What a constant prediction would score, and whether a run beats it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.computed.chance.baseline import Baseline, baseline_of
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Contract
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

LN2, LN10 = math.log(2), math.log(10)


def counts(*numbers: float, name: str = "y") -> Run:
    table = a_table("label_counts", {name: {str(k): float(n) for k, n in enumerate(numbers)}})
    return a_run(table, a_contract(units=len(numbers)))


def targets(loss: str, mean: float, std: float, **output: object) -> Run:
    labels = a_table("labels", {"y": {"mean": mean, "std": std, "count": 32.0, "examples": 32.0}})
    contract = a_contract(loss=loss, activation="linear", units=1, **output)
    return a_run(labels, contract)


BASELINES: dict[str, tuple[Run, float | None, float | None, float | None]] = {
    # run, loss, initial loss, accuracy
    "ten equal classes": (counts(*[10] * 10), LN10, LN10, 0.1),
    "99 to 1": (counts(99, 1), 0.0560, LN2, 0.99),
    "classes by their number alone": (a_run(a_contract()), LN10, LN10, None),
    "one unit of a binary loss": (
        a_run(a_contract(loss="binary_crossentropy", units=1)), LN2, LN2, None,
    ),
    "squared error": (targets("mean_squared_error", 2.0, 0.5), 0.25, 4.25, None),
    "absolute error": (
        targets("mean_absolute_error", 2.0, 0.5), 0.5 * math.sqrt(2 / math.pi), None, None,
    ),
    "a weighted loss": (targets("mean_squared_error", 0.0, 1.0, weight=0.5), 0.5, 0.5, None),
    "a sum over the batch": (
        targets("mean_squared_error", 0.0, 1.0, reduction="sum"), 32.0, 32.0, None,
    ),
    "squared error without targets": (
        a_run(a_contract(loss="mean_squared_error")), None, None, None,
    ),
    "a loss of one's own": (a_run(a_contract(loss="mine")), None, None, None),
    "one unit of a categorical loss": (a_run(a_contract(units=1)), None, None, None),
    "no contract": (a_run(), None, None, None),
}


@pytest.mark.parametrize(
    ("run", "loss", "initial", "accuracy"), BASELINES.values(), ids=BASELINES.keys()
)
def test_baseline(
    run: Run, loss: float | None, initial: float | None, accuracy: float | None
) -> None:
    baseline = baseline_of(run)
    assert baseline.loss == (None if loss is None else pytest.approx(loss, rel=1e-3))
    assert baseline.initial_loss == (None if initial is None else pytest.approx(initial, rel=1e-3))
    assert baseline.accuracy == (None if accuracy is None else pytest.approx(accuracy))


@pytest.mark.parametrize(
    ("whole", "accuracy"), [(1.0, 0.75), (0.8, None)], ids=["classes", "pixels, most of them 0"]
)
def test_labels_of_several_coins(whole: float, accuracy: float | None) -> None:
    columns = {"mean": 0.25, "std": 0.43, "count": 320.0, "integer_share": whole}
    labels = a_table("labels", {"y": columns})
    baseline = baseline_of(a_run(labels, a_contract(loss="binary_crossentropy", units=10)))
    assert baseline.loss == pytest.approx(0.5623, rel=1e-3)
    assert baseline.accuracy == accuracy


@pytest.mark.parametrize(
    ("shares", "loss", "accuracy"),
    [((10.0,) * 10, 0.3251, 0.9), ((50.0, 50.0), LN2, 0.5), ((90.0, 10.0), 0.3251, 0.9)],
)
def test_exclusive_classes_on_a_binary_loss_are_a_coin_each(
    shares: tuple[float, ...], loss: float, accuracy: float
) -> None:
    units = len(shares)
    run = a_run(
        a_table("labels", {"y": {"mean": 1 / units, "std": 0.3, "count": 320.0}}),
        a_table("label_counts", {"y": {str(k): n for k, n in enumerate(shares)}}),
        a_contract(loss="binary_crossentropy", units=units),
    )
    assert baseline_of(run).loss == pytest.approx(loss, rel=1e-3)
    assert baseline_of(run).accuracy == pytest.approx(accuracy)


def shares(std: float, **column: float) -> Run:
    """Ten equal classes whose labels are shares, of a standard deviation; .3 are ones and zeros."""
    columns = {
        "mean": 0.1, "std": std, "min": 0.0, "row_sum_min": 1.0, "row_sum_max": 1.0,
        "examples": 32.0, "units": 10.0, **column,
    }  # fmt: skip
    run = counts(*[10] * 10)
    labels = a_table("labels", {"y": columns})
    contract = a_contract(loss="categorical_crossentropy")
    return replace(run, contract=contract, tables={**run.tables, "labels": labels})


FLOORS: dict[str, tuple[Run, float]] = {
    "a teacher's answers": (shares(0.08), -math.log(10 * (0.08**2 + 0.1**2))),
    "ones and zeros": (shares(0.3), 0.0),
    "all alike": (shares(0.0), LN10),
    "no shares: they do not add up": (shares(0.08, row_sum_min=0.5), 0.0),
    "no shares: below 0": (shares(0.08, min=-0.1), 0.0),
    "class numbers": (shares(0.08, units=1.0), 0.0),
}


@pytest.mark.parametrize(("run", "floor"), FLOORS.values(), ids=FLOORS.keys())
def test_what_labels_that_are_shares_cost_at_least(run: Run, floor: float) -> None:
    assert baseline_of(run).floor == pytest.approx(floor, abs=1e-6)


def test_the_entropy_of_a_teachers_answers_is_no_failure() -> None:
    """It ends at .91 of a constant prediction's loss, and nothing lower can be had."""
    loss = a_curve([2.3, *[2.09] * 30])
    taught = replace(shares(0.08), curves=(loss,))
    assert context_of(taught).loss_ratio == pytest.approx((2.09 - 1.808) / (LN10 - 1.808), rel=1e-2)
    assert diagnose(taught, CATALOGUE, strict=True).findings == ()
    told = diagnose(replace(shares(0.3), curves=(loss,)), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA704"


def test_sample_weights_scale_the_baseline() -> None:
    run = counts(50, 50)
    weights = a_table("sample_weights", {"y": {"mean": 2.0}})
    assert baseline_of(replace(run, tables={**run.tables, "sample_weights": weights})).loss == (
        pytest.approx(2 * LN2)
    )


def test_several_outputs_add_up() -> None:
    contract = a_contract()
    both = replace(contract, outputs=(contract.outputs[0], replace(contract.outputs[0], name="z")))
    assert baseline_of(a_run(both)).loss == pytest.approx(2 * LN10)
    unknown = replace(both.outputs[1], loss="mine")
    assert baseline_of(a_run(replace(both, outputs=(both.outputs[0], unknown)))) == Baseline()


BEATS: dict[str, tuple[list[float], list[float] | None, bool | None]] = {
    "both": ([0.3], [0.9], True),
    "half the baseline": ([0.5 * LN2], [0.9], False),
    "just under half the baseline": ([0.499 * LN2], [0.9], True),
    "the loss alone": ([0.3], [0.55], False),
    "accuracy alone, as nets that memorise": ([6.4], [0.86], False),
    "accuracy on the threshold": ([0.3], [0.625], False),
    "accuracy above the threshold": ([0.3], [0.63], True),
    "no accuracy": ([0.3], None, True),
}


@pytest.mark.parametrize(("loss", "accuracy", "want"), BEATS.values(), ids=BEATS.keys())
def test_beats(loss: list[float], accuracy: list[float] | None, want: bool | None) -> None:
    run = counts(50, 50)
    curves = [a_curve(loss)]
    if accuracy is not None:
        curves.append(a_curve(accuracy, Role.ACCURACY))
    assert context_of(replace(run, curves=tuple(curves))).beats is want


def test_nothing_known_is_not_beaten_nor_missed() -> None:
    context = context_of(a_run(a_curve([0.1])))
    assert context.beats is None
    assert context.loss_ratio is None


def test_percent_counts_as_share() -> None:
    run = counts(50, 50)
    curve = a_curve([90.0], Role.ACCURACY, scale=0.01)
    assert context_of(replace(run, curves=(curve,))).final_accuracy == pytest.approx(0.9)


def test_the_penalty_is_no_part_of_the_loss() -> None:
    run = counts(50, 50)
    table = a_table("loss", {"loss": {"loss": [5.3], "penalty": [5.0]}})
    run = replace(run, tables={**run.tables, "loss": table}, curves=(a_curve([5.3]),))
    context = context_of(run)
    assert context.final_loss == pytest.approx(0.3)
    assert context.beats is True


def test_a_loss_that_is_not_finite_beats_nothing() -> None:
    run = counts(50, 50)
    assert context_of(replace(run, curves=(a_curve([math.nan]),))).beats is False


def test_keras_own_record_gives_a_baseline_too() -> None:
    contract: Contract = a_contract(source="keras_record")
    assert baseline_of(a_run(contract, recorded=False)).what == "ln 10"
