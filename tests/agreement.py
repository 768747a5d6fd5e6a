"""Whether what is drawn of a fact, the words of its limit and the verdict say the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.evidence_encoding import evidence_json
from tb_zeroacc.run import Run
from tb_zeroacc.series import Series
from tb_zeroacc.verdict import Reading


@dataclass(frozen=True)
class Row:
    """A row of the evidence, as it is and as it is told; `wrong` is what its place says of it."""

    training: str
    code: str
    run: Run
    fact: Evidence
    told: wire.Evidence
    wrong: bool | None


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
