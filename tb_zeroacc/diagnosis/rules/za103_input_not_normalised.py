"""ZA103: inputs that are too large, or too small, for the first layer."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.data_code import standardising
from tb_zeroacc.diagnosis.answering.input_scale import (
    CONSEQUENCES,
    LARGE,
    in_float32,
)
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
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.data.inputs import (
    largest_value,
    prepared_by,
    rms_by_feature,
)
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG, step_losses
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.diagnosis.computed.model.silent_units import reaches
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import INPUTS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number, percent

# Largest batch loss of the first tenth of the steps ÷ baseline. Faulty 100 to 370, healthy up to
# 5.8 with inputs that are small.
LOUD = 5.0
FIRST_STEPS = 10  # a tenth of a short run would be hardly a batch
# Largest absolute value of any input. Pictures of 0 to 255 that are divided by 255 twice end at
# .0039; of standardised data, and of counts, the largest is above 1.
SMALL = 0.01
SATURATED = 0.9  # of the activations of the first layer, before any update: as in ZA505
PIXELS, PIXELS_ROOM = 255.0, 0.1  # times the largest value: 1 where pixels were divided twice
INPUT_RMS_TAG = "zeroacc/input_rms"
RIVAL = (
    "ZA206",
    "Scale the inputs first; if the loss then still stays at its baseline, check that the labels "
    "depend on the inputs.",
)
TEXT = "Standardise the inputs with the training data's mean and spread."


@rule(
    "ZA103",
    "input-not-normalised",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.FEATURE_SIZES,
    healthy="Inputs are of a size that the first layer can take",
    needs=(INPUTS, STEP_LOSS),
    explains=CONSEQUENCES,
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=standardising(TEXT),
)
def input_not_normalised(context: RunContext) -> Answer:
    """The inputs are too large, or too small, for the initial weights of the first layer.

    ## What it means
    Weights are initialised for inputs around 1. Inputs in the hundreds give outputs in the
    hundreds, and the loss starts a hundred times above that of a random guess.

    ## Why accuracy suffers
    Training is spent on shrinking the outputs. Gradients are too large by the same factor as the
    inputs: units die, the loss jumps, and what is learned in the end is memorised. Inputs of
    thousandths give outputs and gradients of thousandths: the model says the same for all of them.

    ## How it is detected
    Both must hold: the median over features of their root mean square (the median of all samples)
    is 10 or more, AND the largest batch loss of the first tenth of the steps, at least ten, is 5
    times the baseline or more. Range alone is no fault: raw diabetes data (51) and raw digits (7.5)
    train well. Measured: 577 with a loss of 100 to 370 times the baseline in failing programs, up
    to 5.8 times in healthy ones. For targets far from 0 the baseline is their mean square, where
    every healthy model starts. A NaN or Inf loss counts as large. Behind sigmoid or tanh no loss is
    large: there .9 of the first layer's activations are saturated before any update, and that takes
    the place of the loss. Muted once the run beats its baseline; not applicable where a layer
    scales the inputs before any kernel. Too small: no value of any input is beyond .01 (pictures
    that are divided by 255 twice end at .0039); strong where the loss ends at .9 of its baseline or
    more, else a smell.

    ## How to fix it
    ```python
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    model.fit((x_train - mean) / (std + 1e-8), y_train)
    ```
    or let the model do it: `keras.layers.Normalization()` after `adapt(x_train)`, for images
    `keras.layers.Rescaling(1 / 255)`.

    ## Easily confused with
    ZA104 feature-scales-differ: there the typical feature is small and a few are large. ZA701
    learning-rate-too-high: the loss is near its baseline before the first update, and jumps after
    it. ZA206 labels-independent-of-inputs: only scaled inputs can show that.

    ## Sources
    LeCun et al. 1998, Efficient BackProp, section 4.3; stackoverflow.com/q/53654594 and 53471761.
    Margins measured on Keras 3.15.
    """
    run = context.run
    if (layer := prepared_by(run)) is not None:
        return NotApplicable(f"`{layer.name}` scales or encodes the inputs inside the model")
    table = context.given(INPUTS)
    by_feature = rms_by_feature(table)
    if np.isnan(by_feature).all():
        return CannotTell("no sample of the inputs is finite")
    largest = largest_value(table)
    if 0.0 < largest <= SMALL * (1.0 + ROUNDING):
        return _small(context, table, largest)
    rms = float(np.nanmedian(by_feature))
    said = f"the median feature has a root mean square of {number(rms)}"
    if rms < LARGE * (1.0 - ROUNDING):
        return Passed(f"{said} (limit {number(LARGE)})")
    baseline = max(context.baseline.loss or 0.0, context.baseline.initial_loss or 0.0)
    loudest = _loudest(run)
    if not baseline or loudest is None:
        return CannotTell(f"{said}, but the baseline of the loss is not known")
    if loudest < LOUD * baseline * (1.0 - ROUNDING):
        times = number(loudest / baseline)
        if (share := _saturated_at_first(run)) is not None and reaches(share, SATURATED):
            return _saturating(run, table, rms, share)
        return Passed(f"{said}, but the loss starts at {times} times its baseline at most")
    return _flagged(run, table, rms, loudest, LOUD * baseline)


def _saturated_at_first(run: Run) -> float | None:
    """Share of saturated activations of the first layer that can saturate, before any update."""
    activations = run.table("activations")
    if activations is None or not len(activations) or activations.steps[0] != 0:
        return None
    shares = activations.column("saturated_share")[0]
    known = np.flatnonzero(np.isfinite(shares))
    return float(shares[known[0]]) if len(known) else None


def _saturating(run: Run, table: Table, rms: float, share: float) -> Flagged:
    """A first layer that cannot tell one large input from another: no loss shows it at first."""
    context = (
        f"{percent(share)} of the activations of the first layer are saturated before any update."
    )
    fact = Evidence.of_number("saturated activations of the first layer at step 0", share,
                              at_most(SATURATED), unit="share")  # fmt: skip
    return _unscaled(run, table, rms, context, fact)


def _unscaled(run: Run, table: Table, rms: float, context: str, fact: Evidence) -> Flagged:
    """Inputs of a large scale, and the fact that shows the harm they do."""
    first, last = int(table.steps[0]), int(table.steps[-1])
    return Flagged(
        summary=f"The inputs are not scaled: their typical size is {number(rms)}, not around 1.",
        context=context,
        evidence=(
            Evidence.of_table("root mean square of the inputs, median over features", table, rms,
                              in_float32(LARGE), since=first, until=last,
                              shown_by=run.curve(INPUT_RMS_TAG)),
            fact,
        ),
        since=first,
        fix=standardising(TEXT, run),
        rivals=(RIVAL,),
    )  # fmt: skip


def _small(context: RunContext, table: Table, largest: float) -> Flagged:
    first, last = int(table.steps[0]), int(table.steps[-1])
    is_twice = abs(largest * PIXELS - 1.0) < PIXELS_ROOM
    twice = Fix("Divide by 255 once, in the pipeline or in the model.",
                "- x = x / 255 / 255\n+ x = x / 255")  # fmt: skip
    return Flagged(
        summary=f"The inputs are too small: none is beyond {number(largest)}, where 1 is usual.",
        context="Pictures that are divided by 255 twice end at 0.0039." if is_twice else
        "Outputs and gradients are small by the same factor.",
        evidence=(
            Evidence.of_table("largest absolute value of any input", table, largest,
                              at_least(SMALL), since=first, until=last,
                              shown_by=context.run.curve("zeroacc/input_abs_max")),
        ),
        tier=Tier.STRONG if (context.loss_ratio or 0.0) >= HOPELESS else Tier.SMELL,
        since=first,
        fix=twice if is_twice else standardising(TEXT, context.run),
    )  # fmt: skip


def _loudest(run: Run) -> float | None:
    """The largest batch loss of the first tenth of the steps; infinity where one is not finite."""
    known = step_losses(run)
    if known is None:
        return None
    steps, losses = known
    first = losses[steps < max(FIRST_STEPS, steps_taken(run) // 10)]
    if not len(first):
        return None
    return float(first.max()) if np.isfinite(first).all() else float("inf")


def _flagged(
    run: Run, table: Table, rms: float, loudest: float, loud: float
) -> Flagged:
    early = max(FIRST_STEPS, steps_taken(run) // 10) - 1
    context = "The loss of a batch was not finite in the first steps."
    if np.isfinite(loudest):
        times = number(loudest / loud * LOUD)
        context = (
            f"The loss of a batch reached {number(loudest)} in the first steps, {times} times what "
            "a constant prediction scores."
        )
    fact = Evidence.of_table(
        "largest early batch loss, against 5 times the baseline", table, loudest, in_float32(loud),
        since=0, until=early, shown_by=run.curve(STEP_LOSS_TAG),
    )  # fmt: skip
    return _unscaled(run, table, rms, context, fact)
