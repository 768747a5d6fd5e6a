"""Severity, status words, the main finding, what lacks, how a value and its limit read."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TypeAlias

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answering.unrecorded import inside_is_known, need_a_recording
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    Healthy,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.computed.model.frameworks import (
    Framework,
    can_be_recorded,
    framework_of,
)
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome, Rivals
from tb_zeroacc.diagnosis.needs import WRITING
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, number, percent

Rank: TypeAlias = "tuple[int, int, tuple[tuple[int, str], ...], str]"


NAMED = 4  # kinds of data that a sentence names


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


def lacking(checks: Mapping[str, Answer]) -> list[wire.Lacking]:
    """What was not logged, one entry a line of code, the one that lets most checks answer first."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for code, answer in checks.items():
        for need in answer.needs if isinstance(answer, CannotTell) else ():
            whats, codes = found.setdefault(need.how_to_log, ({}, {}))
            whats[need.what] = codes[code] = None
    found.pop("", None)  # nothing would log it
    lines: list[wire.Lacking] = [
        {"how_to_log": line, "what": ", ".join(whats), "codes": list(codes)}
        for line, (whats, codes) in found.items()
    ]
    return _in_one_block(sorted(lines, key=lambda line: -len(line["codes"])))


def _in_one_block(lines: list[wire.Lacking]) -> list[wire.Lacking]:
    """What one writer would log, as one entry: its lines are written one below the other."""
    written = [line for line in lines if line["how_to_log"].startswith(WRITING)]
    if len(written) < 2:
        return lines
    block: wire.Lacking = {
        "how_to_log": "\n".join(line["how_to_log"] for line in written),
        "what": ", ".join(line["what"] for line in written),
        "codes": list(dict.fromkeys(code for line in written for code in line["codes"])),
    }
    return [block, *(line for line in lines if line not in written)]


def first_lines(log_dir: str) -> str:
    """The code that fills a log directory, to paste: in Keras, as it says."""
    return (
        "# in Keras; the event files that other frameworks write are read as they are\n"
        "import tb_zeroacc\n\n"
        "model.fit(\n"
        "    x, y,\n"
        f"    callbacks=[tb_zeroacc.ZeroAccuracyCallback({_quoted(f'{log_dir}/my_training')})],\n"
        ")"
    )


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and not set('"\\') & set(text) else repr(text)


def no_recording(run: Run, checks: Mapping[str, Answer]) -> wire.NoRecording | None:
    """The checks that only a recording would let answer, in words; None where there is one.

    They read `No recording: 31 checks of inputs, labels, activations, ... need one.`, and where
    the recorder could not have been there, what it records.
    """
    lacking = need_a_recording(run, checks)
    codes = list(lacking)
    if not codes:
        return None
    whats = [w.removeprefix("statistics of the ") for lacks in lacking.values() for w in lacks]
    named = [what for what, _ in Counter(w for w in whats if " " not in w).most_common(NAMED)]
    of = f" of {', '.join(named)}" if named else ""
    need = "needs" if len(codes) == 1 else "need"
    sentence = f"No recording: {count(len(codes), 'check')}{of}, ... {need} one."
    return {"codes": codes, "sentence": f"{sentence} {_what_is_recorded(run)}".rstrip()}


def _what_is_recorded(run: Run) -> str:
    """What the recorder takes, unless this run shows that it is at hand; a sentence."""
    if can_be_recorded(run):
        return ""
    if framework_of(run) in (Framework.TENSORFLOW, Framework.UNKNOWN):
        # These may train a model of Keras without its `fit`.
        return "tb_zeroacc.Monitor records a loop that trains a Keras model; others cannot be."
    return "Only what trains with Keras on TensorFlow 2 can be recorded."


# --- a value and its limit ----------------------------------------------------------------------


_LIMITS: dict[wire.Side, str] = {
    "<=": "at most ", "<": "below ", ">=": "at least ", "!=": "not ",
}  # fmt: skip
_SIDES: dict[Healthy, wire.Side] = {"at most": "<=", "below": "<", "at least": ">="}
WELL = 0.01  # of a limit: who must stay farther below it than that is told `well below`


def healthy_side(fact: Evidence) -> wire.Side | None:
    """On which side of its threshold a healthy value lies; None where that is not known."""
    if fact.threshold is None:
        return None
    if fact.healthy is not None:
        return _SIDES[fact.healthy]
    return "!=" if fact.comparison == "equal" else None


def value_text(fact: Evidence) -> str:
    """The value as it reads, with its unit; empty where there is none."""
    return _text(fact.value, fact.unit)


def limit_text(fact: Evidence, side: wire.Side | None) -> str:
    """The threshold as it reads: `at most 1`; empty where there is none."""
    if fact.threshold is None:
        return "finite" if fact.is_healthy is False else ""
    if fact.threshold == 0 and side == "<=" and fact.unit:
        return "none"
    words = _LIMITS[side] if side else ""
    if side == "<" and fact.room > WELL * abs(fact.threshold):
        words = f"well {words}"
    return words + _text(fact.threshold, fact.unit)


def healthy_text(fact: Evidence) -> str:
    """What would be healthy, as it reads: `at most 1`; empty where that is not known."""
    return limit_text(fact, healthy_side(fact))


def rivals_text(rivals: Rivals) -> str:
    """Which causes the data cannot separate, and what would."""
    codes = " and ".join(rivals.codes)
    separates = f"What would separate them: {rivals.would_separate}"
    return f"{codes} cannot be told apart here. {separates.rstrip('.')}."


def line_text(fact: Evidence) -> str:
    """What a line at the threshold is: `guessing scores 2.3`, else the limit as it reads."""
    if fact.limit_name and fact.threshold is not None:
        return f"{fact.limit_name} {_text(fact.threshold, fact.unit)}"
    return healthy_text(fact)


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "share":
        return percent(value)
    if not math.isfinite(value):
        return number(value)
    if value == 1:
        unit = unit.removesuffix("es") if unit.endswith("tches") else unit.removesuffix("s")
    return f"{number(value)} {unit}".rstrip()
