"""ZA709: batches that are too small for the learning rate."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import optimizer_of, optimizer_words
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import BATCH, LOSS, STEP_LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.run import Curve, Run
from tb_zeroacc.wording import count, number, percent

FEW = 8  # examples in a batch; more than that average most of the noise out
EARLY = 20  # samples: all of the first steps are on record
# Update ÷ weights, largest over kernels, mean over these. .08 to .27 in failing programs, under .02
# in healthy ones with batches as small; 1e-3 is usual (measured).
LARGE = 0.05
SWINGS = 0.25  # spread of the loss of batches ÷ its mean. Failing .55 to 1.2
STANDS = 0.1  # share that the second half of the epochs takes off the loss. Failing 0 to .03


@rule(
    "ZA709",
    "noisy-training",
    Tier.SMELL,
    Stage.UPDATE,
    motif=Motif.UPDATES,
    healthy="Batches are large enough for the learning rate",
    needs=(BATCH, STEP_LOSS, WEIGHTS, LOSS),
    yields_to=(
        Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA501", "ZA502", "ZA602", "ZA611",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix("Try larger batches, or a learning rate that is lower by as much.",
            "+ batch_size=32,"),
)  # fmt: skip
def noisy_training(context: RunContext) -> Answer:
    """The loss swings with the batch: batches are too small for the learning rate.

    ## What it means
    The gradient of a few examples is that of all with a large error on top. At a high rate each
    step follows the examples at hand, and the next one follows others.

    ## Why accuracy suffers
    The weights wander about the optimum at a distance that grows with the rate and shrinks with the
    batch. Training stands still there, above what the model could reach.

    ## How it is detected
    Four must hold on a run that does not beat its baseline. At most 8 examples in a batch. Each of
    the first 20 updates changes a kernel by 5 % or more (their mean, of the largest over kernels:
    8 to 27 % in failing programs, 2 % at most in healthy ones with batches as small). The losses of
    single batches spread by a quarter of their mean or more. And the second half of the epochs took
    less than a tenth off the loss. Not asked of nets that train against each other. Stands beside
    ZA701: both say that the rate does not fit, and larger batches mend it as well.

    ## How to fix it
    ```python
    model.fit(x, y, batch_size=32)
    ```
    Or lower the rate; or average the gradients of several batches:
    `keras.optimizers.Adam(gradient_accumulation_steps=8)`.

    ## Easily confused with
    ZA701 learning-rate-too-high: updates that are too large for any batch. ZA508 gradient-spikes:
    few batches stand out, the others agree. ZA704 stuck-at-chance: nothing moves at all.

    ## Sources
    Smith et al. 2018, Don't decay the learning rate, increase the batch size (noise grows with
    rate ÷ batch); McCandlish et al. 2018, An empirical model of large-batch training. Margins
    measured on Keras 3.15.
    """
    run, batch, table = context.run, context.given(BATCH), context.given(STEP_LOSS)
    if has_opponent(run):
        return NotApplicable("several networks train against one another")
    examples = float(np.nanmax(batch.column("examples"), initial=0.0))
    if not examples:
        return CannotTell("the size of the batches is not on record")
    if examples > FEW:
        return Passed(f"{number(examples)} examples in a batch (limit {FEW})")
    weights = context.given(WEIGHTS)
    ratios = kernel_ratios(run, weights)[weights.steps < weights.steps[0] + EARLY]
    losses = table.column("loss")[:, 0]
    losses = losses[np.isfinite(losses)]
    course = course_of(run, context.given(LOSS))
    if not np.isfinite(ratios).any() or len(losses) < EARLY or course is None:
        return CannotTell(f"fewer than {EARLY} sampled batches, or no update of a kernel")
    update, swing = float(np.nanmean(ratios)), float(np.std(losses) / abs(np.mean(losses)))
    gain = _late_gain(context.given(LOSS))
    said = f"batches of {number(examples)}; early updates change the weights by {percent(update)}"
    if update < LARGE or swing < SWINGS:
        return Passed(f"{said}, and the loss swings by {percent(swing)}")
    if gain is None or gain >= STANDS:
        return Passed(f"{said}, but the loss still falls")
    return _flagged(context, examples, update, swing, gain)


def _late_gain(curve: Curve) -> float | None:
    """The share that the second half of a curve took off; None of fewer than four points."""
    _, values = curve.series.finite()
    if len(values) < 4 or values[len(values) // 2] <= 0:
        return None
    return 1.0 - float(values[-1]) / float(values[len(values) // 2])


def _flagged(
    context: RunContext, examples: float, update: float, swing: float, gain: float
) -> Flagged:
    run, batch, weights = context.run, context.given(BATCH), context.given(WEIGHTS)
    first, until = int(weights.steps[0]), int(weights.steps[-1])
    optimizer = optimizer_of(run)
    return Flagged(
        summary=f"Batches of {count(int(examples), 'example')} are too few for this rate: the "
        f"loss swings by {percent(swing)} from batch to batch.",
        context=f"{optimizer_words(run, optimizer)}; each of the first updates changed the weights "
        f"by {percent(update)}.",
        evidence=(
            Evidence.of_table("examples in a batch", batch, examples, at_least(FEW + 1)),
            Evidence.of_table("update ÷ weights, largest over kernels, mean of the first 20",
                              weights, update, at_most(LARGE), since=first, until=until),
            Evidence.of_table("spread of the loss of batches ÷ its mean", run.tables["loss"],
                              swing, at_most(SWINGS), since=first, until=until),
            Evidence.of_curve("share that the second half took off the loss",
                              context.given(LOSS), gain, at_least(STANDS), unit="share",
                              is_drawn=False),
        ),
        since=first,
        fix=_fix(run, int(examples)),
        # The rate may be right for larger batches, and these are a setting of their own.
        apart_from=("ZA701",),
    )  # fmt: skip


def _fix(run: Run, examples: int) -> Fix:
    text = "Try larger batches, or a learning rate that is lower by as much."
    if is_fed_by_dataset(run):
        return Fix(text, f"- dataset = dataset.batch({examples})\n+ dataset = dataset.batch(32)")
    return Fix(text, f"- batch_size={examples},\n+ batch_size=32,")
