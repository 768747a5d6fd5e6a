"""ZA508: rare batches whose gradients undo what many others taught."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import last_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.optimizer.odd_batch import LEAPT, OddBatch, odd_batch
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import EPOCHS, LOSS, STEP_LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.run import Curve, Run, Table
from tb_zeroacc.wording import number, times

# Mean loss of an epoch ÷ median of its sampled batches. 2.2 where each loss is the square of one
# error of a normal distribution; up to 1 in healthy runs (measured).
FEW_BATCHES = 3.0
FEWEST_SAMPLES = 15  # batches, whose median is held against the mean


@rule(
    "ZA508",
    "gradient-spikes",
    Tier.SMELL,
    Stage.GRADIENTS,
    motif=Motif.ITS_CURVE,
    healthy="All batches count about the same",
    needs=(STEP_LOSS, WEIGHTS, EPOCHS, LOSS),
    explains=("ZA709",),
    yields_to=(Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA501", "ZA602"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Try to find the examples with the largest loss: targets that are wrong, weights that are "
        "too large. Clip the gradient, so that none of them decides.",
        "+ optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)",
    ),
)
def gradient_spikes(context: RunContext) -> Answer:
    """Rare batches have gradients that are far larger, and undo what many others taught.

    ## What it means
    A few examples count more than all others together: a target with two digits too many, a weight
    of a thousand, a line of text that is ten times as long. Their batch throws the model away from
    where hundreds of others had brought it.

    ## Why accuracy suffers
    The model is always on its way back. And it learns the few examples first, if anything.

    ## How it is detected
    Either of two, on a run that does not beat its baseline. A batch among the first samples whose
    loss and gradient are 10 times the median of those before, although the batch just before it was
    as usual (twice the median at most) and no update so far had changed a kernel by more than a
    tenth; its own update changes one by .3 or more. The loss of a batch is computed before its
    update, so the batch is at fault and not the rate. Or the mean loss of the epochs (the median
    over them) is 3 times the median of the sampled batches or more, of 15 at least: few batches
    bring most of the loss (50 and more in failing programs, up to 1 in healthy ones; 2.2 for
    squared errors of single examples). Steps back behind faults of inputs, labels, output and loss.

    ## How to fix it
    ```python
    optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
    ```
    Better: find the examples, and mend or leave them out. `keras.losses.Huber()` bounds the
    gradient of a single target.

    ## Easily confused with
    ZA701 learning-rate-too-high: updates are large for every batch. ZA111 unshuffled-batches: the
    loss leaps with each change of class. ZA709 noisy-training: all batches differ, none stands out.

    ## Sources
    Pascanu et al. 2013, On the difficulty of training recurrent neural networks (clipping by norm);
    developers.google.com/machine-learning/testing-debugging (loss with jumps). Margins measured on
    Keras 3.15.
    """
    run, table = context.run, context.given(STEP_LOSS)
    if (odd := odd_batch(run)) is not None:
        return _odd(run, context.given(WEIGHTS), odd)
    losses = table.column("loss")[:, 0]
    losses = losses[np.isfinite(losses)]
    logged = np.array([epoch.logs.get("loss", np.nan) for epoch in context.given(EPOCHS)])
    logged = logged[np.isfinite(logged)]
    if len(losses) < FEWEST_SAMPLES or not len(logged):
        return CannotTell(f"fewer than {FEWEST_SAMPLES} sampled batches, or no loss of an epoch")
    usual, mean = float(np.median(losses)), float(np.median(logged))
    if usual <= 0:
        return CannotTell("the loss is not positive, so that nothing is a multiple of it")
    said = f"the mean loss of the epochs is {times(mean / usual, 'that of a typical batch')}"
    return _few(context, table, usual, mean) if mean >= FEW_BATCHES * usual else Passed(said)


def _odd(run: Run, weights: Table, odd: OddBatch) -> Flagged:
    curve = run.curve(STEP_LOSS_TAG)
    return Flagged(
        summary=f"A rare batch undoes what others taught: at step {odd.step} its loss was "
        f"{number(odd.loss)}, {number(odd.times)} times the usual.",
        context=f"Its gradient was {number(odd.gradient / odd.usual_gradient)} times the usual, "
        f"and its update {number(odd.update)} times the weights; those before had changed them by "
        f"{number(odd.calm)} at most.",
        evidence=(
            Evidence.of_table("loss of that batch, against 10 times the median before",
                              run.tables["loss"], odd.loss, at_most(LEAPT * odd.usual),
                              since=odd.step, until=odd.step, shown_by=curve),
            *_norm(run, odd),
        ),
        since=odd.step,
        apart_from=("ZA501",),  # where the loss broke later, it was thrown off before
    )  # fmt: skip


def _norm(run: Run, odd: OddBatch) -> tuple[Evidence, ...]:
    curve = run.curve("zeroacc/gradient_norm")
    table = run.tables["loss"]
    return (
        Evidence.of_table("norm of its gradient, against 10 times the median before", table,
                          odd.gradient, at_most(LEAPT * odd.usual_gradient), since=odd.step,
                          until=odd.step, shown_by=curve),
    )  # fmt: skip


def _few(context: RunContext, table: Table, usual: float, mean: float) -> Flagged:
    curve: Curve = context.given(LOSS)
    return Flagged(
        summary=f"A few batches bring most of the loss: its mean is {number(mean)}, that of a "
        f"typical batch {number(usual)}.",
        context="What a step learns from a typical batch, such a batch undoes.",
        evidence=(
            Evidence.of_curve("mean loss of an epoch, against 3 times that of a typical batch",
                              curve, mean, at_most(FEW_BATCHES * usual), is_drawn=False),
            *last_shown(context.run, "zeroacc/gradient_norm", "norm of the last sampled gradient",
                        int(table.steps[0])),
        ),
        since=int(table.steps[0]),
    )  # fmt: skip
