"""What too large a first update did: to the loss, or to the weights themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.model.kernels import NO_WEIGHT, kernel_rows
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.run import Curve, Run, Table

JUMP = 5.0  # batch loss ÷ the first (or the baseline). Faulty 66-1270 baselines; healthy under 5
JUMP_STEPS = 100  # in which the loss jumps
# Times its size that a kernel grows to. Adam at a rate of 10: 345; a healthy one, however small at
# first, by the 23 of its first update (measured).
GROWN = 100.0


@dataclass(frozen=True, slots=True)
class Jump:
    """The loss of the first steps.

    Attributes:
        first: Of the first step.
        base: What the peak is compared with: the first loss, or the baseline if that is higher.
        peak, peak_step: The largest loss, and its training step.
        curve: The loss of single steps; None where only samples are on record.
    """

    first: float
    base: float
    peak: float
    peak_step: int
    curve: Curve | None

    @property
    def times(self) -> float:
        """Peak ÷ base; 0 where there is nothing to compare with."""
        return self.peak / self.base if self.base > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Growth:
    """The kernel that grew most in the first steps: its size at first, and the largest one.

    `peak` is infinite where weights are NaN or Inf.
    """

    row: str
    base: float
    peak: float
    step: int

    @property
    def times(self) -> float:
        """Peak ÷ base, infinite where weights are NaN or Inf."""
        return self.peak / self.base


def growth_of(run: Run, weights: Table, group: Group) -> Growth | None:
    """The kernel of an optimizer that grew most, for runs without a loss of single steps."""
    near = weights.steps < weights.steps[0] + JUMP_STEPS
    steps, rms = weights.steps[near], weights.column("rms")[near]
    lost = weights.column("non_finite_count")[near] > 0
    found = []
    for row in kernel_rows(run, weights):
        if row in group.rows and rms[0, row] >= NO_WEIGHT:
            sizes = np.where(lost[:, row], np.inf, np.nan_to_num(rms[:, row]))
            at = int(np.argmax(sizes))
            name = weights.rows[row]
            found.append(Growth(name, float(rms[0, row]), float(sizes[at]), int(steps[at])))
    return max(found, key=lambda growth: growth.times, default=None)


def jump_of(run: Run, baseline_loss: float | None) -> Jump | None:
    """The peak of the loss over its first steps, from single steps where they are on record."""
    curve, table = run.curve(STEP_LOSS_TAG), run.table("loss")
    if curve is not None:
        steps, values = curve.series.finite()
    elif table is not None:
        steps, values = table.steps, table.column("loss")[:, 0]
        steps, values = steps[np.isfinite(values)], values[np.isfinite(values)]
    else:
        return None
    near = steps < (steps[0] if len(steps) else 0) + JUMP_STEPS
    steps, values = steps[near], values[near]
    if not len(values) or values[0] <= 0:
        return None
    peak = int(np.argmax(values))
    first = float(values[0])
    base = max(first, baseline_loss or 0.0)
    return Jump(first, base, float(values[peak]), int(steps[peak]), curve)
