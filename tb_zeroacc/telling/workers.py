"""The workers of a job, a line each: where each of them is, and what is wrong with it."""

from __future__ import annotations

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.run import Lane, Role, Run
from tb_zeroacc.telling.verdicts import cause, main_finding, mark, title


def workers(run: Run, verdict: Diagnosis) -> list[wire.Worker]:
    """The workers of a job, the first one first; none of a training by one process."""
    return [_worker(lane, verdict) for lane in run.lanes]


def _worker(lane: Lane, verdict: Diagnosis) -> wire.Worker:
    name, run = lane.worker.name, lane.run
    own = verdict.lanes.get(name)
    # What sets it apart from its peers comes before what its own record shows.
    apart = [finding for finding in verdict.findings if name in finding.workers]
    main = main_finding(own) if own is not None else None
    code = apart[0].code if apart else None if main is None else main.code
    said = title(apart[0].name) if apart else "" if own is None else cause(own)
    loss = run.headline(Role.LOSS)
    has_loss = loss is not None and len(loss.series)
    return {
        "name": name,
        "task": lane.worker.task,
        "number": lane.worker.number,
        "members": list(run.members),
        "state": run.state,
        "state_text": _state(run),
        "sessions": run.sessions,
        "steps": steps_taken(run) or _last_step(run),
        "loss": loss.series.last.value if loss is not None and has_loss else None,
        "last_time": run.last_time,
        "mark": None if own is None else mark(own),
        "cause": said,
        "code": code,
        "codes": [finding.code for finding in apart],
    }


def _state(run: Run) -> str:
    """How it stands, in a word or two; without a clock nobody knows of one without an end."""
    if run.state == "live":
        return "running"
    if run.end is None:
        return "silent" if run.clocked else "no end on record"
    return run.end.exception or run.end.how


def _last_step(run: Run) -> int | None:
    curve = run.main_curve
    return None if curve is None or curve.axis != "step" else curve.series.last.step + 1
