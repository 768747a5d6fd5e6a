"""A Diagnosis: the one verdict on a run, as tab, command, console and alarms show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tb_zeroacc.diagnosis.answers import Answer, Evidence, Fix, Tier


class Outcome(Enum):
    """The outcome of a training, worst first."""

    BROKEN = "broken"  # a non-finite loss, or a contract that makes loss or metric meaningless
    NOT_LEARNING = "not_learning"  # never beat its baseline, or died after learning
    FINISHED_EARLY = "finished_early"  # ended while it still improved much
    CANNOT_TELL = "cannot_tell"  # no signal, or too short to judge
    LEARNING = "learning"  # everything else with a signal, overfitting included


@dataclass(frozen=True, slots=True)
class Consequence:
    """A flagged fault that follows from another one; its evidence is kept."""

    code: str
    name: str
    summary: str
    evidence: tuple[Evidence, ...] = ()
    layers: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()

    @property
    def rules_out(self) -> tuple[Evidence, ...]:
        """Healthy values among its evidence."""
        return tuple(fact for fact in self.evidence if fact.is_healthy)


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, with all that follows from it. `rank` counts from 1.

    Attributes:
        evidence: What shows it, the most telling first: no value in it is healthy.
        rules_out: Healthy values that speak against other causes.
        counter_evidence: What speaks against this one.
        workers: Names of the workers of a job that it is about; empty where it is about all.
    """

    rank: int
    code: str
    name: str
    tier: Tier
    summary: str
    context: str
    evidence: tuple[Evidence, ...]
    counter_evidence: tuple[Evidence, ...]
    explains: tuple[Consequence, ...]
    fix: Fix
    layers: tuple[str, ...] = ()
    since: int = 0
    rules_out: tuple[Evidence, ...] = ()
    workers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rivals:
    """Causes that this run's data cannot separate, and what would."""

    codes: tuple[str, ...]
    would_separate: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The verdict on one run.

    Attributes:
        run: The training's name.
        outcome: What became of it.
        headline: One sentence.
        context: One more line; may be empty.
        findings: Causes, the likeliest first.
        rivals: Causes that cannot be told apart.
        checks: Every rule's answer by code, in the order of the catalogue.
        curve: The loss against its baseline, where there is one to draw.
        overview: A few numbers with their healthy limits.
        previews: Causes that rules in preview name and no finding explains; they decide nothing.
        lanes: Of a job the verdict on what each worker wrote that trains, by its name.
    """

    run: str
    outcome: Outcome
    headline: str
    context: str = ""
    findings: tuple[Finding, ...] = ()
    rivals: tuple[Rivals, ...] = ()
    checks: Mapping[str, Answer] = field(default_factory=dict)
    curve: Evidence | None = None
    overview: tuple[Evidence, ...] = ()
    previews: tuple[Finding, ...] = ()
    lanes: Mapping[str, Diagnosis] = field(default_factory=dict)
