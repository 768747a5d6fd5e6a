"""What every report for readers says of a training, in sentences and rows, whatever its layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import CannotTell, Evidence
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wording import count, instant, number

MOST_WORKERS = 16  # of a job, in its table
EVIDENCE = ("what was seen", "seen", "healthy")
WORKERS = ("worker", "state", "steps", "loss", "last record", "what was found")


class Line(NamedTuple):
    """A sentence, and the code below it; empty without."""

    text: str
    code: str = ""


def state_of(run: Run) -> str:
    """That it still runs, and how far it is; empty where it is not known to."""
    ahead = telling.progress(run)
    if ahead is None:
        return ""
    # What others write has no end: the same bytes are judged as ended a little later.
    state = "still running" if run.recorded else "still running, or just ended"
    return ": ".join(part for part in (state, ahead["text"]) if part)


def evidence_row(fact: Evidence) -> tuple[str, str, str]:
    """What a fact is, its value, and what would be healthy."""
    estimated = " (estimated)" if fact.estimated else ""
    return f"{fact.text}{estimated}", telling.value_text(fact), telling.healthy_text(fact)


def asides(finding: Finding) -> Iterator[str]:
    """What the healthy numbers of a finding speak against: another cause, or the finding."""
    for fact in finding.rules_out:
        yield f"Rules out {fact.rules_out}: {fact_line(fact)}"
    for fact in finding.counter_evidence:
        yield f"Against it: {fact_line(fact)}"


def fact_line(fact: Evidence) -> str:
    """A fact with its number, and what that is held against, in a line."""
    value, limit = telling.value_text(fact), telling.healthy_text(fact)
    healthy = f" (healthy: {limit})" if limit else ""
    return f"{fact.text}: {value}{healthy}" if value else fact.text


def worker_rows(reading: Reading) -> list[tuple[str, ...]]:
    """The workers of a job; of many those with something to say, and how many others there are."""
    lines = telling.workers(*reading)
    told = [line for line in lines if line["codes"] or line["state"] != lines[0]["state"]]
    shown = lines if len(lines) <= MOST_WORKERS else [*lines[:1], *told][:MOST_WORKERS]
    rows: list[tuple[str, ...]] = []
    for line in shown:
        steps, loss, last = line["steps"], line["loss"], line["last_time"]
        rows.append((
            line["name"],
            line["state_text"],
            "" if steps is None else number(steps),
            "" if loss is None else number(float(loss)),
            "" if last is None else instant(last)[:16],
            " ".join(filter(None, [line["code"], line["cause"]])),
        ))
    if len(shown) < len(lines):
        rows.append((f"and {len(lines) - len(shown)} more", "", "", "", "", ""))
    return rows


def previews(verdict: Diagnosis) -> list[str]:
    """What rules in preview name, below the line that says what that is worth."""
    told = [f"{each.code} {each.name}: {each.summary}" for each in verdict.previews]
    return [telling.PREVIEW, *told] if told else []


def remarks(reading: Reading) -> Iterator[str]:
    """Causes that cannot be told apart, what is not on record, and notes on the log."""
    run, verdict = reading
    yield from map(telling.rivals_text, verdict.rivals)
    for fact in run.unrecorded:
        yield f"Not recorded: {fact.part}. {fact.why} {fact.remedy}".strip()
    if run.sampled:
        yield "Note: TensorBoard's data provider gave sampled points only."
    yield from (f"Note: {note}" for note in run.notes)


def score(reading: Reading) -> Iterator[Line]:
    """How many checks came to what, and how those that could not be told would be."""
    run, verdict = reading
    counts = {entry["status"]: entry["count"] for entry in telling.tally(verdict.checks.values())}
    untold = {c: a for c, a in verdict.checks.items() if isinstance(a, CannotTell)}
    passed, aside = counts.get("passed", 0), counts.get("not_applicable", 0)
    text = f"{count(passed, 'check')} passed, {aside} not applicable"
    if not untold:
        yield Line(f"{text}.")
        return
    missing = telling.no_recording(run, verdict.checks)
    named = f": {', '.join(untold)}" if missing is None else ""
    yield Line(f"{text}, {len(untold)} could not be told{named}.")
    if missing is not None:
        yield Line(missing["sentence"])
    alike: dict[str, list[str]] = {}  # one fault of the recorder may silence half the catalogue
    for code, answer in untold.items():
        if not answer.needs:
            alike.setdefault(answer.reason, []).append(code)
    yield from (Line(f"{', '.join(codes)}: {reason}.") for reason, codes in alike.items())
    for entry in telling.lacking(verdict.checks):
        codes = entry["codes"]
        whom = "most of them" if 2 * len(codes) > len(untold) > 5 else ", ".join(codes)
        yield Line(f"To tell {whom}:", entry["how_to_log"])
