"""ZA101 and ZA102 on planted runs."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

NAN = float("nan")
COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.95], Role.ACCURACY))


def inputs(*rows: dict[str, Any], steps: list[int] | None = None, counts: float = 32.0) -> Any:
    """One table; each row what differs from a healthy feature."""
    healthy = {"mean": 0.5, "std": 0.3, "min": 0.0, "max": 1.0, "zero_share": 0.49,
               "non_finite_count": 0.0, "count": counts}
    return a_table("inputs", {f"x[{i}]": {**healthy, **row} for i, row in enumerate(rows)},
                   steps=steps or [0, 1, 2, 3])


def bad(*counts: float) -> dict[str, Any]:
    return {"non_finite_count": list(counts)}


ZA101: dict[str, tuple[Run, type[Answer]]] = {
    "one value in one sample": (a_run(inputs({}, bad(0, 0, 1, 0))), Flagged),
    "all finite": (a_run(inputs({}, {})), Passed),
    "unknown counts": (a_run(inputs(bad(NAN, NAN, NAN, NAN))), Passed),
    "not recorded": (a_run(a_curve([1.0])), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA101.values(), ids=ZA101.keys())
def test_input_not_finite(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA101", run), want)


def test_it_names_the_step_and_the_features() -> None:
    found = flagged("ZA101", a_run(inputs({}, bad(0, 0, 1, 3), bad(0, 0, 5, 0))))
    assert found.since == 2
    assert found.summary == "6 values of 96 fed to the model at step 2 are not finite."
    assert "`x[2]` and `x[1]`" in found.context
    assert [e.layer for e in found.evidence[:2]] == ["x[2]", "x[1]"]


def test_a_loss_that_broke_in_the_same_step_folds_under_it() -> None:
    losses = [2.3, 2.2, NAN, NAN]
    run = a_run(
        inputs({}, bad(0, 0, 1, 0)), a_contract(), COUNTS,
        a_table("loss", {"loss": {"loss": losses}}),
        a_curve(losses, tag="zeroacc/loss", axis="step", headline=False), a_curve([NAN]),
    )  # fmt: skip
    told = diagnose(run, CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA101"
    assert "ZA501" in {c.code for c in told.findings[0].explains}
    assert told.findings[0].evidence[1].tag == "zeroacc/loss"


def test_a_model_that_fills_the_gaps_itself_is_a_smell() -> None:
    found = flagged("ZA101", a_run(inputs(bad(1, 1, 1, 1)), a_contract(), *BEATS))
    assert tier_of(RULES["ZA101"], found) is Tier.SMELL
    assert found.counter_evidence


ZERO = {"mean": 0.0, "std": 0.0, "min": 0.0, "max": 0.0, "zero_share": 1.0}
SEVEN = {"mean": 7.0, "std": 0.0, "min": 7.0, "max": 7.0, "zero_share": 0.0}
SORTED = {"std": 0.0, "min": [0, 1, 2, 3], "max": [0, 1, 2, 3], "zero_share": 0.0}

ZA102: dict[str, tuple[Run, type[Answer]]] = {
    "zeros": (a_run(inputs(ZERO, ZERO)), Flagged),
    "one constant": (a_run(inputs(SEVEN, SEVEN)), Flagged),
    "one constant, one feature": (a_run(inputs(SEVEN)), Flagged),
    "another constant each batch": (a_run(inputs(SORTED, SORTED)), Flagged),
    "zeros in all but one sample": (
        a_run(inputs({**ZERO, "max": [0, 0, 0, 1], "zero_share": [1, 1, 1, 0.999]})), Passed),
    "two constants": (a_run(inputs(ZERO, SEVEN)), Passed),
    "one sorted feature": (a_run(inputs(SORTED)), Passed),
    "batches of one example": (a_run(inputs(SORTED, SORTED, counts=1)), Passed),
    "an input of zeros beside another": (a_run(inputs(ZERO, {})), Passed),
    "digits": (a_run(inputs({}, ZERO, ZERO)), Passed),
    "two samples": (a_run(inputs(ZERO, steps=[0, 1])), CannotTell),
    "three samples": (a_run(inputs(ZERO, steps=[0, 1, 2])), Flagged),
    "nothing finite": (a_run(inputs({"min": NAN, "max": NAN})), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA102.values(), ids=ZA102.keys())
def test_input_all_zero(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA102", run), want)


def test_it_shows_the_curve_of_its_statistic() -> None:
    share = a_curve([1.0], Role.OTHER, tag="zeroacc/input_zero_share", axis="step")
    found = flagged("ZA102", a_run(inputs(ZERO, ZERO), share))
    assert (found.evidence[0].tag, found.evidence[0].value) == ("zeroacc/input_zero_share", 1.0)
    assert found.summary == "Every input is 0 in all 4 sampled batches."
    assert found.since == 0


def test_equal_batches_fold_under_it() -> None:
    batch = {"fingerprint_1": 0.0, "fingerprint_2": 0.0, "examples": 32.0}
    run = a_run(
        inputs(ZERO), a_contract(units=2), a_curve([0.69, 0.68]),
        a_table("batch", {"x": batch}, steps=[0, 1, 2, 3]),
        a_table("progress", {"progress": {"steps_per_epoch": 56.0}}, steps=[0, 1, 2, 3]),
    )  # fmt: skip
    told = diagnose(run, CATALOGUE, strict=True)
    assert [f.code for f in told.findings] == ["ZA102"]
    assert "ZA106" in [c.code for c in told.findings[0].explains]
