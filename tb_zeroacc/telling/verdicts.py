"""Severity, status words and the main finding of a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import TypeAlias

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answering.unrecorded import inside_is_known
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome, Rivals

Rank: TypeAlias = "tuple[int, int, tuple[tuple[int, str], ...], str]"


class Severity(IntEnum):
    """How badly somebody should look at a training; ordered, the worst is largest."""

    FINE = 0
    REMARK = 1  # it learns, and something often harmless was seen
    UNTOLD = 2
    EARLY = 3  # it stopped while it still improved
    FLAWED = 4  # it learns although something is wrong
    NOT_LEARNING = 5
    BROKEN = 6

    @property
    def needs_a_look(self) -> bool:
        """Whether something should be done about it."""
        return self >= Severity.EARLY


_SEVERITIES = {
    Outcome.BROKEN: Severity.BROKEN,
    Outcome.NOT_LEARNING: Severity.NOT_LEARNING,
    Outcome.FINISHED_EARLY: Severity.EARLY,
    Outcome.CANNOT_TELL: Severity.UNTOLD,
    Outcome.LEARNING: Severity.FINE,
}
_FINE: wire.Mark = {"sign": "✓", "words": "Learning", "tone": "good"}
_UNSEEN: wire.Mark = {"sign": "✓", "words": "Learning, inside unknown", "tone": "soft"}
_MARKS: dict[Severity, wire.Mark] = {
    Severity.BROKEN: {"sign": "✕", "words": "Broken", "tone": "bad"},
    Severity.NOT_LEARNING: {"sign": "✕", "words": "Not learning", "tone": "bad"},
    Severity.FLAWED: {"sign": "▲", "words": "Learning, with a fault", "tone": "warn"},
    Severity.EARLY: {"sign": "◔", "words": "Stopped too early", "tone": "warn"},
    Severity.UNTOLD: {"sign": "?", "words": "Could not be told", "tone": "soft"},
    Severity.REMARK: _FINE,
    Severity.FINE: _FINE,
}
_CAUSELESS = {  # what stands in place of a cause
    Severity.BROKEN: "No cause could be shown",
    Severity.NOT_LEARNING: "No cause could be shown",
    Severity.EARLY: "Ended while it still improved",
    Severity.UNTOLD: "The log does not say enough",
    Severity.REMARK: "No fault, one remark",
    Severity.FINE: "No fault found",
}
UNSEEN = "No fault seen, most checks could not be made"
# In the order to show them.
_STATUSES: dict[wire.Status, wire.Mark] = {
    "flagged": {"sign": "✕", "words": "flagged", "tone": "bad"},
    "cannot_tell": {"sign": "?", "words": "could not be told", "tone": "soft"},
    "passed": {"sign": "✓", "words": "passed", "tone": "good"},
    "not_applicable": {"sign": "–", "words": "not applicable", "tone": "soft"},
}
PROMISES = {
    Tier.DEFINITE: "A contract is violated, or the fact itself is on record.",
    Tier.STRONG: "The run shows it; right in nine cases of ten or more.",
    Tier.SMELL: "Often harmless.",
}


# Above what rules in preview name.
PREVIEW = "In preview, by rules that are not yet shown to be right; this decides nothing:"


def main_finding(verdict: Diagnosis) -> Finding | None:
    """The finding that the headline speaks of; None where it speaks of another matter.

    A mere smell heads no training that learns, or whose record breaks off: the headline knows.
    """
    first = verdict.findings[0] if verdict.findings else None
    return first if first is not None and first.summary == verdict.headline else None


def further_findings(verdict: Diagnosis) -> tuple[Finding, ...]:
    """The findings that the headline does not speak of, the likeliest first."""
    return verdict.findings if main_finding(verdict) is None else verdict.findings[1:]


def severity(verdict: Diagnosis) -> Severity:
    """How badly somebody should look at it."""
    if verdict.outcome is Outcome.LEARNING and verdict.findings:
        return Severity.REMARK if main_finding(verdict) is None else Severity.FLAWED
    return _SEVERITIES[verdict.outcome]


def mark(verdict: Diagnosis) -> wire.Mark:
    """What became of the training, for the eye: green means that its inside is known."""
    found = _MARKS[severity(verdict)]
    is_seen = inside_is_known(verdict.checks.values())
    return found if found is not _FINE or is_seen else _UNSEEN


def cause(verdict: Diagnosis) -> str:
    """The main finding in a few words, or else how the training stands."""
    main = main_finding(verdict)
    if main is not None:
        return title(main.name)
    if mark(verdict) is _UNSEEN:
        return UNSEEN
    many = len(verdict.findings)
    if many > 1 and severity(verdict) is Severity.REMARK:
        return f"No fault, {many} remarks"
    return _CAUSELESS[severity(verdict)]


def rank(verdict: Diagnosis, name: str) -> Rank:
    """A key that sorts the worst first, then the surest cause, then by name.

    Numbers in names count as numbers: `lr_9` comes before `lr_10`.
    """
    certainty = verdict.findings[0].tier if verdict.findings else 0
    parts = re.split("([0-9]+)", name.casefold())
    # No `int`, which refuses thousands of digits: more digits are a larger number.
    natural = tuple(
        (len(digits), digits) if n % 2 else (0, part)
        for n, part in enumerate(parts)
        for digits in [part.lstrip("0")]
    )
    return -severity(verdict), -certainty, natural, name


SPELT = {"relu": "ReLU", "eta": "ETA", "nan": "NaN"}  # words in names of rules


def title(name: str) -> str:
    """A rule's name as a reader would write it: `dead-relu-units` is `Dead ReLU units`."""
    words = " ".join(SPELT.get(word, word) for word in name.split("-"))
    return words[:1].upper() + words[1:]


def status(answer: Answer) -> wire.Status:
    """The name of an answer on the wire."""
    match answer:
        case Flagged():
            return "flagged"
        case Passed():
            return "passed"
        case NotApplicable():
            return "not_applicable"
        case CannotTell():
            return "cannot_tell"


def tally(answers: Iterable[Answer]) -> list[wire.Tally]:
    """How many answers there are of each kind, in the order to show them."""
    given = [status(answer) for answer in answers]
    return [
        {"status": kind, "mark": mark, "count": given.count(kind)}
        for kind, mark in _STATUSES.items()
        if kind in given
    ]


def rivals_text(rivals: Rivals) -> str:
    """Which causes the data cannot separate, and what would."""
    codes = " and ".join(rivals.codes)
    separates = f"What would separate them: {rivals.would_separate}"
    return f"{codes} cannot be told apart here. {separates.rstrip('.')}."
