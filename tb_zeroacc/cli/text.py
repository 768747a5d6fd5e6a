"""A verdict as text for a terminal: headline, what shows it, the mend, what could not be told."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from tb_zeroacc.cli.printable import printable
from tb_zeroacc.diagnosis.answers import CannotTell, Evidence, NotApplicable, Passed
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.diagnosis.needs import CALLBACK
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wording import count, number, percent

MARKS = {
    Outcome.BROKEN: ("✕ broken", "bold red"),
    Outcome.NOT_LEARNING: ("✕ not learning", "bold red"),
    Outcome.FINISHED_EARLY: ("◔ finished early", "bold yellow"),
    Outcome.CANNOT_TELL: ("? cannot tell", "bold"),
    Outcome.LEARNING: ("✓ learning", "bold green"),
}
TIERS = {"definite": "bold red", "strong": "yellow", "smell": "dim"}
SIGNS = {"above": "> ", "below": "< ", "equal": "= "}


def print_readings(readings: Sequence[Reading]) -> None:
    """Prints every verdict to standard output, in the order given."""
    console = Console(file=sys.stdout, highlight=False, emoji=False, markup=False)
    for reading in readings:
        for part in _verdict(reading):
            console.print(part, crop=False)
        console.print()


def plain(text: str, style: str = "") -> Text:
    """Text that may come from a log, free of markup and control characters."""
    return Text(printable(text), style)


def _verdict(reading: Reading) -> list[RenderableType]:
    run, verdict = reading
    parts: list[RenderableType] = [_title(run, verdict.outcome), plain(verdict.headline, "bold")]
    if verdict.context:
        parts.append(plain(verdict.context))
    parts += [_finding(finding) for finding in verdict.findings]
    about = [
        f"{' and '.join(rivals.codes)} cannot be told apart here. What would separate them: "
        f"{rivals.would_separate}"
        for rivals in verdict.rivals
    ]
    about += [
        f"Not recorded: {fact.part}. {fact.why} {fact.remedy}".strip() for fact in run.unrecorded
    ]
    about += [f"Note: {note}" for note in run.notes]
    return [*parts, Text(), *map(plain, about), *_score(run, verdict)]


def _title(run: Run, outcome: Outcome) -> RenderableType:
    word, style = MARKS[outcome]
    title = Text.assemble((word, style), "  ", plain(run.name if run.name != "." else run.path))
    if run.state == "live":
        title.append("  (still running)", "dim")
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
        _indented(plain(f"Against it: {_words(fact)}")) for fact in finding.counter_evidence
    ]
    if finding.explains:
        named = ", ".join(f"{c.code} {c.name}" for c in finding.explains)
        parts.append(_indented(plain(f"Explains {named}.")))
    parts.append(_indented(plain(f"Mend: {finding.fix.text}")))
    if finding.fix.code:
        parts.append(_code(finding.fix.code))
    return Group(*parts)


def _table(facts: Sequence[Evidence]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("what was seen", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("limit", justify="right", no_wrap=True)
    for fact in facts:
        text = plain(fact.text)
        if fact.estimated:
            text.append(" (estimated)", "dim")
        table.add_row(text, _value(fact, fact.value), _limit(fact))
    return table


def _value(fact: Evidence, value: float | None) -> Text:
    if value is None:
        return Text()
    return Text(percent(value)) if fact.unit == "share" else plain(_with_unit(value, fact.unit))


def _with_unit(value: float, unit: str) -> str:
    singular = unit[:-1] if value == 1 and unit.endswith("s") else unit
    return f"{number(value)} {singular}".strip()


def _limit(fact: Evidence) -> Text:
    if fact.threshold is None:
        return Text()
    return Text.assemble(SIGNS.get(fact.comparison or "", ""), _value(fact, fact.threshold))


def _words(fact: Evidence) -> str:
    return f"{fact.text} {_value(fact, fact.value).plain}".strip()


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
    answers = list(verdict.checks.values())
    passed = sum(isinstance(answer, Passed) for answer in answers)
    aside = sum(isinstance(answer, NotApplicable) for answer in answers)
    untold = {c: a for c, a in verdict.checks.items() if isinstance(a, CannotTell)}
    text = f"{count(passed, 'check')} passed, {aside} not applicable"
    if not untold:
        return [plain(f"{text}.", "dim")]
    wanting: dict[str, list[str]] = {}  # the line that would log what is missing, and for whom
    for code, answer in untold.items():
        for line in dict.fromkeys(need.how_to_log for need in answer.needs):
            wanting.setdefault(line, []).append(code)
    if run.recorded:  # the callback was there; what it lacks did not happen
        wanting.pop(CALLBACK, None)
    lines = [plain(f"{text}, {len(untold)} could not be told: {', '.join(untold)}.", "dim")]
    alike: dict[str, list[str]] = {}  # one fault of the recorder may silence half the catalogue
    for code, answer in untold.items():
        if not answer.needs:
            alike.setdefault(answer.reason, []).append(code)
    lines += [plain(f"{', '.join(codes)}: {reason}.", "dim") for reason, codes in alike.items()]
    for line, codes in wanting.items():
        whom = "most of them" if 2 * len(codes) > len(untold) > 5 else ", ".join(codes)
        lines.append(plain(f"To tell {whom}: {line}", "dim"))
    return list(lines)
