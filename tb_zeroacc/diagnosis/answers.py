"""What a rule can answer, and what an answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias

from tb_zeroacc.facts import Unrecorded
from tb_zeroacc.run import Axis

Comparison = Literal["above", "below", "equal"]
BEFORE_TRAINING = -1  # `since` of what was settled before the first step: the contract


class Tier(IntEnum):
    """How much a finding promises; ordered, the strongest is largest."""

    SMELL = 1  # often harmless
    STRONG = 2  # the run shows it: right in 90 % of cases or more
    DEFINITE = 3  # a contract is violated or the fact is on record: right in 99 %

    @property
    def label(self) -> str:
        """The name on the wire: `smell`, `strong`, `definite`."""
        return self.name.lower()


class Stage(IntEnum):
    """The order of things within one training step."""

    CONTRACT = 0
    INPUT = 1
    WEIGHTS = 2
    ACTIVATIONS = 3
    OUTPUT = 4
    LOSS = 5
    GRADIENTS = 6
    UPDATE = 7


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact with its number, and where it can be looked up.

    Attributes:
        text: What this is, in a few words without the number: `update ÷ weights, step 0`.
        value: The number; None for a fact that is none (a layer's class, say).
        threshold: What it is held against, in the same unit; None where nothing is.
        comparison: How the value stands to the threshold.
        unit: `` for pure numbers; `nats`, `share`, `steps`, `epochs`, `seconds`, ...
        member: TensorBoard's run that holds the data.
        tag: A scalar tag of that member which shows THIS statistic (threshold and value can be
            drawn over it), else None.
        layer: The layer, variable, feature or output that it is about.
        first_step, last_step: The flagged stretch on `axis`.
        estimated: True for sampled or estimated numbers.
    """

    text: str
    value: float | None = None
    threshold: float | None = None
    comparison: Comparison | None = None
    unit: str = ""
    member: str = ""
    tag: str | None = None
    layer: str | None = None
    axis: Axis = "unknown"
    first_step: int | None = None
    last_step: int | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Mend:
    """What to do: one or two sentences in the imperative, and code to copy (may be a diff)."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Flagged:
    """The rule sees its fault.

    Attributes:
        summary: One full sentence with its number, fit for a headline.
        evidence: What shows it, the most telling first.
        counter_evidence: What speaks against it.
        tier: Below the rule's own where the evidence is weaker; None for the rule's own.
        since: Training step at which it begins; `BEFORE_TRAINING` for the contract.
        layers: Layers it is about, as named in the contract; empty for the whole model.
        context: One more sentence for the line below the headline; may be empty.
        mend: In place of the rule's own mend, with the user's own names and values.
        by_heart: Whether it shows that what training reached holds for its own examples alone.
        rivals: (code, what would separate) of causes that this run's data leave possible too.
    """

    summary: str
    evidence: tuple[Evidence, ...] = ()
    counter_evidence: tuple[Evidence, ...] = ()
    tier: Tier | None = None
    since: int = 0
    layers: tuple[str, ...] = ()
    context: str = ""
    mend: Mend | None = None
    by_heart: bool = False
    rivals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """The rule looked and found nothing; `reason` says what it saw, with the number."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise for this run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Data that was not logged, and the line of code that would log it."""

    what: str
    how_to_log: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The rule applies but the log does not say."""

    reason: str
    needs: tuple[Missing, ...] = ()


def worst_of(answers: Sequence[Answer]) -> Answer:
    """The answer to a question that was asked of several parts: the worst, whichever part it is of.

    Args:
        answers: One a part; none where there is no part to ask.
    """
    for kind in (Flagged, CannotTell, Passed):
        found = [answer for answer in answers if isinstance(answer, kind)]
        if found:
            return found[0] if kind is not Passed else Passed("; ".join(_reasons(found)))
    return answers[0] if answers else NotApplicable("no optimizer updates what is on record")


def _reasons(answers: Sequence[Answer]) -> list[str]:
    return list(dict.fromkeys(a.reason for a in answers if not isinstance(a, Flagged)))


def reason_of(fact: Unrecorded) -> str:
    """What is not on record and why, as the reason of an answer."""
    begin = fact.part[:1].lower() + fact.part[1:]
    return f"not on record: {begin}. {fact.why}".removesuffix(".")


Answer: TypeAlias = "Flagged | Passed | NotApplicable | CannotTell"
