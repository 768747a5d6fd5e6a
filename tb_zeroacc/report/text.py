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
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding
from tb_zeroacc.report import sentences
from tb_zeroacc.report.judged import name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading

TONES = {"bad": "bold red", "warn": "bold yellow", "good": "bold green", "soft": "bold"}
WIDTH = 100  # characters of a line where no terminal says how many
TIERS = {"definite": "bold red", "strong": "yellow", "smell": "dim"}


def print_readings(readings: Sequence[Reading]) -> None:
    """Prints every verdict to standard output, in the order given."""
    _print(readings, Console(file=sys.stdout, highlight=False, emoji=False, markup=False))


def text_of(readings: Sequence[Reading], width: int = WIDTH) -> str:
    """The same as one plain string.

    Args:
        readings: In the order to print them.
        width: Characters of a line, where words and code allow it.
    """
    page = io.StringIO()
    console = Console(
        file=page, width=width, color_system=None, highlight=False, emoji=False, markup=False
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
    for n, line in enumerate(sentences.previews(verdict)):
        parts += [_indented(plain(line))] if n else [Text(), plain(line, "dim")]
    parts.append(Text())
    parts += map(plain, sentences.remarks(reading))
    for text, code in sentences.score(reading):
        parts.append(plain(text, "dim"))
        if code:
            parts.append(_code(code))
    return parts


def _title(run: Run, verdict: Diagnosis) -> RenderableType:
    mark = telling.mark(verdict)
    outcome = (f"{mark['sign']} {mark['words']}", TONES[mark["tone"]])
    title = Text.assemble(outcome, "  ", plain(name_of(run)))
    if state := sentences.state_of(run):
        title.append(f"  ({state})", "dim")
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
    parts += [_indented(plain(line)) for line in sentences.asides(finding)]
    if finding.explains:
        named = ", ".join(f"{c.code} {c.name}" for c in finding.explains)
        parts.append(_indented(plain(f"Explains {named}.")))
    parts.append(_indented(plain(f"Fix: {finding.fix.text}")))
    if finding.fix.code:
        parts.append(_code(finding.fix.code))
    return Group(*parts)


def _table(facts: Sequence[Evidence]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    what, *numbers = sentences.EVIDENCE
    table.add_column(what, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    for fact in facts:
        table.add_row(*map(plain, sentences.evidence_row(fact)))
    return table


def _workers(reading: Reading) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    *names, found = sentences.WORKERS
    for name in names:
        is_number = name in ("steps", "loss")
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    table.add_column(found, overflow="fold")
    for row in sentences.worker_rows(reading):
        table.add_row(*map(plain, row))
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
