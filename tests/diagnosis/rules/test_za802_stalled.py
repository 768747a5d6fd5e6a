"""ZA802 stalled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Alive, End, Start
from tb_zeroacc.run import Run, State
from tb_zeroacc.series import Series
from tb_zeroacc.workers import Worker
from tests.diagnosis.planted import a_curve, a_job, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged


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


HOUR = 3600.0
PEER_IS_GONE = "Collective ops is aborted by: ... from remote target /job:worker/replica:0/task:{}"


def waiting(
    *waits: float, steps: int = 50, ahead: float = 0.0, paused: float = 2.0, lag: float = 0.0,
    state: State = "unknown", sessions: int = 1, begin: float = 1e9, writes_signs: bool = True,
) -> Run:  # fmt: skip
    """A worker that took a step every `paused` seconds, and then was alive so much later.

    Args:
        *waits: Ages of its last record at which it said so; none for one that never did.
        steps: How many it recorded.
        ahead: Seconds by which its clock is.
        paused: Seconds of a step.
        lag: Seconds by which its last record is later than its steps are.
        state: As its record says by the reader's clock.
        sessions: How often it was started.
        begin: Of the latest session.
        writes_signs: Whether its recorder says that it is alive.
    """
    times = begin + ahead + paused * np.arange(steps)
    times[-1] += lag
    series = Series.of(range(steps), np.ones(steps), times)
    curve = replace(a_curve([1.0], tag="zeroacc/loss", axis="step"), series=series)
    alive = Alive(float(times[-1]), waits[-1]) if waits else None
    table = a_table("loss", {"loss": {"loss": [1.0] * 2}}, steps=[0, steps - 1])
    start = Start("s", begin + ahead, alive_after=60.0 if writes_signs else None)
    return a_run(
        curve, table, state=state, start=start, alive=alive, clocked=True, sessions=sessions
    )


def finished(run: Run) -> Run:
    return replace(run, state="ended", end=End("finished", 50))


def again(*waits: float, steps: int = 250, state: State = "live") -> Run:
    """A worker in its second session."""
    return waiting(*waits, steps=steps, state=state, sessions=2, begin=2e9)


def broken(exception: str | None, text: str = "", how: str = "exception") -> Run:
    return replace(worker("ended"), end=End(how, 100, exception=exception, text=text))


def broken_again(exception: str, text: str = "") -> Run:
    """One that broke off soon after it had begun anew."""
    return replace(again(steps=2, state="ended"), end=broken(exception, text).end)


def hanging(*runs: Run) -> Run:
    return a_job(*runs, clocked=True)


ZA802: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one process": (worker("unknown"), NotApplicable),
    "all still write": (job("live", "live"), Passed),
    "all have ended": (job("ended", "ended"), Passed),
    "one has ended, one goes on": (job("ended", "live"), Passed),
    "one is silent, others write": (job("live", "unknown", "live"), None),
    "the first is silent": (job("unknown", "live"), None),
    "one is silent, others have ended": (job("ended", "unknown"), None),
    "all are silent": (job("unknown", "unknown"), CannotTell),
    "logs without an end are silent": (job("unknown", "unknown", recorded=False), NotApplicable),
    # the others hang, and say so
    "one said nothing more": (hanging(waiting(60, 130, 270), waiting()), None),
    "it died while it waited": (hanging(waiting(60, 130, 270), waiting(65)), None),
    "it may be about to say so": (hanging(waiting(60, 119), waiting()), CannotTell),
    "all hang": (hanging(waiting(60, 130, 270), waiting(60, 140)), CannotTell),
    "all were killed after a while": (hanging(waiting(60), waiting(), waiting(70)), CannotTell),
    "its clock is an hour ahead": (
        hanging(waiting(60, 130, 270), waiting(ahead=HOUR), waiting(60, 130, 270)), None),
    "clocks an hour apart, and all were killed": (
        hanging(waiting(60, ahead=-HOUR), waiting(ahead=HOUR), waiting(60)), CannotTell),
    "a recorder that says nothing of the kind": (
        hanging(waiting(60, 130, 270), waiting(writes_signs=False)), CannotTell),
    "others went on with other steps": (
        hanging(waiting(60, 130, 270, steps=90), waiting()), CannotTell),
    "each at its own pace": (
        hanging(waiting(60, 130, 270, paused=12.0), waiting()), CannotTell),
    "it wrote the end of an epoch long after": (
        hanging(waiting(60, 130), waiting(lag=150.0)), CannotTell),
    "a step of another start": (
        hanging(waiting(60, 130, 270, sessions=2), waiting()), CannotTell),
    # one that is silent a little sooner, as all were killed
    "the last of a job that was killed": (
        hanging(waiting(), waiting(state="live", lag=20.0)), Passed),
    "the others go on": (hanging(waiting(steps=50), waiting(state="live", steps=250)), None),
    "the others go on, and an hour is between their clocks": (
        hanging(waiting(ahead=HOUR), waiting(state="live", steps=250)), None),
    "it may be about to begin anew": (
        hanging(waiting(), waiting(state="live", sessions=2, begin=2e9)), Passed),
    "it did not begin anew": (
        hanging(waiting(), waiting(state="live", sessions=2, begin=2e9, steps=250)), None),
    "it did not begin anew, and had ended before": (hanging(again(), finished(waiting())), None),
    "it had ended before, and may be about to begin anew": (
        hanging(again(steps=50), finished(waiting())), Passed),
    "the one that began anew has come to its end": (
        hanging(finished(again()), finished(waiting())), None),
    "that one waits for it": (
        hanging(again(60, 130, 270, 540, steps=2, state="unknown"), finished(waiting())), None),
    "that one was soon killed": (
        hanging(again(60, steps=2, state="unknown"), finished(waiting())), CannotTell),
    "it ended while another that was restarted goes on": (
        hanging(again(steps=250), finished(waiting(begin=2e9 - 50, steps=120))), Passed),
    "it goes on while another is restarted": (
        hanging(again(), waiting(steps=250, state="live")), Passed),
    # it hangs while others go on, or have ended
    "it hangs, and the others go on": (
        hanging(waiting(60, 130, 270), waiting(state="live", steps=250)), None),
    "it hangs, and the others may hang too": (
        hanging(waiting(60, 130, 270), waiting(state="live", steps=150)), Passed),
    "it is alive when the others have ended": (
        hanging(waiting(60, 130, 270), finished(waiting(steps=90))), CannotTell),
    "its signs of life ceased long before the others ended": (
        hanging(waiting(60, 130, 270), finished(waiting(steps=900))), None),
    # the others broke off
    "they broke off with nothing on record": (hanging(broken(None), waiting()), CannotTell),
    "they lost a peer that may be about to begin": (
        hanging(broken_again("UnavailableError"), waiting()), Passed),
    "they lost a peer": (
        hanging(broken("UnavailableError", "no answer"), waiting()), None),
    "one broke off by itself, and the others were killed": (
        hanging(broken("ValueError", "x"), waiting(), waiting()), CannotTell),
    "one was interrupted, and the others were killed": (
        hanging(broken("KeyboardInterrupt", how="interrupted"), waiting()), CannotTell),
    "no moment": (job("live", "unknown", clocked=False), NotApplicable),
    "of logs without an end one is silent": (job("live", "unknown", recorded=False), None),
    "none has begun": (
        a_job(a_run(recorded=False), a_run(recorded=False), clocked=True), NotApplicable),
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


def test_a_worker_that_an_error_names_has_vanished_and_none_killed_later() -> None:
    run = hanging(broken("UnavailableError", PEER_IS_GONE.format(2)), *[waiting()] * 3)
    found = flagged("ZA802", run)
    assert found.workers == ("worker 2",)
    assert found.summary.endswith("the others broke off when it no longer answered.")


def test_a_chief_is_counted_as_a_worker_by_the_records_and_not_by_tensorflow() -> None:
    run = hanging(broken("UnavailableError", PEER_IS_GONE.format(1)), *[waiting()] * 3)
    chief, *others = run.lanes
    run = replace(run, lanes=(replace(chief, worker=Worker("chief")), *others))
    assert flagged("ZA802", run).workers == ("worker 2",)


def test_who_hangs_says_for_how_long() -> None:
    found = flagged("ZA802", hanging(waiting(60, 130, 270), waiting(), waiting(60, 120, 240)))
    assert found.workers == ("worker 1",)
    assert found.summary == (
        "Worker 1 has vanished: nothing is on record after 50 steps, and the others still waited "
        "for it 4 min later."
    )
    assert [shown.is_healthy for shown in found.evidence] == [None], "nothing speaks against it"
    two = flagged("ZA802", hanging(waiting(60, 130, 270), waiting(), waiting(65)))
    assert two.workers == ("worker 1", "worker 2")


@pytest.mark.parametrize("seed", range(40))
def test_a_job_that_is_killed_as_a_whole_names_none(seed: int) -> None:
    """Each worker dies within the usual scatter, after whatever wait, and clocks are wrong."""
    rng = np.random.default_rng(seed)
    after, many = rng.uniform(0, 2000), int(rng.integers(2, 9))
    runs = []
    for _ in range(many):
        behind = rng.uniform(0, 5)  # its last record is that much later
        alive, due = after + rng.uniform(0, 30) - behind, 60.0
        waits: list[float] = []
        while (said := due + rng.uniform(0, 15)) <= alive:  # looked after every 15 s
            waits.append(said)
            due = 2 * said
        ahead = float(rng.choice([0.0, 30.0, -HOUR, HOUR]))
        runs.append(waiting(*waits, lag=behind, ahead=ahead))
    check("ZA802", hanging(*runs), CannotTell)


WORDS = {
    "not begun": (
        hanging(again(60, 130, 270, 540, steps=2, state="unknown"), finished(waiting())),
        "Worker 1 has not begun the latest session, and others were alive 9 min into it.",
    ),
    "hangs": (
        hanging(waiting(state="live", steps=5000), waiting(60, 480, 1920, 7680)),
        "Worker 1 hangs: nothing is on record after 50 steps, though its process was alive 2 h 8 "
        "min later, and the others still train.",
    ),
    "vanished after it hung": (
        hanging(waiting(state="live", steps=5000), waiting(60, 120)),
        "Worker 1 has vanished: nothing is on record after 50 steps, and the others still train.",
    ),
    "one is dead, for which another waits": (
        hanging(waiting(state="live", steps=250), waiting(60, 120, 240), waiting()),
        "Worker 2 has vanished: nothing is on record after 50 steps, and the others still train.",
    ),
    "not there when asked": (
        hanging(broken_again("UnavailableError", PEER_IS_GONE.format(1)), waiting()),
        "Worker 1 has not begun the latest session, and the others broke off when it did not "
        "answer.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "said"), WORDS.values(), ids=WORDS.keys())
def test_it_says_what_became_of_the_worker(run: Run, said: str) -> None:
    assert flagged("ZA802", run).summary == said


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (job("live", "ended"), "1 of 2 workers still writes, 1 has ended"),
        (job("live", "live", "ended", "ended"), "2 of 4 workers still write, 2 have ended"),
    ],
)
def test_it_counts_those_that_go_on(run: Run, said: str) -> None:
    found = answer("ZA802", run)
    assert isinstance(found, Passed)
    assert found.reason == said


def test_a_cause_that_is_not_on_record_is_not_named() -> None:
    found = answer("ZA802", hanging(broken(None), waiting()))
    assert isinstance(found, CannotTell)
    assert found.reason.startswith("worker 0 broke off, and nothing says")
