"""The batch that is unlike all before it: its loss leapt although the weights had hardly moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run

FEWEST_BEFORE = 3  # samples that say what is usual
# Loss and gradient of a batch ÷ the medians before it. An odd batch 114 and 470 times; in healthy
# runs a loss of up to 3 times, after updates as small (measured).
LEAPT = 10.0
AS_USUAL = 2.0  # times the median: the loss of the batch just before it, which no divergence leaves
CALM = 0.1  # update ÷ weights of each step before: they cannot have brought about the leap
THROWN = 0.3  # update ÷ weights that the batch led to


@dataclass(frozen=True, slots=True)
class OddBatch:
    """A batch whose loss leapt.

    Attributes:
        step: Its training step.
        loss, usual: Its loss, before its update, and the median of those before.
        gradient, usual_gradient: Norms of the gradient likewise.
        update, calm: Update ÷ weights, largest over kernels: its own, the largest before.
    """

    step: int
    loss: float
    usual: float
    gradient: float
    usual_gradient: float
    update: float
    calm: float

    @property
    def times(self) -> float:
        """Its loss ÷ the usual one."""
        return self.loss / self.usual


@per_run
def odd_batch(run: Run) -> OddBatch | None:
    """The first batch whose loss leapt and whose update threw the weights; None without one.

    The loss of a batch is computed before its update, so that only earlier updates can have raised
    it: after small ones the batch itself is at fault, not the learning rate.
    """
    losses, weights = run.table("loss", "loss", "gradient_norm"), run.table("weights")
    if losses is None or weights is None:
        return None
    steps, of_loss, of_weights = np.intersect1d(losses.steps, weights.steps, return_indices=True)
    loss = losses.column("loss")[of_loss, 0]
    norm = losses.column("gradient_norm")[of_loss, 0]
    update = kernel_ratios(run, weights)[of_weights]
    thrown = np.flatnonzero(np.nan_to_num(update) > CALM)
    at = int(thrown[0]) if len(thrown) else 0
    if at < FEWEST_BEFORE or not np.isfinite([loss[: at + 1], norm[: at + 1]]).all():
        return None
    usual, usual_norm = float(np.median(loss[:at])), float(np.median(norm[:at]))
    leaps = loss[at] >= LEAPT * usual > 0 and norm[at] >= LEAPT * usual_norm
    is_sudden = steps[at] == steps[at - 1] + 1 and loss[at - 1] <= AS_USUAL * usual
    if not (leaps and is_sudden and update[at] >= THROWN):
        return None
    calm = float(np.nanmax(update[:at], initial=0.0))
    return OddBatch(int(steps[at]), float(loss[at]), usual, float(norm[at]), usual_norm,
                    float(update[at]), calm)  # fmt: skip
