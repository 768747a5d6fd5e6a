"""ZA303 linear-output-without-from-logits."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.run import Run, Table
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.outputs import CCE, MSE, SCCE, head, said


def labelled(low: float, high: float, whole: float = 1.0, bad: float = 0.0) -> Table:
    row = {"min": low, "max": high, "integer_share": whole, "count": 32.0, "examples": 32.0,
           "units": 1.0, "non_finite_count": bad, "mean": 0.5}
    return a_table("labels", {"y": row})


ZA303: dict[str, tuple[Run, type[Answer]]] = {
    "ten linear units": (a_run(head("linear", 10, SCCE)), Flagged),
    "one linear unit": (a_run(head("linear", 1)), Flagged),
    "class numbers": (a_run(head("linear", 10, SCCE), labelled(0, 9)), Flagged),
    "soft labels": (a_run(head("linear", 10, CCE), labelled(0, 1, 0.5)), Flagged),
    "class numbers and a NaN": (
        a_run(head("linear", 10, SCCE), labelled(0, 9, 31 / 32, 1)), Flagged
    ),
    "continuous targets": (a_run(head("linear", 1), labelled(0, 20, 0.1)), NotApplicable),
    "no cross-entropy": (a_run(head("linear", 1, MSE)), NotApplicable),
    "from_logits is True": (a_run(head("linear", 10, SCCE, from_logits=True)), Passed),
    "a softmax layer behind a linear one": (a_run(head("softmax", 10, SCCE)), Passed),
    "one unit under a categorical loss": (a_run(head("linear", 1, CCE)), Passed),
    "activation unknown": (a_run(head(None, 10, SCCE)), CannotTell),
    "from_logits unknown": (a_run(head("linear", 10, SCCE, from_logits=None)), CannotTell),
    "no contract": (a_run(a_curve([1.0])), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA303.values(), ids=ZA303.keys())
def test_linear_output_without_from_logits(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA303", run), want)


def test_it_names_the_recorded_range() -> None:
    found = flagged("ZA303", a_run(head("linear", 10, SCCE), said(-7.3, 9.1)))
    assert found.summary == "Cross-entropy treats outputs of -7.3 to 9.1 as probabilities."
    calm = flagged("ZA303", a_run(head("linear", 10, SCCE), said(0.2, 0.8)))
    assert "10 linear units" in calm.summary
