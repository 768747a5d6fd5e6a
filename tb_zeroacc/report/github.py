"""Verdicts as GitHub's workflow commands, which become annotations of a run.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands; GitHub shows
at most ten errors and ten warnings of a step.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_zeroacc import telling
from tb_zeroacc.report.judged import Judged, name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.verdict import Reading

_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_ESCAPES_IN_TITLES = {**_ESCAPES, ":": "%3A", ",": "%2C"}


def github(judged: Judged) -> str:
    """One line a finding: an error where it counts as failed, else a warning.

    A training without a finding is a notice.
    """
    lines = [_command("error", "Zero Accuracy", printable(said)) for said in judged.unread]
    for reading in judged.readings:
        lines += _lines(judged, reading)
    return "".join(f"{line}\n" for line in lines)


def _lines(judged: Judged, reading: Reading) -> Iterator[str]:
    run, verdict = reading
    if not verdict.findings:
        words = telling.mark(verdict)["words"]
        yield _command("notice", f"{name_of(run)}: {words}", printable(verdict.headline))
    for finding in verdict.findings:
        level = "error" if judged.fails(finding) else "warning"
        said = printable(f"{finding.summary} Fix: {finding.fix.text}")
        code = f"\n{finding.fix.code}" if finding.fix.code else ""
        yield _command(level, f"{name_of(run)}: {finding.code} {finding.name}", said + code)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escaped(title, _ESCAPES_IN_TITLES)}::{_escaped(message, _ESCAPES)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
