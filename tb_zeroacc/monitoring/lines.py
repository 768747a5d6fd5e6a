"""A change as one line: for people, and as JSON."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, TypedDict

from tb_zeroacc import telling
from tb_zeroacc.monitoring.changes import is_sure
from tb_zeroacc.report.judged import name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.wire import VERSION

if TYPE_CHECKING:
    from tb_zeroacc.diagnosis.diagnosis import Finding
    from tb_zeroacc.monitoring.changes import Change
    from tb_zeroacc.plugin.shown_training import ShownTraining


class LineFinding(TypedDict):
    """A finding in short."""

    code: str
    name: str
    tier: str
    summary: str
    fix: str
    news: bool


class Line(TypedDict):
    """One line of `zeroacc watch --format json`, and what hooks are given."""

    version: int
    time: float
    event: str
    run: str
    path: str
    state: str
    outcome: str
    severity: int
    code: str | None
    cause: str
    headline: str
    progress: str
    steps_per_second: float | None
    ends_at: float | None
    last_time: float | None
    findings: list[LineFinding]


def line_of(change: Change, now: float) -> Line:
    """A change as data.

    Args:
        change: What changed.
        now: When it was seen, seconds since 1970.
    """
    shown = change.shown
    run, verdict = shown.reading
    main = telling.main_finding(verdict)
    return {
        "version": VERSION,
        "time": now,
        "event": change.event,
        "run": shown.name,
        "path": shown.place.path,
        "state": run.state,
        "outcome": verdict.outcome.value,
        "severity": int(shown.severity),
        "code": None if main is None else main.code,
        "cause": telling.cause(verdict),
        "headline": verdict.headline,
        "progress": telling.how_far(run),
        "steps_per_second": _finite(shown.figures.steps_per_second),
        "ends_at": _finite(shown.figures.ends_at),
        "last_time": _finite(run.last_time),
        "findings": [_finding(finding, change) for finding in verdict.findings],
    }


def _finding(finding: Finding, change: Change) -> LineFinding:
    return {
        "code": finding.code,
        "name": finding.name,
        "tier": finding.tier.label,
        "summary": finding.summary,
        "fix": finding.fix.text,
        "news": finding.code in change.news,
    }


def _finite(value: float | None) -> float | None:
    """The value where JSON has it: clocks and paces come from logs."""
    return value if value is not None and math.isfinite(value) else None


def as_json(line: Line) -> str:
    """The line in ASCII: whatever a name holds, it stays one line."""
    return json.dumps(line, allow_nan=False)


def as_text(change: Change, now: float) -> str:
    """The line for people: `14:03:07  ✕ Broken  lr_9 (step 20 of 780)  ZA501 The loss is NaN.`."""
    shown = change.shown
    verdict = shown.reading.diagnosis
    mark = telling.mark(verdict)
    main = telling.main_finding(verdict)
    said = verdict.headline if main is None else f"{main.code} {verdict.headline}"
    others = [f.code for f in verdict.findings if f is not main and is_sure(f)]
    if others:
        said += f" Beside it: {', '.join(others)}."
    if change.event == "state":
        said = _STATES[shown.run.state]
    clock = time.strftime("%H:%M:%S", time.localtime(now))
    at = telling.how_far(shown.run)
    name = f"{title_of(shown)} ({at})" if at else title_of(shown)
    return f"{clock}  {mark['sign']} {mark['words']}  {name}  {printable(said)}"


def title_of(shown: ShownTraining) -> str:
    """What a training is called for people."""
    return name_of(shown.run) if shown.name == shown.run.name else printable(shown.name)


_STATES = {
    "live": "It goes on.",
    "ended": "It has ended.",
    "unknown": "It fell silent: no record for a while, and none of an end.",
}
