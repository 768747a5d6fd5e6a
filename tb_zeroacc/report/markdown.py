"""Verdicts as Markdown: for a comment on a pull request, the summary of a job, or a report.

https://github.github.com/gfm: what comes from a log stands escaped, or in code spans and fences
that nothing within can end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding
from tb_zeroacc.report import sentences
from tb_zeroacc.report.judged import Judged, name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading

# Backticks stay: the sentences of rules mark names with them, and in pairs.
_SPECIAL = re.compile(r"([\\*_{}\[\]<>#|~!&@])")
_CODE_SPAN = re.compile("(`[^`]*`)")
_BAR = re.compile(r"(?<!\\)\|")


def markdown(judged: Judged) -> str:
    """A table of all trainings, then each with all that the format `text` says of it."""
    lines = ["# Zero Accuracy", "", *_unread(judged), *_overview(judged)]
    for reading in judged.readings:
        lines += _training(reading)
    return "\n".join(lines).rstrip() + "\n"


def _unread(judged: Judged) -> Iterator[str]:
    for sentence in judged.unread:
        yield f"> {_escaped(sentence)}"
        yield ""


def _overview(judged: Judged) -> Iterator[str]:
    if judged.readings:
        rows = (
            (_code(name_of(run)), _outcome(run, verdict), _escaped(verdict.headline))
            for run, verdict in judged.readings
        )
        yield from _table(("training", "outcome", "what was found"), rows)


def _outcome(run: Run, verdict: Diagnosis) -> str:
    mark, state = telling.mark(verdict), sentences.state_of(run)
    return f"{mark['sign']} {mark['words']}" + (f" ({_escaped(state)})" if state else "")


def _training(reading: Reading) -> Iterator[str]:
    run, verdict = reading
    yield from _paragraph(f"## {_code(name_of(run))}")
    yield from _paragraph(f"**{_outcome(run, verdict)}.** {_escaped(verdict.headline)}")
    if verdict.context:
        yield from _paragraph(_escaped(verdict.context))
    if run.lanes:
        rows = (map(_escaped, row) for row in sentences.worker_rows(reading))
        yield from _table(sentences.WORKERS, rows, right=("steps", "loss"))
    for finding in verdict.findings:
        yield from _finding(finding)
    for line in (*sentences.previews(verdict), *sentences.remarks(reading)):
        yield from _paragraph(_escaped(line))
    for text, code in sentences.score(reading):
        yield from _paragraph(_escaped(text))
        if code:
            yield from _fenced(code, "python")


def _finding(finding: Finding) -> Iterator[str]:
    title = _escaped(telling.title(finding.name))
    yield from _paragraph(f"### {finding.rank}. {finding.code} {title} ({finding.tier.label})")
    if finding.rank > 1:
        yield from _paragraph(_escaped(finding.summary))
    if finding.evidence:
        rows = (map(_escaped, sentences.evidence_row(fact)) for fact in finding.evidence)
        yield from _table(sentences.EVIDENCE, rows, right=sentences.EVIDENCE[1:])
    for line in sentences.asides(finding):
        yield from _paragraph(_escaped(line))
    if finding.explains:
        named = ", ".join(f"{c.code} {telling.title(c.name)}" for c in finding.explains)
        yield from _paragraph(f"Explains {_escaped(named)}.")
    yield from _paragraph(f"**Fix:** {_escaped(finding.fix.text)}")
    if finding.fix.code:
        yield from _fenced(finding.fix.code, finding.fix.language)


def _paragraph(markdown: str) -> Iterator[str]:
    yield markdown
    yield ""


def _table(
    head: Sequence[str], rows: Iterable[Iterable[str]], right: Collection[str] = ()
) -> Iterator[str]:
    """A table.

    Args:
        head: Names of its columns.
        rows: Cells, as Markdown.
        right: Columns of numbers.
    """
    yield _row(head)
    yield _row("---:" if name in right else "---" for name in head)
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "".join(f"| {_cell(cell)} " for cell in cells) + "|"


def _fenced(code: str, language: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from map(printable, code.splitlines())
    yield fence
    yield ""


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
