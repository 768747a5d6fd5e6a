"""A verdict as text for a terminal: headline, what shows it, the fix, what could not be told."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import CannotTell, Evidence
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding
from tb_zeroacc.report.judged import name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wording import count, instant, number

TONES = {"bad": "bold red", "warn": "bold yellow", "good": "bold green", "soft": "bold"}
MOST_WORKERS = 16  # of a job, in its table
WIDTH = 100  # characters of a line where no terminal says how many
TIERS = {"definite": "bold red", "strong": "yellow", "smell": "dim"}


def print_readings(readings: Sequence[Reading]) -> None:
    """Prints every verdict to standard output, in the order given."""
    _print(readings, Console(file=sys.stdout, highlight=False, emoji=False, markup=False))


def text_of(readings: Sequence[Reading]) -> str:
    """The same as one plain string, in lines of at most 100 characters where words allow it."""
    page = io.StringIO()
    console = Console(
        file=page, width=WIDTH, color_system=None, highlight=False, emoji=False, markup=False
    )
    _print(readings, console)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def _print(readings: Sequence[Reading], console: Console) -> None:
    for reading in readings:
        for part in _verdict(reading):
            console.print(part, crop=False)
        console.print()


def plain(text: str, style: str = "") -> Text:
    """Text that may come from a log, free of markup and control characters."""
    return Text(printable(text), style)


def _verdict(reading: Reading) -> list[RenderableType]:
    run, verdict = reading
    parts: list[RenderableType] = [_title(run, verdict), plain(verdict.headline, "bold")]
    if verdict.context:
        parts.append(plain(verdict.context))
    if run.lanes:
        parts += [Text(), _indented(_workers(reading))]
    parts += [_finding(finding) for finding in verdict.findings]
    if verdict.previews:
        parts += [Text(), plain(telling.PREVIEW, "dim")]
        parts += [_indented(plain(f"{f.code} {f.name}: {f.summary}")) for f in verdict.previews]
    about = [telling.rivals_text(rivals) for rivals in verdict.rivals]
    about += [
        f"Not recorded: {fact.part}. {fact.why} {fact.remedy}".strip() for fact in run.unrecorded
    ]
    about += [f"Note: {note}" for note in run.notes]
    return [*parts, Text(), *map(plain, about), *_score(run, verdict)]


def _title(run: Run, verdict: Diagnosis) -> RenderableType:
    mark = telling.mark(verdict)
    outcome = (f"{mark['sign']} {mark['words']}", TONES[mark["tone"]])
    title = Text.assemble(outcome, "  ", plain(name_of(run)))
    ahead = telling.progress(run)
    if ahead is not None:
        # What others write has no end: the same bytes are judged as ended a little later.
        state = "still running" if run.recorded else "still running, or just ended"
        said = ": ".join(part for part in (state, ahead["text"]) if part)
        title.append(f"  ({said})", "dim")
    return Line(title, align="left", style="dim")


def _finding(finding: Finding) -> RenderableType:
    tier = finding.tier.label
    head = Text.assemble(
        f"{finding.rank}. ", (finding.code, "bold"), f" {finding.name}  ", (tier, TIERS[tier])
    )
    parts: list[RenderableType] = [Text(), head]
    if finding.rank > 1:
        parts.append(_indented(plain(finding.summary)))
    if finding.evidence:
        parts.append(_indented(_table(finding.evidence)))
    parts += [
        _indented(plain(f"Rules out {fact.rules_out}: {fact.text} {telling.value_text(fact)}"))
        for fact in finding.rules_out
    ]
    parts += [
        _indented(plain(f"Against it: {fact.text} {telling.value_text(fact)}".rstrip()))
        for fact in finding.counter_evidence
    ]
    if finding.explains:
        named = ", ".join(f"{c.code} {c.name}" for c in finding.explains)
        parts.append(_indented(plain(f"Explains {named}.")))
    parts.append(_indented(plain(f"Fix: {finding.fix.text}")))
    if finding.fix.code:
        parts.append(_code(finding.fix.code))
    return Group(*parts)


def _table(facts: Sequence[Evidence]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("what was seen", overflow="fold")
    table.add_column("seen", justify="right", no_wrap=True)
    table.add_column("healthy", justify="right", no_wrap=True)
    for fact in facts:
        text = plain(fact.text)
        if fact.estimated:
            text.append(" (estimated)", "dim")
        limit = telling.healthy_text(fact)
        table.add_row(text, plain(telling.value_text(fact)), plain(limit))
    return table


def _workers(reading: Reading) -> Table:
    """The workers of a job; of many those with something to say, and how many others there are."""
    lines = telling.workers(*reading)
    told = [line for line in lines if line["codes"] or line["state"] != lines[0]["state"]]
    shown = lines if len(lines) <= MOST_WORKERS else [*lines[:1], *told][:MOST_WORKERS]
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    for name in ("worker", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("steps", "loss"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("last record", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for line in shown:
        steps, loss, last = line["steps"], line["loss"], line["last_time"]
        table.add_row(
            plain(line["name"]),
            plain(line["state_text"]),
            "" if steps is None else number(steps),
            "" if loss is None else number(float(loss)),
            "" if last is None else instant(last)[:16],
            plain(" ".join(filter(None, [line["code"], line["cause"]]))),
        )
    if len(shown) < len(lines):
        table.add_row(f"and {len(lines) - len(shown)} more")
    return table


def _code(code: str) -> RenderableType:
    """Code to copy: each line stays one, however long."""
    styles = {"-": "red", "+": "green"}
    lines = [plain(f"     {line}", styles.get(line[:1], "cyan")) for line in code.splitlines()]
    for line in lines:
        line.no_wrap, line.overflow = True, "ignore"
    return Group(*lines)


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 3), expand=False)


def _score(run: Run, verdict: Diagnosis) -> list[RenderableType]:
    """How many checks came to what, and how those that could not be told would be."""
    counts = {entry["status"]: entry["count"] for entry in telling.tally(verdict.checks.values())}
    untold = {c: a for c, a in verdict.checks.items() if isinstance(a, CannotTell)}
    passed, aside = counts.get("passed", 0), counts.get("not_applicable", 0)
    text = f"{count(passed, 'check')} passed, {aside} not applicable"
    if not untold:
        return [plain(f"{text}.", "dim")]
    missing = telling.no_recording(run, verdict.checks)
    named = f": {', '.join(untold)}" if missing is None else ""
    lines = [plain(f"{text}, {len(untold)} could not be told{named}.", "dim")]
    lines += [] if missing is None else [plain(missing["sentence"], "dim")]
    alike: dict[str, list[str]] = {}  # one fault of the recorder may silence half the catalogue
    for code, answer in untold.items():
        if not answer.needs:
            alike.setdefault(answer.reason, []).append(code)
    lines += [plain(f"{', '.join(codes)}: {reason}.", "dim") for reason, codes in alike.items()]
    for entry in telling.lacking(verdict.checks):
        codes = entry["codes"]
        whom = "most of them" if 2 * len(codes) > len(untold) > 5 else ", ".join(codes)
        first, *more = entry["how_to_log"].splitlines()
        lines.append(plain(f"To tell {whom}: {first}", "dim"))
        lines += [plain(f"     {line}", "dim") for line in more]
    return list(lines)
