"""Verdicts as Markdown: for a comment on a pull request, the summary of a job, or a report.

https://github.github.com/gfm: what comes from a log stands escaped, or in code spans and fences
that nothing within can end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.diagnosis import Finding
from tb_zeroacc.report.judged import Judged, name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wording import count

# Backticks stay: the sentences of rules mark names with them, and in pairs.
_SPECIAL = re.compile(r"([\\*_{}\[\]<>#|~!&@])")
_CODE_SPAN = re.compile("(`[^`]*`)")
_BAR = re.compile(r"(?<!\\)\|")


def markdown(judged: Judged) -> str:
    """A table of all trainings, then each with a finding: what shows it, and the fix."""
    lines = ["# Zero Accuracy", "", *_unread(judged), *_table(judged)]
    for reading in judged.readings:
        if reading.diagnosis.findings:
            lines += _training(reading)
    return "\n".join(lines).rstrip() + "\n"


def _unread(judged: Judged) -> Iterator[str]:
    for sentence in judged.unread:
        yield f"> {_escaped(sentence)}"
        yield ""


def _table(judged: Judged) -> Iterator[str]:
    if not judged.readings:
        return
    yield "| training | outcome | what was found |"
    yield "| --- | --- | --- |"
    for run, verdict in judged.readings:
        mark = telling.mark(verdict)
        outcome = f"{mark['sign']} {mark['words']}"
        said = _cell(_escaped(verdict.headline))
        yield f"| {_cell(_code(name_of(run)))} | {outcome} | {said} |"
    yield ""


def _training(reading: Reading) -> Iterator[str]:
    run, verdict = reading
    yield f"## {_code(name_of(run))}"
    yield ""
    if verdict.context:
        yield _escaped(verdict.context)
        yield ""
    for finding in verdict.findings:
        yield from _finding(finding)
    for rivals in verdict.rivals:
        yield _escaped(telling.rivals_text(rivals))
        yield ""


def _finding(finding: Finding) -> Iterator[str]:
    yield f"### {finding.code} {_escaped(telling.title(finding.name))} ({finding.tier.label})"
    yield ""
    yield _escaped(finding.summary)
    yield ""
    if finding.evidence:
        yield "| what was seen | value | limit |"
        yield "| --- | ---: | ---: |"
        yield from map(_row, finding.evidence)
        yield ""
    if finding.explains:
        also = ", ".join(f"{c.code} {telling.title(c.name)}" for c in finding.explains)
        yield f"It explains {count(len(finding.explains), 'symptom')}: {_escaped(also)}."
        yield ""
    yield f"**Fix:** {_escaped(finding.fix.text)}"
    yield ""
    if finding.fix.code:
        yield from _fenced(finding.fix.code)
        yield ""


def _row(fact: Evidence) -> str:
    limit = telling.healthy_text(fact)
    value = telling.value_text(fact)
    return "".join(f"| {_cell(_escaped(text))} " for text in (fact.text, value, limit)) + "|"


def _fenced(code: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    is_diff = any(line.startswith(("-", "+")) for line in code.splitlines())
    yield f"{fence}{'diff' if is_diff else 'python'}"
    yield code
    yield fence


def _code(name: str) -> str:
    """A name as a code span that nothing within can end."""
    longest = max((len(run) for run in re.findall("`+", name)), default=0)
    ticks = "`" * (longest + 1)
    padding = " " if longest else ""
    return f"{ticks}{padding}{name}{padding}{ticks}"


def _escaped(text: str) -> str:
    """A sentence; what stands in backticks is code, all else is no markup."""
    # Runs of backticks would be paired otherwise by Markdown than here.
    parts = _CODE_SPAN.split(re.sub("`{2,}", "'", printable(text)))
    return "".join(
        part if n % 2 else _SPECIAL.sub(r"\\\1", part) for n, part in enumerate(parts)
    )


def _cell(markdown: str) -> str:
    """Markdown within a table, where a bar ends the cell even in code."""
    return _BAR.sub(r"\|", markdown)
