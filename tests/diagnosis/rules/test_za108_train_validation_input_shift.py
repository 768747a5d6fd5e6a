"""ZA108 train-validation-input-shift."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

EVEN = {str(k): 50.0 for k in range(10)}
LABELS = a_table("label_counts", {"y": EVEN})
ALIKE = a_table("validation_label_counts", {"y": EVEN})
SORTED = a_table("validation_label_counts", {"y": {**dict.fromkeys(EVEN, 0.0), "9": 500.0}})
LEARNS = (a_contract(), LABELS, a_curve([2.3, 0.1]), a_curve([0.1, 0.98], Role.ACCURACY))

STUCK = (a_contract(), LABELS, a_curve([2.3, 2.3]), a_curve([0.1, 0.1], Role.ACCURACY))


def held(*losses: float) -> Any:
    return a_curve(losses, Role.LOSS, Split.VALIDATION)


FAILS, SUFFERS, FINE = held(2.3, 4.0), held(2.3, 0.4), held(2.3, 0.19)


def inputs(mean: float, std: float, *, validation: bool = False, rows: int = 3) -> Any:
    """Features of these moments, from 0 to 1 in training."""
    kind = "validation_inputs" if validation else "inputs"
    ends = {"min": mean - std, "max": mean + std, "zero_share": 0.0}
    return a_table(kind, {f"x[{i}]": {"mean": mean, "std": std, **ends} for i in range(rows)})


UNIT = inputs(0.3, 0.4)  # root mean square .5


def shifted(mean: float, std: float) -> tuple[Any, Any]:
    return UNIT, inputs(mean, std, validation=True)


ZA108: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "bytes against shares": (a_run(*shifted(76, 102), *LEARNS, ALIKE, FAILS), None),
    "the other way round": (a_run(*shifted(0.001, 0.002), *LEARNS, ALIKE, FAILS), None),
    "factor on the limit": (a_run(*shifted(1.2, 1.6), *LEARNS, SORTED, FAILS), None),
    "factor just under": (a_run(*shifted(0.59, 1.9), *LEARNS, ALIKE, FAILS), Passed),
    "shift on the limit": (a_run(*shifted(0.9, 0.4), *LEARNS, ALIKE, FAILS), None),
    "shift just under": (a_run(*shifted(0.899, 0.4), *LEARNS, ALIKE, FAILS), Passed),
    "a sorted split": (a_run(*shifted(0.95, 0.2), *LEARNS, SORTED, FAILS), CannotTell),
    "validation is worse, but beats chance": (
        a_run(*shifted(76, 102), *LEARNS, ALIKE, SUFFERS), Tier.SMELL),
    "validation does not suffer": (a_run(*shifted(76, 102), *LEARNS, ALIKE, FINE), Passed),
    "neither learns: validation has nothing to lose": (
        a_run(*shifted(76, 102), *STUCK, ALIKE, held(2.3, 2.3)), Tier.SMELL),
    "neither learns, and it is only shifted": (
        a_run(*shifted(0.95, 0.2), *STUCK, ALIKE, held(2.3, 2.3)), Passed),
    "validation learns, training does not": (
        a_run(*shifted(76, 102), *STUCK, ALIKE, held(2.3, 0.3)), Passed),
    "no validation loss": (a_run(*shifted(76, 102), *LEARNS, ALIKE), Tier.SMELL),
    "augmented in training": (a_run(*shifted(0.29, 0.35), *LEARNS, ALIKE, FAILS), Passed),
    "it only overfits": (a_run(*shifted(0.3, 0.4), *LEARNS, ALIKE, FAILS), Passed),
    "nothing varies": (
        a_run(inputs(1, 0), inputs(1, 0, validation=True), *LEARNS, FAILS), NotApplicable),
    "without validation": (a_run(UNIT, *LEARNS), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA108.values(), ids=ZA108.keys())
def test_train_validation_input_shift(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA108", run, want)


def test_targets_that_drift_are_no_preprocessing() -> None:
    """A series that rises: later inputs are larger, and so are later targets."""
    moments = {"integer_share": 0.0, "count": 90.0, "examples": 90.0, "units": 1.0}
    ends = {"min": 0.0, "max": 9.0}
    rises = (
        a_contract(loss="mean_squared_error", activation="linear", units=1),
        a_table("labels", {"y": {"mean": 1.0, "std": 1.0, **ends, **moments}}),
        a_table("validation_labels", {"y": {"mean": 2.5, "std": 1.0, **ends, **moments}}),
        a_curve([1.0, 0.01]), held(3.0, 3.0),
    )  # fmt: skip
    check("ZA108", a_run(*shifted(0.9, 0.4), *rises), CannotTell)


def test_both_scales_are_shown() -> None:
    found = flagged("ZA108", a_run(*shifted(75, 100), *LEARNS, ALIKE, FAILS))
    assert [fact.value for fact in found.evidence[1:3]] == pytest.approx([0.5, 125.0])
    assert "250 times larger" in found.summary


def test_inputs_are_judged_one_by_one() -> None:
    """An age that is scaled in both beside pictures that are not."""
    fine = {"mean": 0.3, "std": 0.4, "min": 0.0, "max": 1.0, "zero_share": 0.0}
    large = {"mean": 75.0, "std": 100.0, "min": 0.0, "max": 255.0}
    both = (
        a_table("inputs", {"age": fine, "picture[0]": fine}),
        a_table("validation_inputs", {"age": fine, "picture[0]": large}),
    )
    assert "`picture`" in flagged("ZA108", a_run(*both, *LEARNS, ALIKE, FAILS)).evidence[0].text


def test_a_validation_that_turned_folds_under_it() -> None:
    turned = held(2.3, 1.2, 1.3, 2.0, 3.0, 4.0)
    told = diagnose(a_run(*shifted(76, 102), *LEARNS, ALIKE, turned), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA108"
    assert told.outcome is Outcome.LEARNING
    assert {f.code for f in told.findings if f.tier >= Tier.STRONG} == {"ZA108"}


@pytest.mark.parametrize(("times", "stands"), [(16.0, True), (15.9, False)])
def test_no_order_of_the_examples_scales_them(times: float, stands: bool) -> None:
    run = a_run(*shifted(0.3 * times, 0.4 * times), *LEARNS, SORTED, FAILS)
    assert flagged("ZA108", run).apart_from == (("ZA205",) if stands else ())
