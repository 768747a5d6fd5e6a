"""What a doctor says of one run: ours, the published thresholds of older tools, two of today."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.logs import read_runs
from tb_zeroacc.run import Run
from tests.corpus import older_tools

REMARKS = frozenset({"ZA605", "ZA705"})  # of runs that learned all the same


@dataclass(frozen=True, slots=True)
class Judgement:
    """One doctor on one run.

    Attributes:
        is_faulty: Whether it calls the training faulty.
        remarks: Whether it says anything against it at all.
        codes: What it names, strong or definite; with what these explain. Ours alone.
        told: What it names at any tier. Ours alone.
        outcome: Ours alone.
    """

    is_faulty: bool
    remarks: bool
    codes: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    outcome: Outcome | None = None
    tiers: dict[str, Tier] = field(default_factory=dict)


Doctor: TypeAlias = Callable[[Path], Judgement | None]  # None where it cannot read the run


def ours(directory: Path) -> Judgement:
    """Our verdict; a directory of several trainings counts as one."""
    return of_verdicts([diagnose(run, CATALOGUE) for run in read_runs(str(directory))])


def of_verdicts(verdicts: Iterable[Diagnosis]) -> Judgement:
    """Our verdicts on the trainings of one directory, taken together."""
    tiers: dict[str, Tier] = {}
    codes: set[str] = set()
    outcomes = [Outcome.CANNOT_TELL]
    for verdict in verdicts:
        outcomes.append(verdict.outcome)
        for finding in verdict.findings:
            tiers[finding.code] = max(finding.tier, tiers.get(finding.code, finding.tier))
            if finding.tier >= Tier.STRONG:
                codes |= {finding.code, *(c.code for c in finding.explains)}
    order = list(Outcome)
    known = outcomes[1:] or outcomes
    return Judgement(
        is_faulty=bool(codes),
        remarks=bool(tiers),
        codes=frozenset(codes),
        told=frozenset(tiers) | codes,
        outcome=min(known, key=order.index),
        tiers=tiers,
    )


def by_thresholds(*checks: Callable[[Run], bool]) -> Doctor:
    """Flags what any of some checks of a run's curves flags."""

    def doctor(directory: Path) -> Judgement:
        runs = read_runs(str(directory))
        found = any(check(run) for run in runs for check in checks)
        return Judgement(found, found)

    return doctor


OLDER: dict[str, Doctor] = {
    "never beats chance": by_thresholds(older_tools.never_beats_chance),
    "SageMaker Debugger": by_thresholds(*older_tools.SAGEMAKER),
    "AUTOTRAINER": by_thresholds(*older_tools.AUTOTRAINER),
    "UMLAUT": by_thresholds(*older_tools.UMLAUT),
    "DeepDiagnosis": by_thresholds(*older_tools.DEEPDIAGNOSIS),
}


def runmedic(environment: Path) -> Doctor:
    """`runmedic` of PyPI; a critical finding calls a run faulty."""

    def doctor(directory: Path) -> Judgement | None:
        told = _json_of([str(environment / "bin" / "runmedic"), "diagnose", str(directory),
                         "--json"])  # fmt: skip
        if not isinstance(told, list) or not told:
            return None
        levels = {finding["severity"] for run in told for finding in run["findings"]}
        return Judgement("critical" in levels, bool(levels & {"critical", "warning"}))

    return doctor


def trainproof(environment: Path) -> Doctor:
    """`trainproof` of PyPI; FAIL calls a run faulty."""

    def doctor(directory: Path) -> Judgement | None:
        told = _json_of([str(environment / "bin" / "trainproof"), "doctor", str(directory),
                         "--json"])  # fmt: skip
        worst = told.get("worst_verdict") if isinstance(told, dict) and told["reports"] else None
        return None if worst is None else Judgement(worst == "FAIL", worst != "PASS")

    return doctor


def _json_of(command: list[str]) -> object:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None
