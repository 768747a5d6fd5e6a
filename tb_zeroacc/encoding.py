"""Verdicts as JSON, version 1, as `wire` defines it; `telling` has the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tb_zeroacc import __version__, telling, wire
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.diagnosis import Consequence, Finding
from tb_zeroacc.evidence_encoding import facts_json, json_number, reference_json
from tb_zeroacc.picturing.choosing import histograms_of, picture_of
from tb_zeroacc.run import Run, Split
from tb_zeroacc.verdict import Reading


def runs_json(readings: Sequence[Reading]) -> wire.Verdicts:
    """Several verdicts, in the order given."""
    return {
        "version": wire.VERSION,
        "tb_zeroacc": __version__,
        "complete": True,
        "runs": [run_json(reading) for reading in readings],
    }


def run_json(reading: Reading) -> wire.Training:
    """One verdict, whole; NaN and infinities stand as strings."""
    run, verdict = reading
    main = telling.main_finding(verdict)
    curve = verdict.curve
    return {
        "path": run.path,
        "run": run.name,
        "members": list(run.members),
        "sessions": run.sessions,
        "state": run.state,
        "progress": telling.progress(run),
        "sampled": run.sampled,
        "notes": list(run.notes),
        "unrecorded": [
            {"part": fact.part, "why": fact.why, "remedy": fact.remedy} for fact in run.unrecorded
        ],
        "outcome": verdict.outcome.value,
        "mark": telling.mark(verdict),
        "severity": int(telling.severity(verdict)),
        "cause": telling.cause(verdict),
        "main": None if main is None else main.code,
        "headline": verdict.headline,
        "context": verdict.context,
        "findings": [_finding_json(finding, run) for finding in verdict.findings],
        "previews": [_finding_json(finding, run) for finding in verdict.previews],
        "rivals": [
            {"codes": list(r.codes), "would_separate": r.would_separate} for r in verdict.rivals
        ],
        "checks": {code: _check_json(code, answer) for code, answer in verdict.checks.items()},
        "tally": telling.tally(verdict.checks.values()),
        "checklist": telling.checklist(verdict.checks),
        "lacking": telling.lacking(verdict.checks),
        "no_recording": telling.no_recording(run, verdict.checks),
        "settings": telling.settings(run),
        "steps": _steps(run),
        "epochs": _epochs(run),
        "first_time": run.first_time,
        "last_time": run.last_time,
        "curve": None if curve is None else reference_json(curve, run),
        "glance": facts_json(verdict.overview, run),
        "histograms": histograms_of(main, run),
        "workers": _workers_json(reading),
    }


def _workers_json(reading: Reading) -> list[wire.Worker]:
    """The workers of a job; a loss of NaN stands as a string."""
    found = telling.workers(*reading)
    for worker in found:
        worker["loss"] = None if worker["loss"] is None else json_number(float(worker["loss"]))
    return found


def _finding_json(finding: Finding, run: Run) -> wire.Finding:
    return {
        "rank": finding.rank,
        "code": finding.code,
        "name": finding.name,
        "title": telling.title(finding.name),
        "tier": cast(wire.Tier, finding.tier.label),
        "promise": telling.PROMISES[finding.tier],
        "summary": finding.summary,
        "context": finding.context,
        "layers": list(finding.layers),
        "evidence": facts_json(finding.evidence, run),
        "rules_out": facts_json(finding.rules_out, run),
        "picture": _picture(finding, run),
        "counter_evidence": facts_json(finding.counter_evidence, run),
        "explains": [
            {
                "code": c.code,
                "name": c.name,
                "title": telling.title(c.name),
                "summary": c.summary,
                "evidence": facts_json(c.evidence, run),
                "picture": _picture(c, run),
            }
            for c in finding.explains
        ],
        "fix": {"text": finding.fix.text, "code": finding.fix.code},
        "workers": list(finding.workers),
    }


def _picture(told: Finding | Consequence, run: Run) -> wire.Picture | None:
    """The picture of a finding: of one worker's own, from the record of that one."""
    rule = RULES.get(told.code)
    if rule is not None and not rule.across_workers and told.workers:
        run = run.lane(told.workers[0])
    return picture_of(told, run)


def _check_json(code: str, answer: Answer) -> wire.Check:
    needs: list[wire.Need] = []
    if isinstance(answer, CannotTell):
        lines = [need for need in answer.needs if need.how_to_log]
        needs = [{"what": need.what, "how_to_log": need.how_to_log} for need in lines]
    rule = RULES.get(code)
    title = code if rule is None else telling.title(rule.name)
    holds = rule is not None and isinstance(answer, Passed)
    check: wire.Check = {
        "title": title,
        "statement": rule.healthy if rule is not None and holds else title,
        "family": "" if rule is None else rule.family.title,
        "status": telling.status(answer),
        "reason": answer.summary if isinstance(answer, Flagged) else answer.reason,
        "needs": needs,
    }
    return check if rule is None else {"name": rule.name, **check}


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
