"""What a rule is: one declaration and one pure function.

Engine, checks, `zeroacc rules`, `zeroacc explain`, docs and tab read only this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from tb_zeroacc.diagnosis.answering.unrecorded import reason_of
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Fix, Flagged, Passed, Stage, Tier
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import Need
from tb_zeroacc.diagnosis.steps import Step

Decide = Callable[[RunContext], Answer]
CODE = re.compile(r"ZA\d{3}")
HEADINGS = (
    "What it means",
    "Why accuracy suffers",
    "How it is detected",
    "How to fix it",
    "Easily confused with",
    "Sources",
)


class Family(Enum):
    """What a rule looks at; the value is the first digit of its code.

    Their order is the order of suspicion, in which an expert would look: whether the log suffices,
    the data, the labels, output and loss, the metric, the numbers inside, architecture and
    initialisation, optimisation, and last whether training was long enough.
    """

    LOG = 0
    INPUTS = 1
    LABELS = 2
    OUTPUT_AND_LOSS = 3
    METRIC = 4
    NUMBERS = 5
    ARCHITECTURE = 6
    OPTIMISATION = 7
    PROGRESS = 8

    @property
    def title(self) -> str:
        """Its name as a reader would say it: `Output and loss`."""
        return self.name.replace("_", " ").capitalize()


_STEPS = {  # in which a family's rules are looked at, unless one of them says otherwise
    Family.LOG: Step.SANITY,
    Family.INPUTS: Step.DATA,
    Family.LABELS: Step.DATA,
    Family.OUTPUT_AND_LOSS: Step.LOSS,
    Family.METRIC: Step.LOSS,
    Family.NUMBERS: Step.GRADIENTS,
    Family.ARCHITECTURE: Step.ARCHITECTURE,
    Family.OPTIMISATION: Step.GRADIENTS,
    Family.PROGRESS: Step.SANITY,
}


class Muted(Enum):
    """What a run achieves that disproves a suspicion; the value is the reason that a check gives.

    A model that learns proves that its inputs, units and updates are good enough.
    """

    NEVER = ""
    BASELINE_IS_BEATEN = "the run beats its baseline"
    ACCURACY_IS_BEATEN = "accuracy beats always predicting the largest class"

    def holds_for(self, context: RunContext) -> bool:
        """Whether a run achieved it; not where that is unknown."""
        if self is Muted.BASELINE_IS_BEATEN:
            return bool(context.beats)
        return self is Muted.ACCURACY_IS_BEATEN and bool(context.beats_accuracy)


def family_of(code: str) -> Family:
    """What a rule of this code looks at."""
    return Family(int(code[2]))


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: hashed for every run
class Rule:
    """One cause that can be diagnosed.

    Attributes:
        code: `ZA` and three digits, never reused.
        name: Kebab-case name of the fault, never of its cure.
        tier: The strongest tier at which it may speak.
        stage: Where in a training step its fault shows first; a consequence shows no earlier.
        healthy: What holds where it finds nothing, as a sentence without its full stop.
        step: The one of the six steps of a first look that asks it.
        needs: Every entry must be met; an entry of several needs is met by any one of them.
        explains: Codes of the consequences that fold under it.
        yields_to: While one of these codes, or another rule of one of these families, is flagged,
            this rule answers `cannot tell`.
        muted_when: What turns its findings on a run into `passed`.
        provisional_while_live: Whether its findings are smells on a run that is still training and
            whose baseline is not known: what curves alone show so far may still turn.
        across_workers: Whether it compares the workers of a job: it is asked once about all of
            them, and not about a training by one process.
        outcome: The outcome of a training with a strong or definite finding of it.
        preview: Whether too few programs that it was not tuned on show it to be right: its findings
            then stand apart, head no verdict and decide nothing.
        motif: What is drawn of its fault, where the data are there.
        fix: What to do in general.
        page: Its docstring, with the headings of `HEADINGS`.
        decide: The pure function.
    """

    code: str
    name: str
    tier: Tier
    stage: Stage
    healthy: str
    step: Step
    needs: tuple[tuple[Need[Any], ...], ...]
    explains: tuple[str, ...]
    yields_to: tuple[str | Family, ...]
    muted_when: Muted
    provisional_while_live: bool
    across_workers: bool
    outcome: Outcome
    preview: bool
    motif: Motif
    fix: Fix
    page: str
    decide: Decide

    @property
    def given(self) -> tuple[Need[Any], ...]:
        """What every run that it judges has: the needs without an alternative."""
        return tuple(group[0] for group in self.needs if len(group) == 1)

    @property
    def strength(self) -> str:
        """Its tier in words: `strong`, or `strong, in preview`."""
        return f"{self.tier.label}, in preview" if self.preview else self.tier.label

    @property
    def family(self) -> Family:
        """What it looks at, from its code."""
        return family_of(self.code)

    @property
    def module_name(self) -> str:
        """Name of the module that holds it: `za704_stuck_at_chance`."""
        return f"{self.code.lower()}_{self.name.replace('-', '_')}"

    @property
    def cause(self) -> str:
        """The cause in a line: the first line of the page."""
        return self.page.strip().splitlines()[0].strip()

    def steps_back_behind(self, catalogue: Sequence[Rule]) -> tuple[Rule, ...]:
        """The rules of a catalogue that it yields to, in the order in which it names them."""
        return tuple(
            other
            for named in self.yields_to
            for other in catalogue
            if named in (other.code, other.family) and other.code != self.code
        )

    def muted(self, answer: Answer, context: RunContext) -> Answer:
        """Its answer where a run proves the suspicion wrong: passed, with what was seen."""
        if not self.muted_when.holds_for(context):
            return answer
        if isinstance(answer, Flagged) and answer.is_mutable:
            seen = answer.summary.rstrip(".")
        elif isinstance(answer, CannotTell) and answer.is_suspicion:
            seen = answer.reason
        else:
            return answer
        return Passed(f"muted because {self.muted_when.value}: {seen}")

    def so_far(self, answer: Answer, context: RunContext) -> Answer:
        """Its answer on a run that goes on: a finding of curves alone may still turn."""
        is_open = self.provisional_while_live and context.run.state == "live"
        if isinstance(answer, Flagged) and is_open and context.beats is None:
            return replace(answer, tier=Tier.SMELL)
        return answer

    def missing(self, context: RunContext) -> CannotTell | None:
        """The answer of a rule whose data are missing; None where all are there."""
        needs = (need for group in self.needs for need in group)
        unmet = self.unmet({need for need in needs if context.look_for(need) is None})
        if not unmet:
            return None
        said = [fact for group in unmet for need in group if (fact := need.said_by(context.run))]
        if said:
            return CannotTell(" ".join(dict.fromkeys(map(reason_of, said))))
        return not_in_the_log(unmet)

    def unmet(self, absent: AbstractSet[Need[Any]]) -> tuple[tuple[Need[Any], ...], ...]:
        """Its needs that no run meets which lacks those of `absent`."""
        return tuple(group for group in self.needs if absent >= set(group))


@cache
def not_in_the_log(unmet: tuple[tuple[Need[Any], ...], ...]) -> CannotTell:
    """The same for all runs: most rules lack the same of a log that was written without us."""
    lacking = tuple(need.missing for group in unmet for need in group[:1])
    whats = (dict.fromkeys(need.missing.what for need in group) for group in unmet)
    what = "; ".join(map(" or ".join, whats))
    return CannotTell(f"not in the log: {what}", lacking)


def rule(
    code: str,
    name: str,
    tier: Tier,
    stage: Stage,
    *,
    motif: Motif,
    healthy: str,
    needs: tuple[Need[Any] | tuple[Need[Any], ...], ...],
    fix: Fix,
    step: Step | None = None,
    explains: tuple[str, ...] = (),
    yields_to: tuple[str | Family, ...] = (),
    muted_when: Muted = Muted.NEVER,
    provisional_while_live: bool = False,
    across_workers: bool = False,
    outcome: Outcome = Outcome.NOT_LEARNING,
    preview: bool = False,
) -> Callable[[Decide], Rule]:
    """Makes a `Rule` of the function below it, whose docstring is the rule's page.

    Raises:
        ValueError: The code is malformed or the page lacks one of `HEADINGS`.
    """

    def wrap(decide: Decide) -> Rule:
        page = decide.__doc__ or ""
        lacking = [heading for heading in HEADINGS if f"## {heading}" not in page]
        if not CODE.fullmatch(code) or lacking:
            raise ValueError(f"{code} {name}: the page lacks {', '.join(lacking) or 'a code'}")
        groups = tuple(need if isinstance(need, tuple) else (need,) for need in needs)
        asked_in = step or _STEPS[family_of(code)]
        return Rule(
            code, name, tier, stage, healthy, asked_in, groups, explains, yields_to, muted_when,
            provisional_while_live, across_workers, outcome, preview, motif, fix, page, decide,
        )

    return wrap
