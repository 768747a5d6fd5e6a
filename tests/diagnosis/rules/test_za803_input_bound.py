"""ZA803 input-bound."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Passed, Tier
from tb_zeroacc.facts import End
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

NAN = float("nan")


def run(wait: Any, step: float, samples: int = 11, steps: int = 1000) -> Run:
    waits = [9.0] + [wait] * (samples - 1) if isinstance(wait, float) else wait
    row = {"data_wait_seconds": waits, "seconds_per_step": step}
    return a_run(a_table("progress", {"progress": row}), end=End("finished", steps))


ZA803: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "most of a step": (run(0.2, 0.25), None),
    "wait on the limit": (run(0.0501, 0.06), None),
    "wait just under": (run(0.0499, 0.06), Passed),
    "share on the limit": (run(0.1001, 0.2), None),
    "share just under": (run(0.0999, 0.2), Passed),
    "a small program": (run(0.001, 0.001), Passed),
    "the first batch alone": (run([9.0] + [0.001] * 10, 0.1), Passed),
    "few samples": (run(0.2, 0.25, samples=10), CannotTell),
    "several steps an execution": (run(NAN, 0.25), CannotTell),
    "not recorded": (a_run(), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA803.values(), ids=ZA803.keys())
def test_input_bound(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA803", run, want)


def test_it_says_what_that_comes_to() -> None:
    found = flagged("ZA803", run(0.2, 0.25))
    assert found.context == "In 1000 steps that is about 200 s."
    assert [fact.value for fact in found.evidence] == pytest.approx([0.8, 0.2])
