"""A verdict as text for a terminal: headline, what shows it, the mend, what could not be told."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from tb_zeroacc.diagnosis.answers import CannotTell, Evidence, NotApplicable, Passed
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wording import count, number, percent

MARKS = {
    Outcome.BROKEN: ("✕ Broken", "bold red"),
    Outcome.NOT_LEARNING: ("✕ Not learning", "bold red"),
    Outcome.FINISHED_EARLY: ("◔ Finished early", "bold yellow"),
    Outcome.CANNOT_TELL: ("? Cannot tell", "bold"),
    Outcome.LEARNING: ("✓ Learning", "bold green"),
}
SIGNS = {"above": ">", "below": "<", "equal": "="}
# Names and texts come from logs: no control character of theirs reaches the terminal.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def print_readings(readings: Sequence[Reading]) -> None:
    """Prints every verdict to standard output, in the order given."""
    console = Console(highlight=False, soft_wrap=False)
    for reading in readings:
        console.print(Line(style="dim"))
        for part in _verdict(reading):
            console.print(part)


def plain(text: str) -> Text:
    """Text from a log, free of markup and control characters."""
    return Text(CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def _verdict(reading: Reading) -> list[RenderableType]:
    run, verdict = reading
    word, style = MARKS[verdict.outcome]
    title = Text.assemble((word, style), "  ")
    title.append_text(plain(run.name if run.name != "." else run.path))
    if run.state == "live":
        title.append("  still running", "dim")
    headline = plain(verdict.headline)
    headline.stylize("bold")
    parts: list[RenderableType] = [title, headline]
    if verdict.context:
        parts.append(plain(verdict.context))
    parts += [_finding(finding) for finding in verdict.findings]
    parts += [
        plain(f"{' or '.join(r.codes)} cannot be told apart here. {r.would_separate}")
        for r in verdict.rivals
    ]
    parts += [plain(f"Note: {note}") for note in run.notes]
    parts.append(_score(verdict))
    return parts


def _finding(finding: Finding) -> RenderableType:
    head = Text.assemble(f"{finding.rank}. ", (finding.code, "bold"), f" {finding.name} ")
    head.append(f"({finding.tier.label})", "dim")
    parts: list[RenderableType] = [Text(), head]
    if finding.rank > 1:
        parts.append(_indented(plain(finding.summary)))
    if finding.evidence:
        parts.append(_indented(_table(finding.evidence)))
    parts += [
        _indented(plain(f"against it: {_words(fact)}")) for fact in finding.counter_evidence
    ]
    if finding.explains:
        named = ", ".join(f"{c.code} {c.name}" for c in finding.explains)
        parts.append(_indented(plain(f"It explains {named}.")))
    parts.append(_indented(plain(finding.mend.text)))
    if finding.mend.code:
        parts.append(_indented(_code(finding.mend.code), by=5))
    return Group(*parts)


def _table(facts: Sequence[Evidence]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("what was seen", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("limit", justify="right", no_wrap=True)
    for fact in facts:
        table.add_row(plain(fact.text), _value(fact, fact.value), _limit(fact))
    return table


def _value(fact: Evidence, value: float | None) -> Text:
    if value is None:
        return Text("")
    if fact.unit == "share":
        return Text(percent(value))
    return Text(f"{number(value)} {fact.unit}".strip())


def _limit(fact: Evidence) -> Text:
    if fact.threshold is None:
        return Text("")
    sign = SIGNS.get(fact.comparison or "", "")
    return Text(f"{sign} ").append_text(_value(fact, fact.threshold)) if sign else _value(
        fact, fact.threshold
    )


def _words(fact: Evidence) -> str:
    return f"{fact.text} {_value(fact, fact.value).plain}".strip()


def _code(code: str) -> Text:
    text = Text()
    for line in code.splitlines():
        style = {"-": "red", "+": "green"}.get(line[:1], "cyan")
        text.append(CONTROL.sub("", line) + "\n", style)
    text.rstrip()
    return text


def _indented(part: RenderableType, by: int = 3) -> Padding:
    return Padding(part, (0, 0, 0, by))


def _score(verdict: Diagnosis) -> Text:
    answers = list(verdict.checks.values())
    passed = sum(isinstance(answer, Passed) for answer in answers)
    aside = sum(isinstance(answer, NotApplicable) for answer in answers)
    untold = [code for code, answer in verdict.checks.items() if isinstance(answer, CannotTell)]
    text = f"\n{count(passed, 'check')} passed, {aside} not applicable"
    if untold:
        text += f", {len(untold)} could not be told ({', '.join(untold)})"
    return Text(text + ".", "dim")
