"""ZA301 softmax-on-one-unit."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer
from tests.diagnosis.rules.planted.outputs import BCE, MSE, RECORD, head, said

OVER_TIME = a_contract(
    Layer("weigh", "Softmax", "softmax", settings={"axis": 1}, is_output=True),
    activation="softmax", units=1, loss=BCE, **RECORD,
)

ZA301: dict[str, tuple[Run, type[Answer]]] = {
    "one unit": (a_run(head("softmax", 1)), Flagged),
    "one unit, whatever the loss": (a_run(head("softmax", 1, MSE)), Flagged),
    "one unit, a loss of its own": (a_run(head("softmax", 1, None)), Flagged),
    "one unit that was recorded": (a_run(head("softmax", 1), said(1, 1)), Flagged),
    "outputs that were not finite": (
        a_run(head("softmax", 1), said(float("nan"), float("nan"))), Flagged
    ),
    "two units": (a_run(head("softmax", 2)), Passed),
    "a sigmoid": (a_run(head("sigmoid", 1)), Passed),
    "an open last axis": (a_run(head("softmax", None)), Passed),
    "over another axis, by its values": (a_run(head("softmax", 1), said(0.1, 0.9)), Passed),
    "over another axis, by its settings": (a_run(OVER_TIME, recorded=False), Passed),
    "activation unknown": (a_run(head(None, 1)), CannotTell),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA301.values(), ids=ZA301.keys())
def test_softmax_on_one_unit(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA301", run), want)


def test_a_falling_loss_does_not_mute_it() -> None:
    counts = a_table("label_counts", {"y": {"0": 212.0, "1": 357.0}})
    accuracy = a_curve([0.627] * 6, Role.ACCURACY)
    run = a_run(head("softmax", 1), counts, said(1, 1), accuracy,
                a_curve([0.76, 0.5, 0.3, 0.2, 0.1, 0.08]))
    verdict = diagnose(run, CATALOGUE, strict=True)
    assert [f.code for f in verdict.findings] == ["ZA301"]
    assert {c.code for c in verdict.findings[0].explains} == {"ZA403", "ZA404", "ZA509"}
    assert verdict.outcome is Outcome.BROKEN
    shown = [e for e in verdict.findings[0].evidence if e.tag]
    assert [(e.tag, e.value) for e in shown] == [("zeroacc/epoch/accuracy", 0.627)]
