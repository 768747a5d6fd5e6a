"""Whether what is drawn of a fact, the words of its limit and the verdict say the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tb_zeroacc import telling, wire
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.diagnosis import Consequence, Finding
from tb_zeroacc.evidence_encoding import evidence_json
from tb_zeroacc.picturing.choosing import DRAWN_BY
from tb_zeroacc.run import Run
from tb_zeroacc.series import Series
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wire.evidence import Bars


@dataclass(frozen=True)
class Row:
    """A row of the evidence, as it is and as it is told; `wrong` is what its place says of it."""

    training: str
    code: str
    run: Run
    fact: Evidence
    told: wire.Evidence
    wrong: bool | None


@dataclass(frozen=True)
class Pictured:
    """A finding, or a consequence of one, with its picture, None where it is not drawn."""

    training: str
    told: Finding | Consequence
    picture: wire.Picture | None


def rows_of(training: str, reading: Reading) -> Iterator[Row]:
    """Every piece of evidence that the page of a training shows."""
    run, verdict = reading
    for finding in verdict.findings:
        parts = [
            (finding.code, finding.evidence, True), (finding.code, finding.rules_out, False),
        ]  # fmt: skip
        parts += [(each.code, each.evidence, None) for each in finding.explains]
        for code, facts, wrong in parts:
            for fact in facts:
                yield Row(training, code, run, fact, evidence_json(fact, run), wrong)


def pictures_of(training: str, reading: Reading) -> Iterator[Pictured]:
    """Every finding with its picture; an error in drawing one is not kept back."""
    run, verdict = reading
    for finding in (*verdict.findings, *verdict.previews):
        for told in (finding, *finding.explains):
            draw = DRAWN_BY.get(RULES[told.code].motif)
            yield Pictured(training, told, None if draw is None else draw(told, run))


def disagreements(row: Row) -> list[str]:
    """In a sentence each what of a row does not agree with the rest of it; none if all does."""
    told = row.told
    found = []
    if None not in (told["wrong"], row.wrong) and told["wrong"] is not row.wrong:
        found.append("it stands where the other side of its limit belongs")
    if told["wrong"] is not by_its_words(row.fact, told["limit_text"]):
        found.append(f"{told['value_text']} against {told['limit_text']!r} is not {told['wrong']}")
    is_marked = told["wrong"] is True and told["tag"] is not None
    if bool(told["stretches"]) is not is_marked:
        found.append("its curve is marked, or not, against the verdict")
    held = [row.fact.admits(value) for value in _marked_values(row)]
    # A median may be wrong where no point is; else no point that is right is marked.
    if any(held) and not all(held):
        found.append("points are marked that are right")
    return [f"{row.training}, {row.code}, {row.fact.text}: {each}" for each in found]


def _marked_values(row: Row) -> Iterator[float]:
    tag = row.told["tag"]
    curve = None if tag is None else row.run.curve(tag, row.fact.member)
    series = Series.of([], []) if curve is None else curve.series
    for step, value in zip(series.steps, series.values, strict=True):
        if any(first <= step <= last for first, last in row.told["stretches"]):
            yield float(value)


def by_its_words(fact: Evidence, words: str) -> bool | None:
    """Whether a value is wrong, by the words of its limit."""
    if fact.value is None or not words:
        return None
    if not math.isfinite(fact.value) or words == "finite":
        return True
    limit, slack = fact.threshold or 0.0, fact.room + 1e-9 * abs(fact.threshold or 0.0)
    match words.split()[0]:
        case "at":
            too_high, too_low = fact.value > limit + slack, fact.value < limit - slack
            return too_high if words.startswith("at most") else too_low
        case "none":
            return fact.value > slack
        case "below" | "well":
            return fact.value >= limit - slack
        case "not":
            return True
    return None


ROUNDING = 1e-5  # of a bar: it is told to six digits


def crossings(bars: Bars, facts: Iterable[Evidence]) -> list[str]:
    """In a sentence each bar that lies on another side of the line than its mark says.

    Args:
        bars: What is drawn.
        facts: The evidence of its finding: which side of the line is the wrong one.
    """
    line = bars["limit"]
    if line is None:
        return []
    healthy = {telling.line_text(fact): fact.healthy for fact in facts}
    low_is_wrong = healthy.get(line["text"], "at least") == "at least"
    found = []
    for at, name in enumerate(bars["names"]):
        heights = [float(group["values"][at]) for group in bars["groups"]]
        known = [height for height in heights if not math.isnan(height)]
        room = ROUNDING * abs(line["value"])
        if not known or any(abs(height - line["value"]) <= room for height in known):
            continue
        is_beyond = any((height < line["value"]) is low_is_wrong for height in known)
        if is_beyond is not (at in bars["wrong"]):
            mark = "marked" if at in bars["wrong"] else "not marked"
            found.append(f"{name} is {mark}, at {known} against {line['text']!r}")
    return found
