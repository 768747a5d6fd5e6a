"""What a rule can answer, and the evidence of an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal, TypeAlias

from tb_zeroacc.run import Axis, Curve, Table

Comparison = Literal["above", "below", "equal"]
Healthy = Literal["at most", "at least", "below"]
BEFORE_TRAINING = -1  # `since` of what was fixed before the first step: the contract


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


_HEALTHY: dict[Healthy | None, tuple[Comparison, ...]] = {
    "at most": ("below", "equal"), "at least": ("above", "equal"), "below": ("below",), None: (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limit:
    """What a number is compared with, and on which side of it healthy numbers lie.

    Attributes:
        value: In the number's own unit.
        healthy: None where any other number would be healthy: a spread of exactly 0, say.
        room: A number that differs by no more counts as equal: the rounding of its dtype, say.
        name: What lies at that number, where a reader knows it by that: `guessing scores`.
    """

    value: float
    healthy: Healthy | None
    room: float = 0.0
    name: str = ""

    def compare(self, value: float | None) -> Comparison | None:
        """How a number compares to it; None where that would be meaningless.

        That is NaN, and an infinity on the healthy side, which is not healthy either.
        """
        if value is None or math.isnan(value):
            return None
        if abs(value - self.value) <= self.room or value == self.value:
            return "equal"
        side: Comparison = "above" if value > self.value else "below"
        return None if math.isinf(value) and side in _HEALTHY[self.healthy] else side

    def admits(self, value: float) -> bool | None:
        """Whether a number is healthy by it; None where only one value is known not to be."""
        if not math.isfinite(value):
            return False
        compared = self.compare(value)
        if self.healthy is None:
            return False if compared == "equal" else None
        return compared in _HEALTHY[self.healthy]


def at_most(value: float, *, room: float = 0.0) -> Limit:
    """A limit that healthy numbers do not exceed."""
    return Limit(value, "at most", room)


def below(value: float, *, room: float = 0.0, name: str = "") -> Limit:
    """A limit that healthy numbers stay below, by more than the room."""
    return Limit(value, "below", room, name)


def at_least(value: float, *, room: float = 0.0) -> Limit:
    """A limit that healthy numbers do not fall below."""
    return Limit(value, "at least", room)


def unlike(value: float, *, room: float = 0.0) -> Limit:
    """A value that healthy numbers differ from, to whichever side."""
    return Limit(value, None, room)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact with its number, and where it can be looked up.

    Attributes:
        text: What this is, in a few words without the number: `update ÷ weights, step 0`.
        value: The number; None for a fact without one (a layer's class, say).
        threshold: What it is compared with, in the same unit; None without one.
        comparison: How the value compares to the threshold.
        healthy: On which side of the threshold healthy values lie; None where on neither.
        room: A value counts as equal to the threshold where it differs by no more.
        limit_name: What lies at the threshold, where a reader knows it by that.
        rules_out: The cause that a healthy value speaks against, in words: `a dead layer`.
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
    healthy: Healthy | None = None
    room: float = 0.0
    limit_name: str = ""
    rules_out: str = ""

    @property
    def is_healthy(self) -> bool | None:
        """Whether the value lies where healthy ones do; None where that is not known."""
        return None if self.value is None else self.admits(self.value)

    def admits(self, value: float) -> bool | None:
        """The same of another number of its kind: of a point of its curve, say."""
        if self.threshold is None:
            return None if math.isfinite(value) else False
        return Limit(self.threshold, self.healthy, self.room).admits(value)

    @classmethod
    def of_number(
        cls,
        text: str,
        value: float | None,
        limit: Limit | None = None,
        *,
        unit: str = "",
        member: str = "",
        layer: str | None = None,
        axis: Axis = "unknown",
        since: int | None = None,
        until: int | None = None,
    ) -> Evidence:
        """A number of the contract, or a count: no curve shows it."""
        return cls(
            text,
            None if value is None else float(value),
            threshold=None if limit is None else float(limit.value),
            comparison=None if limit is None else limit.compare(value),
            healthy=None if limit is None else limit.healthy,
            room=0.0 if limit is None else limit.room,
            limit_name="" if limit is None else limit.name,
            unit=unit, member=member, layer=layer, axis=axis, first_step=since, last_step=until,
        )  # fmt: skip

    @classmethod
    def of_curve(
        cls,
        text: str,
        curve: Curve,
        value: float | None = None,
        limit: Limit | None = None,
        *,
        unit: str = "",
        since: int | None = None,
        until: int | None = None,
        is_drawn: bool = True,
        estimated: bool = False,
    ) -> Evidence:
        """A number of a curve that has points.

        Args:
            text: What the number is.
            curve: The curve, which the page draws with the limit.
            value: By default its last point.
            limit: What it is compared with.
            unit: Of value and limit.
            since: Where the flagged stretch begins, by default at its first point; on its axis.
            until: Where it ends, by default at its last point.
            is_drawn: False for a statistic that the curve itself does not show.
            estimated: Whether the limit is an estimate.
        """
        series = curve.series
        number = cls.of_number(
            text,
            series.last.value if value is None else value,
            limit,
            unit=unit,
            member=curve.member,
            axis=curve.axis,
            since=series.first.step if since is None else since,
            until=series.last.step if until is None else until,
        )
        return replace(number, tag=curve.tag if is_drawn else None, estimated=estimated)

    @classmethod
    def of_table(
        cls,
        text: str,
        table: Table,
        value: float,
        limit: Limit | None = None,
        *,
        unit: str = "",
        layer: str | None = None,
        since: int | None = None,
        until: int | None = None,
        shown_by: Curve | None = None,
    ) -> Evidence:
        """A number of the recorder's samples.

        Args:
            text: What the number is.
            table: Where it comes from.
            value: The number.
            limit: What it is compared with.
            unit: Of value and limit.
            layer: The layer, variable, feature or output that it is about.
            since: Training step at which the flagged stretch begins.
            until: Training step at which it ends.
            shown_by: The scalar of the log that shows this very statistic, where there is one.
        """
        number = cls.of_number(
            text, value, limit, unit=unit, member=(shown_by or table).member, layer=layer,
            axis="step", since=since, until=until,
        )  # fmt: skip
        return replace(number, tag=shown_by.tag if shown_by else None)


def is_diff(code: str) -> bool:
    """Whether code says which lines to take away and which to add."""
    return any(line.startswith(("-", "+")) for line in code.splitlines())


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do: one or two sentences in the imperative, and code to copy (may be a diff).

    Attributes:
        in_a_loop: The code for a training loop of one's own, where that in `code` calls `fit` or
            `compile`, which such a loop has not got.
        in_torch: The code for PyTorch, where that in `code` is Keras'.
        in_lightning: That for Lightning, whose Trainer has the loop.
        is_shell: Whether the code is commands for a shell.
    """

    text: str
    code: str = ""
    in_a_loop: str = ""
    in_torch: str = ""
    in_lightning: str = ""
    is_shell: bool = False

    @property
    def language(self) -> Literal["diff", "python", "sh"]:
        """What the code is written in."""
        return "sh" if self.is_shell else "diff" if is_diff(self.code) else "python"


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
        fix: Instead of the rule's general fix, with the user's names and values.
        by_heart: Whether it shows that training only memorised its examples.
        rivals: (code, what would separate) of causes that this run's data leave possible too.
        is_mutable: False where it remains even though its rule is muted for this run.
        is_own_cause: Whether it is a fact that no other fault brings about, such as a rate that was
            set: it then folds under nothing and steps back behind nothing.
        apart_from: Codes, or how they begin, of faults that did not bring it about in this run: it
            folds under none of them and steps back behind none.
        workers: Names of the workers of a job that it is about; empty where it is about all.
    """

    summary: str
    evidence: tuple[Evidence, ...] = ()
    counter_evidence: tuple[Evidence, ...] = ()
    tier: Tier | None = None
    since: int = 0
    layers: tuple[str, ...] = ()
    context: str = ""
    fix: Fix | None = None
    by_heart: bool = False
    rivals: tuple[tuple[str, str], ...] = ()
    is_mutable: bool = True
    is_own_cause: bool = False
    apart_from: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """The rule applies and found nothing; `reason` says what it saw, with the number."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule does not apply to this run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Data that was not logged, and the line of code that would log it.

    Attributes:
        how_to_log: Empty where nothing would, as it was trained.
        in_a_loop: That line in a training loop of one's own, where another one is needed there.
        in_torch: That line for PyTorch's `SummaryWriter`; empty where only our recorder writes it.
        in_lightning: That line in a `LightningModule`; empty likewise.
        in_tensorflow: That line for a loop that writes by `tf.summary`; empty likewise.
    """

    what: str
    how_to_log: str
    in_a_loop: str = ""
    in_torch: str = ""
    in_lightning: str = ""
    in_tensorflow: str = ""

    @property
    def is_recorders(self) -> bool:
        """Whether nothing but our recorder writes it."""
        return not self.in_torch


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The rule applies, but the log is not sufficient.

    Attributes:
        reason: Why it is not.
        needs: What would have to be logged.
        is_suspicion: Whether what is recorded looks like the fault, but is too little.
    """

    reason: str
    needs: tuple[Missing, ...] = ()
    is_suspicion: bool = False


Answer: TypeAlias = "Flagged | Passed | NotApplicable | CannotTell"
