"""ZA101 input-not-finite."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.engine import diagnose, tier_of
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.data import NAN, inputs

COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.95], Role.ACCURACY))


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
    assert found.summary == "6 of 96 input values at step 2 are NaN or Inf."
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
