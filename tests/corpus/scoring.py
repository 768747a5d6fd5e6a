"""How often a doctor is right, over authors and over runs, for each half of the authors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tb_zeroacc.diagnosis.diagnosis import Outcome
from tests.corpus.judging import REMARKS, Judgement
from tests.corpus.labels import HALVES, Label

Judged = Sequence[tuple[Label, Judgement]]
Kinds = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One question that is asked of every run of some verdict.

    Attributes:
        name: For people.
        verdict: Of which runs it is asked.
        holds: Whether it holds of a judged run.
        ours: Whether only our verdicts can answer it.
    """

    name: str
    verdict: str
    holds: Callable[[Label, Judgement, Kinds], bool]
    ours: bool = False


MEASURES = (
    Measure("healthy called faulty", "healthy", lambda _, j, __: j.is_faulty),
    Measure("healthy with any remark", "healthy", lambda _, j, __: j.remarks),
    Measure("healthy: outcome learning", "healthy",
            lambda _, j, __: j.outcome is Outcome.LEARNING, ours=True),
    Measure("failing called faulty", "failing",
            lambda _, j, __: bool(j.codes - REMARKS) if j.outcome else j.is_faulty),
    Measure("failing: kind right", "failing",
            lambda label, j, kinds: bool(j.codes & set(kinds[label.kind])), ours=True),
    Measure("failing: outcome learning", "failing",
            lambda _, j, __: j.outcome is Outcome.LEARNING, ours=True),
    Measure("overfit told", "overfit",
            lambda _, j, __: "ZA605" in j.told if j.outcome else j.remarks),
    Measure("undertrained told", "undertrained",
            lambda _, j, __: "ZA705" in j.told if j.outcome else j.remarks),
)  # fmt: skip


def table(judged: Judged, kinds: Kinds) -> Iterator[str]:
    """A line a measure: the rate averaged over authors, runs, and authors; all, then each half."""
    yield f"  {'':28}" + "".join(f"{part:>26}" for part in ("all", *HALVES))
    is_ours = any(j.outcome is not None for _, j in judged)
    for measure in MEASURES:
        if measure.ours and not is_ours:
            continue
        asked = [(label, j) for label, j in judged if label.verdict == measure.verdict]
        parts = [asked, *([(la, j) for la, j in asked if la.half == half] for half in HALVES)]
        cells = "".join(f"{_cell(part, measure, kinds):>26}" for part in parts)
        yield f"  {measure.name:28}{cells}"


def _cell(judged: Judged, measure: Measure, kinds: Kinds) -> str:
    by_author: defaultdict[str, list[bool]] = defaultdict(list)
    for label, judgement in judged:
        by_author[label.group].append(measure.holds(label, judgement, kinds))
    if not by_author:
        return "-"
    rate = sum(sum(held) / len(held) for held in by_author.values()) / len(by_author)
    runs = sum(sum(held) for held in by_author.values())
    authors = sum(any(held) for held in by_author.values())
    return f"{rate:.0%} ({runs} of {len(judged)}; {authors} of {len(by_author)})"


def differences(judged: Judged, kinds: Kinds) -> Iterator[str]:
    """Runs on which our verdict is another than the label."""
    for label, j in judged:
        told = j.codes & set(kinds.get(label.kind, ()))
        right = {
            "healthy": not j.remarks and j.outcome is Outcome.LEARNING,
            "failing": bool(told) and j.outcome is not Outcome.LEARNING,
            "overfit": "ZA605" in j.told,
            "undertrained": "ZA705" in j.told,
        }[label.verdict]
        if not right:
            found = " ".join(f"{code}:{tier.label}" for code, tier in j.tiers.items())
            outcome = j.outcome.value if j.outcome else ""
            yield f"  {label.id} {label.half} {label.verdict} {label.kind}: {outcome} {found}"
