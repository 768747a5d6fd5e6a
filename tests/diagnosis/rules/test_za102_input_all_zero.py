"""ZA102 input-all-zero."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.data import NAN, inputs

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
