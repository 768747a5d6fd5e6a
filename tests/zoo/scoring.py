"""How often verdicts on the zoo are right, with n and 95 % intervals; tuned and held out apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tests.zoo.program import Program

# What a training shows of many causes: never the headline where the cause has a rule of its own.
SYMPTOMS = frozenset({"ZA403", "ZA404", "ZA509", "ZA605", "ZA704", "ZA705"})
Z = 1.96  # 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Judged:
    """One training of the zoo and the verdict on it."""

    program: Program
    seed: int
    verdict: Diagnosis

    @property
    def first(self) -> Finding | None:
        """The first finding, whatever its tier; None without any."""
        return next(iter(self.verdict.findings), None)

    @property
    def headline(self) -> Finding | None:
        """The finding that is the headline; None where that is no finding's, of a smell mostly."""
        is_headline = self.first is not None and self.first.summary == self.verdict.headline
        return self.first if is_headline else None

    @property
    def first_is_right(self) -> bool:
        """Whether a right cause stands first."""
        return self.first is not None and self.first.code in self.program.first

    @property
    def headline_is_right(self) -> bool:
        """Whether a right cause is the headline: of a program that learns no smell ever is."""
        return self.headline is not None and self.headline.code in self.program.first

    @property
    def outcome_is_right(self) -> bool:
        """Whether a healthy one is called learning, unless its curves cannot show it."""
        shown = self.program.shows_it
        return self.verdict.outcome is (Outcome.LEARNING if shown else Outcome.CANNOT_TELL)

    @property
    def names_every_cause(self) -> bool:
        """Whether each of its causes stands among the findings."""
        codes = {finding.code for finding in self.verdict.findings}
        return bool(codes & set(self.program.first)) and codes >= set(self.program.also)

    @property
    def heads_with_a_symptom(self) -> bool:
        """Whether a symptom is its headline although it has a cause with a rule."""
        wrong = SYMPTOMS - self.program.true_codes
        return self.headline is not None and self.headline.code in wrong

    def findings_of(self, tier: Tier) -> list[Finding]:
        """Its findings of one tier."""
        return [finding for finding in self.verdict.findings if finding.tier is tier]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n trials, `count / n`."""

    count: int
    n: int

    @property
    def rate(self) -> float:
        """The share itself; 0 of no trials."""
        return self.count / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval (E. B. Wilson, JASA 22, 1927)."""
        if not self.n:
            return 0.0, 1.0
        share, spread = self.count / self.n, Z * Z / self.n
        middle = share + spread / 2
        half = Z * math.sqrt(share * (1 - share) / self.n + spread / self.n / 4)
        low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
        return (low if self.count else 0.0), (high if self.count < self.n else 1.0)

    def __str__(self) -> str:
        if not self.n:
            return "-"
        low, high = self.interval
        return f"{self.rate:.1%} ({self.count} of {self.n}; {low:.0%} to {high:.0%})"


@dataclass(frozen=True, slots=True)
class Measure:
    """One question that is asked of every faulty, or every healthy, training."""

    name: str
    of_faulty: bool
    holds: Callable[[Judged], bool]


MEASURES = (
    Measure("right cause first", True, lambda j: j.first_is_right),
    Measure("right cause as the headline", True, lambda j: j.headline_is_right),
    Measure("every cause among the findings", True, lambda j: j.names_every_cause),
    Measure("a symptom as the headline", True, lambda j: j.heads_with_a_symptom),
    Measure("healthy: definite or strong", False,
            lambda j: any(f.tier >= Tier.STRONG for f in j.verdict.findings)),
    Measure("healthy: a smell", False, lambda j: bool(j.findings_of(Tier.SMELL))),
    Measure("healthy: outcome learning", False, lambda j: j.outcome_is_right),
)  # fmt: skip


def share(judged: Iterable[Judged], measure: Measure) -> Share:
    """How often a measure holds, of the trainings that it is asked of."""
    held = [measure.holds(j) for j in judged if j.program.is_faulty == measure.of_faulty]
    return Share(sum(held), len(held))


def right_findings(judged: Iterable[Judged], tier: Tier) -> Share:
    """How many findings of a tier name what is true of their program."""
    right = [f.code in j.program.true_codes for j in judged for f in j.findings_of(tier)]
    return Share(sum(right), len(right))


def table(judged: Sequence[Judged]) -> Iterator[str]:
    """A line a measure: tuned on, held out."""
    parts = [[j for j in judged if j.program.is_held_out is out] for out in (False, True)]
    yield f"{'':32}{'tuned on':>34}{'held out':>34}"
    for measure in MEASURES:
        yield f"{measure.name:32}" + "".join(f"{share(part, measure)!s:>34}" for part in parts)
    for tier in (Tier.DEFINITE, Tier.STRONG):
        shares = "".join(f"{right_findings(part, tier)!s:>34}" for part in parts)
        yield f"{tier.label + ' findings that are right':32}{shares}"


def differences(judged: Iterable[Judged]) -> Iterator[str]:
    """Every training whose verdict is not what its program deserves, and what was said."""
    for j in judged:
        is_grave = any(f.tier >= Tier.STRONG for f in j.verdict.findings)
        right = (
            j.first_is_right and j.names_every_cause
            if j.program.is_faulty
            else not is_grave and j.outcome_is_right
        )
        if right:
            continue
        wanted = " or ".join(j.program.first) or "nothing"
        wanted += "".join(f" and {code}" for code in j.program.also)
        found = " ".join(f"{f.code}:{f.tier.label}" for f in j.verdict.findings) or "nothing"
        part = "held out" if j.program.is_held_out else "tuned on"
        yield f"  {j.program.name}-{j.seed} ({part}): wanted {wanted}, found {found}"
        yield f"      {j.verdict.headline}"
