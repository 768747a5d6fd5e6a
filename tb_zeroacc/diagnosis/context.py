"""A run with what every rule needs to know: whether it beats a constant prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.computed.chance.baseline import (
    BEATEN_ACCURACY,
    BEATEN_LOSS,
    Baseline,
    baseline_of,
)
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.needs import Need
from tb_zeroacc.errors import UndeclaredNeedError
from tb_zeroacc.run import Role, Run, Split, Stretch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an earlier stretch of a directory did not learn.

    Attributes:
        code, name, summary: Of the first finding.
        severity: Of the outcome; the worst is largest.
        tier: Of the first finding.
    """

    code: str
    name: str
    summary: str
    severity: int = 0
    tier: Tier = Tier.STRONG


@dataclass(frozen=True, slots=True)
class JudgedStretch:
    """An earlier stretch of a directory that is long enough to be judged.

    Attributes:
        stretch: The stretch itself.
        fault: Why it did not learn; None where nothing shows that it did not.
    """

    stretch: Stretch
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run with what every rule needs to know.

    Attributes:
        run: The training itself.
        baseline: What a constant prediction would score.
        final_loss: Training loss of the last epoch (last point of the curve), without the penalty
            of the regularisers where that is on record.
        final_accuracy: Training accuracy likewise, 0 to 1.
        beats_loss, beats_accuracy: Whether these beat the baseline; None where it is unknown.
        declared: What the current rule declared to need, each by itself.
        found: What was looked for in the run so far, for all rules; None where it has none.
        earlier: The earlier stretches of its directory that are long enough, in order.
    """

    run: Run
    baseline: Baseline = field(default_factory=Baseline)
    final_loss: float | None = None
    final_accuracy: float | None = None
    beats_loss: bool | None = None
    beats_accuracy: bool | None = None
    declared: tuple[Need[Any], ...] = ()
    earlier: tuple[JudgedStretch, ...] = ()
    found: dict[Need[Any], Any] = field(default_factory=dict, compare=False, repr=False)

    def look_for(self, need: Need[T]) -> T | None:
        """What a rule may need; None where the run has none."""
        if need not in self.found:
            self.found[need] = need.find(self.run)
        found: T | None = self.found[need]
        return found

    def given(self, need: Need[T]) -> T:
        """What the rule declared to need; the engine has checked that it is there.

        Raises:
            UndeclaredNeedError: The rule did not, or only as one of several alternatives.
        """
        found = self.look_for(need) if need in self.declared else None
        if found is None:
            raise UndeclaredNeedError(
                f"{need.missing.what}: a rule is given only what its `needs` name by itself, not "
                "as an alternative; of a run that may have it or not, ask the run"
            )
        return found

    @property
    def beats(self) -> bool | None:
        """Whether every headline curve with a known baseline beats it; None without any."""
        known = [b for b in (self.beats_loss, self.beats_accuracy) if b is not None]
        return all(known) if known else None

    @property
    def tier_of_contract(self) -> Tier | None:
        """The rule's own tier for a recorded contract; strong at most by Keras' own record."""
        contract = self.run.contract
        return None if contract is not None and contract.source == "recorder" else Tier.STRONG

    @property
    def loss_ratio(self) -> float | None:
        """Final loss ÷ its baseline, both above the floor; None below 0: it is no such loss."""
        return _ratio(self.final_loss, self.baseline)


def context_of(run: Run, earlier: tuple[JudgedStretch, ...] = ()) -> RunContext:
    """Compares a run with its baseline.

    Args:
        run: The training to judge.
        earlier: The earlier stretches of its directory, judged.
    """
    baseline = baseline_of(run)
    loss = _final_loss(run)
    accuracy = _final_accuracy(run)
    beats_loss = beats_accuracy = None
    if baseline.loss is not None and loss is not None and not loss < 0:
        ratio = _ratio(loss, baseline)
        beats_loss = ratio is not None and ratio < BEATEN_LOSS
    if baseline.accuracy is not None and accuracy is not None:
        floor = baseline.accuracy + BEATEN_ACCURACY * (1.0 - baseline.accuracy)
        beats_accuracy = bool(accuracy > floor)
    return RunContext(run, baseline, loss, accuracy, beats_loss, beats_accuracy, earlier=earlier)


def _ratio(loss: float | None, baseline: Baseline) -> float | None:
    # Neither cross-entropies nor squares fall below 0, unless their labels are not valid.
    if loss is None or loss < 0 or not baseline.loss:
        return None
    room = baseline.loss - baseline.floor
    return (loss - baseline.floor) / room if room > 0 else None


def _final_loss(run: Run) -> float | None:
    value = _last(run, Role.LOSS)
    if value is None:
        return None
    table = run.table("loss", "penalty")
    if table is not None:
        penalty = table.column("penalty")[-1, 0]
        if np.isfinite(penalty) and 0.0 < penalty < value:
            value -= float(penalty)
    return value


def _final_accuracy(run: Run) -> float | None:
    curve = run.headline(Role.ACCURACY)
    value = _last(run, Role.ACCURACY)
    return None if curve is None or value is None else value * curve.scale


def _last(run: Run, role: Role) -> float | None:
    curve = run.headline(role, Split.TRAIN)
    if curve is None or not len(curve.series):
        return None
    value, table = curve.series.last.value, run.table("loss", "loss")
    by_steps = curve.tag == STEP_LOSS_TAG and run.epochs and math.isfinite(value)
    if by_steps and table is not None:
        # Single batches scatter: the mean over the last epoch replaces its logged loss.
        values = table.column("loss")[table.epochs == table.epochs[-1], 0]
        return float(np.nanmean(values)) if np.isfinite(values).any() else value
    return value
