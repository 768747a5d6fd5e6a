"""ZA802 stalled."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, NotApplicable, Passed, Tier
from tb_zeroacc.facts import End, Start
from tb_zeroacc.run import Run, State
from tests.diagnosis.planted import a_curve, a_job, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged


def worker(state: State, steps: int = 100, *, recorded: bool = True) -> Run:
    end = End("finished", steps) if state == "ended" else None
    if not recorded:
        return a_run(a_curve([1.0] * steps, axis="step"), state=state, recorded=False)
    table = a_table("loss", {"loss": {"loss": [1.0, 1.0]}}, steps=[0, steps - 1])
    return a_run(table, state=state, start=Start("s", 0.0), end=end)


def job(*states: State, clocked: bool = True, recorded: bool = True) -> Run:
    workers = [
        worker(state, 40 if state == "unknown" else 100, recorded=recorded) for state in states
    ]
    return a_job(*workers, clocked=clocked)


ZA802: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one process": (worker("unknown"), NotApplicable),
    "all still write": (job("live", "live"), Passed),
    "all have ended": (job("ended", "ended"), Passed),
    "one has ended, one goes on": (job("ended", "live"), Passed),
    "one is silent, others write": (job("live", "unknown", "live"), None),
    "the first is silent": (job("unknown", "live"), None),
    "one is silent, others have ended": (job("ended", "unknown"), None),
    "all are silent": (job("unknown", "unknown"), NotApplicable),
    "no moment": (job("live", "unknown", clocked=False), NotApplicable),
    "of logs without an end one is silent": (job("live", "unknown", recorded=False), None),
    "one has not begun": (a_job(worker("live"), a_run(recorded=False), clocked=True), Passed),
}


@pytest.mark.parametrize(("run", "want"), ZA802.values(), ids=ZA802.keys())
def test_stalled(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA802", run, want)


def test_it_names_the_worker_and_its_last_step() -> None:
    found = flagged("ZA802", job("live", "live", "unknown"))
    assert found.workers == ("worker 2",)
    assert found.summary == (
        "Worker 2 has vanished: nothing is on record after 40 steps, and the others still train."
    )
    assert found.since == 39
    assert found.evidence[0].value == 40
    assert found.evidence[0].threshold == 100


def test_several_are_named_together() -> None:
    found = flagged("ZA802", job("ended", "unknown", "unknown"))
    assert found.summary.startswith("Workers 1 and 2 have vanished")
    assert found.summary.endswith("the others came to an end.")
