"""What a first update that overthrows the weights did: to the loss, or to the weights themselves.

Each becomes a sentence and a fact for whoever flags the rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.model.kernels import NO_WEIGHT, kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.run import Curve, Run, Table
from tb_zeroacc.wording import number

JUMP = 5.0  # batch loss ÷ the first (or the baseline). Faulty 66-1270 baselines; healthy under 5
JUMP_STEPS = 100  # in which the loss jumps
# Times its size that a kernel grows to. Adam at a rate of 10: 345; a healthy one, however small at
# first, by the 23 of its first update (measured).
GROWN = 100.0


@dataclass(frozen=True, slots=True)
class Jump:
    """The loss at its first steps: where it stood, and the peak that it jumped to."""

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

    `peak` is infinite where the weights are lost.
    """

    row: str
    base: float
    peak: float
    step: int

    @property
    def times(self) -> float:
        """Peak ÷ base, infinite where the weights are lost."""
        return self.peak / self.base


def growth_of(run: Run, weights: Table, group: Group) -> Growth | None:
    """What became of an optimizer's kernels, where no loss of single steps tells."""
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


def grown(run: Run, weights: Table, growth: Growth) -> tuple[str, Evidence]:
    """What a kernel that outgrew itself adds to the finding: a sentence and a fact."""
    lost = not np.isfinite(growth.peak)
    what = "is not finite" if lost else f"has grown to {number(growth.times)} times its size"
    return (
        f"`{growth.row}` {what} at step {growth.step}.",
        Evidence.of_table(f"size of `{growth.row}`, peak of the first steps", weights,
                          growth.peak, at_most(GROWN * growth.base),
                          layer=layer_of(run, growth.row), since=growth.step, until=growth.step),
    )  # fmt: skip


def jumped(run: Run, weights: Table, jump: Jump) -> tuple[str, Evidence]:
    """What a loss that jumped adds to the finding: a sentence and a fact."""
    return (
        f"The loss jumped from {number(_start(run, jump))} to {number(jump.peak)} within "
        f"{jump.peak_step - int(weights.steps[0]) + 1} steps.",
        Evidence.of_table("loss of a batch, peak of the first steps", weights, jump.peak,
                          at_most(JUMP * jump.base), since=jump.peak_step, until=jump.peak_step,
                          shown_by=jump.curve),
    )  # fmt: skip


def jump_of(context: RunContext) -> Jump | None:
    """The peak of the loss over its first steps, from single steps where they are on record."""
    curve = context.run.curve(STEP_LOSS_TAG)
    table = context.run.table("loss")
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
    base = max(float(values[0]), context.baseline.loss or 0.0)
    return Jump(base, float(values[peak]), int(steps[peak]), curve)


def _start(run: Run, jump: Jump) -> float:
    curve, table = run.curve(STEP_LOSS_TAG), run.table("loss")
    if curve is not None:
        return curve.series.first.value
    return float(table.column("loss")[0, 0]) if table is not None else jump.base
