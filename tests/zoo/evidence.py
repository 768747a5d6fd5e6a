"""What shows a rule to be right: the programs it told, the healthy trainings it was silent on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tb_zeroacc.diagnosis.answers import Flagged
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tests.zoo.scoring import Judged

FILE = Path(__file__).parents[2] / "docs" / "rules" / "evidence.json"
FEWEST = 3  # programs that a rule told, or it is in preview


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often a rule was right.

    Attributes:
        told: Programs of the zoo with this cause in which it was found under every seed.
        programs: Programs of the zoo with this cause.
        told_held_out: Of those told, programs on which nothing was tuned.
        held_out: Programs with this cause on which nothing was tuned.
        silent: Healthy trainings of the zoo on which it was silent.
        healthy: Healthy trainings of the zoo.
        silent_on_strangers: Healthy runs of strangers on which it was silent.
        strangers: Healthy runs of strangers.
    """

    told: int
    programs: int
    told_held_out: int
    held_out: int
    silent: int
    healthy: int
    silent_on_strangers: int
    strangers: int


def evidence_of(
    code: str, judged: Sequence[Judged], strangers: Iterable[Diagnosis]
) -> Evidence:
    """The evidence for one rule.

    Args:
        code: The rule's.
        judged: The trainings of the zoo.
        strangers: The verdicts on healthy runs of strangers.
    """
    of_cause = [j for j in judged if code in (*j.program.first, *j.program.also)]
    programs = {j.program.name: j.program for j in of_cause}
    missed = {j.program.name for j in of_cause if code not in _named(j.verdict)}
    told = programs.keys() - missed
    healthy = [j.verdict for j in judged if not j.program.is_faulty]
    outside = list(strangers)
    return Evidence(
        told=len(told),
        programs=len(programs),
        told_held_out=sum(programs[name].is_held_out for name in told),
        held_out=sum(program.is_held_out for program in programs.values()),
        silent=sum(not isinstance(v.checks.get(code), Flagged) for v in healthy),
        healthy=len(healthy),
        silent_on_strangers=sum(not isinstance(v.checks.get(code), Flagged) for v in outside),
        strangers=len(outside),
    )


def _named(verdict: Diagnosis) -> set[str]:
    found = (*verdict.findings, *verdict.previews)
    return {f.code for f in found} | {c.code for f in found for c in f.explains}


def write(judged: Sequence[Judged], strangers: Sequence[Diagnosis]) -> None:
    """Writes the evidence for every rule; that of strangers' runs stays where there are none."""
    known = read()
    evidence = {}
    for rule in CATALOGUE:
        found = asdict(evidence_of(rule.code, judged, strangers))
        if not strangers:
            kept = known.get(rule.code)
            found["strangers"] = kept.strangers if kept else 0
            found["silent_on_strangers"] = kept.silent_on_strangers if kept else 0
        evidence[rule.code] = found
    FILE.write_text(json.dumps(evidence, indent=1) + "\n", encoding="utf-8")


def read() -> dict[str, Evidence]:
    """The evidence that was written last, by code."""
    if not FILE.is_file():
        return {}
    written = json.loads(FILE.read_text(encoding="utf-8"))
    return {code: Evidence(**counts) for code, counts in written.items()}
