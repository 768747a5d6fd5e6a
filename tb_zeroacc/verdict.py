"""The one function: a path and a clock in, verdicts out; and their JSON shape, version 1.

Tab, command, callback and alarms all come here, so that the same bytes and the same `now` give the
same verdict everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypedDict

from tb_zeroacc import __version__
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    NotApplicable,
    Passed,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding
from tb_zeroacc.diagnosis.engine import diagnose as diagnose_run
from tb_zeroacc.logs import LogReader
from tb_zeroacc.run import Run, Split

VERSION = 1
Json: TypeAlias = "dict[str, Any]"


class Reading(NamedTuple):
    """One training as it was read, and the verdict on it."""

    run: Run
    diagnosis: Diagnosis


@dataclass(slots=True)
class Reader:
    """Follows one path: each `refresh` reads what was appended, `state` judges what is there.

    Args:
        path: A log directory, one training's directory or one event file; any fsspec URL.
        session: As for `LogReader`.
    """

    path: str
    session: str | None = None
    _logs: LogReader = field(init=False)
    _judged: dict[str, Reading] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._logs = LogReader(self.path, self.session)

    def refresh(self) -> None:
        """Reads what was appended since the last call.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no event file.
        """
        self._logs.refresh()

    @property
    def unread(self) -> list[str]:
        """Sentences on what could not be read and belongs to no training that could."""
        return self._logs.unread

    def state(self, now: float | None = None) -> list[Reading]:
        """The verdict on every training below the path, by name.

        Args:
            now: The clock in seconds since 1970 that decides what still runs; None for no clock.
        """
        readings = [self._judge(run) for run in self._logs.runs(now)]
        self._judged = {reading.run.name: reading for reading in readings}
        return readings

    def _judge(self, run: Run) -> Reading:
        known = self._judged.get(run.name)
        if known is not None and known.run is run:  # nothing was appended
            return known
        return Reading(run, diagnose_run(run, CATALOGUE))


def read(path: str, now: float | None = None, session: str | None = None) -> list[Reading]:
    """Reads and judges every training below a path.

    Args:
        path: A log directory, one training's directory or one event file; any fsspec URL.
        now: The clock in seconds since 1970 that decides what still runs; None for no clock.
        session: The recorder's session to judge, by its token; None for the latest.

    Raises:
        UnreadablePathError: The path is missing, forbidden, or holds no event file.
    """
    reader = Reader(path, session)
    reader.refresh()
    return reader.state(now)


def diagnose(
    path: str, *, now: float | None = None, session: str | None = None
) -> list[Diagnosis]:
    """The verdict on every training below a path; arguments and errors as for `read`."""
    return [reading.diagnosis for reading in read(path, now, session)]


# --- JSON, version 1: fields may be added, none removed or redefined ----------------------------


class RunsJson(TypedDict):
    """The whole answer of `GET runs` and of `zeroacc diagnose --format json`."""

    version: int
    tb_zeroacc: str
    complete: bool
    runs: list[Json]


def runs_json(readings: Sequence[Reading], *, complete: bool = True) -> RunsJson:
    """The wire format of several verdicts, in the order given.

    Args:
        readings: What was read and judged.
        complete: False while a first reading is under way.
    """
    return {
        "version": VERSION,
        "tb_zeroacc": __version__,
        "complete": complete,
        "runs": [run_json(reading) for reading in readings],
    }


def run_json(reading: Reading) -> Json:
    """The wire format of one verdict; NaN and infinities stand as strings."""
    run, verdict = reading
    return {
        "path": run.path,
        "run": run.name,
        "members": list(run.members),
        "sessions": run.sessions,
        "state": run.state,
        "sampled": run.sampled,
        "notes": list(run.notes),
        "unrecorded": [
            {"part": fact.part, "why": fact.why, "remedy": fact.remedy} for fact in run.unrecorded
        ],
        "outcome": verdict.outcome.value,
        "headline": verdict.headline,
        "context": verdict.context,
        "findings": [_finding_json(finding) for finding in verdict.findings],
        "rivals": [
            {"codes": list(r.codes), "would_separate": r.would_separate} for r in verdict.rivals
        ],
        "checks": {code: _check_json(code, answer) for code, answer in verdict.checks.items()},
        "steps": _steps(run),
        "epochs": _epochs(run),
        "first_time": run.first_time,
        "last_time": run.last_time,
        "curve": None if verdict.curve is None else evidence_json(verdict.curve),
        "glance": [evidence_json(fact) for fact in verdict.overview],
    }


def _finding_json(finding: Finding) -> Json:
    return {
        "rank": finding.rank,
        "code": finding.code,
        "name": finding.name,
        "tier": finding.tier.label,
        "summary": finding.summary,
        "context": finding.context,
        "layers": list(finding.layers),
        "evidence": [evidence_json(e) for e in finding.evidence],
        "counter_evidence": [evidence_json(e) for e in finding.counter_evidence],
        "explains": [
            {
                "code": c.code,
                "name": c.name,
                "summary": c.summary,
                "evidence": [evidence_json(e) for e in c.evidence],
            }
            for c in finding.explains
        ],
        "fix": {"text": finding.fix.text, "code": finding.fix.code},
    }


def evidence_json(fact: Evidence) -> Json:
    """The wire format of one fact."""
    return {
        "run": fact.member,
        "tag": fact.tag,
        "layer": fact.layer,
        "axis": fact.axis,
        "first_step": fact.first_step,
        "last_step": fact.last_step,
        "value": json_number(fact.value),
        "comparison": fact.comparison,
        "threshold": json_number(fact.threshold),
        "unit": fact.unit,
        "estimated": fact.estimated,
        "text": fact.text,
    }


def json_number(value: float | None) -> float | int | str | None:
    """A number as JSON knows it; NaN and infinities as `"NaN"`, `"Infinity"`, `"-Infinity"`."""
    if value is None:
        return None
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _check_json(code: str, answer: Answer) -> Json:
    needs: list[Json] = []
    match answer:
        case Flagged(summary=reason):
            status = "flagged"
        case Passed(reason):
            status = "passed"
        case NotApplicable(reason):
            status = "not_applicable"
        case CannotTell(reason, missing):
            status = "cannot_tell"
            needs = [{"what": m.what, "how_to_log": m.how_to_log} for m in missing]
    rule = RULES.get(code)
    name = {} if rule is None else {"name": rule.name}
    return {**name, "status": status, "reason": reason, "needs": needs}


def _steps(run: Run) -> int | None:
    """Training steps taken, as far as the log says."""
    if run.end is not None and run.end.step is not None:
        return run.end.step
    if run.epochs and all(epoch.batches is not None for epoch in run.epochs):
        return run.epochs[-1].step
    last = [c.series.last.step for c in run.curves if c.axis == "step" and len(c.series)]
    return max(last) + 1 if last else None


def _epochs(run: Run) -> int | None:
    """Epochs that ended, as far as the log says."""
    if run.epochs:
        return len(run.epochs)
    last = [
        c.series.last.step
        for c in run.curves
        if c.axis == "epoch" and c.split is Split.TRAIN and len(c.series)
    ]
    return max(last) + 1 if last else None
