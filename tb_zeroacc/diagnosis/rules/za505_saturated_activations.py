"""ZA505: hidden sigmoid or tanh units at the ends of their range."""

from __future__ import annotations

from dataclasses import replace

from tb_zeroacc.diagnosis.answering.silent_units import SilentUnits, answer_on
from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Stage,
    Tier,
    at_least,
)
from tb_zeroacc.diagnosis.computed.model.silent_units import Flat, flat_layers
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, number, percent

# Share of (unit, example) pairs with a derivative under 1 % of its maximum. Hidden layers of
# healthy models end at up to 52 %, of broken ones at 85 % and more (measured); good sigmoid OUTPUTS
# reach 50-94 %, so outputs are left out.
SATURATED = 0.75
# Loss ÷ baseline below which a run has learned what it should, saturated or not.
LEARNED = 0.25
# Mean slope ÷ the largest, of a layer whose formula is not known. Failing .001 and .002, healthy
# layers of known activations with half of their units saturated .2 (measured).
FLAT = 0.02
SATURATED_UNITS = SilentUnits(
    "saturated_share", "sigmoid or tanh", "activations", "saturated", "saturated share",
    "zeroacc/saturation", "GlorotUniform",
)  # fmt: skip


@rule(
    "ZA505",
    "saturated-activations",
    Tier.STRONG,
    Stage.ACTIVATIONS,
    motif=Motif.SATURATION,
    healthy="Activations stay where they have a slope",
    needs=(ACTIVATIONS,),
    explains=("ZA403", "ZA404", "ZA503", "ZA509", "ZA510", "ZA702", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Use smaller initial weights and standardised inputs.",
        'keras.layers.Dense(64, activation="tanh", kernel_initializer="glorot_uniform")',
    ),
)
def saturated_activations(context: RunContext) -> Answer:
    """Hidden sigmoid or tanh units are saturated: at the ends of their range, without a slope.

    ## What it means
    Far from 0 a tanh or sigmoid is flat. A unit that is there for every example passes hardly any
    gradient, so its weights and those before it do not learn.

    ## Why accuracy suffers
    The hidden layers act as random, hard switches. Only the last layer learns, on random features.

    ## How it is detected
    Per hidden layer, the share of pairs of unit and example whose derivative is under 1 % of its
    maximum (s(1-s) of a sigmoid, 1-t² of a tanh). Its median over the last samples must be 75 % or
    more (85 to 100 % in failing programs, up to 52 % in healthy ones). The output layer is left
    out: a good classifier's output saturates, 50 to 94 % of it (measured). Muted once the run beats
    its baseline; a smell all the same where the units are so from the first step on and the loss
    ends above a quarter of the baseline. Of a `Lambda` or a layer of the user's own only the
    outputs are known. Where they span 0 to 1, or -1 to 1, their mean and mean square give the mean
    slope that a sigmoid, s(1-s), or a tanh, 1-t², has there: a smell where it is 2 % of the largest
    or less, from the first step to the last samples, and gradients pass the layer.

    ## How to fix it
    ```python
    keras.layers.Dense(64, activation="tanh", kernel_initializer="glorot_uniform")
    ```
    Also standardise the inputs: `(x - x.mean(axis=0)) / x.std(axis=0)`.

    ## Easily confused with
    ZA103 input-not-normalised: then the first layer alone is saturated at step 0, by the input's
    scale and not by the weights. ZA503 vanishing-gradients: deep sigmoid layers need not be
    saturated for the gradient to vanish. ZA701 learning-rate-too-high: then it begins after an
    update.

    ## Sources
    Glorot and Bengio 2010, section 3; docs.aws.amazon.com/sagemaker
    (Debugger's SaturatedActivation). Margins measured on Keras 3.15.
    """
    found = answer_on(context, SATURATED_UNITS, SATURATED)
    if isinstance(found, NotApplicable):
        flat = flat_layers(context.run, context.given(ACTIVATIONS), FLAT)
        return _by_outputs(context.run, context.given(ACTIVATIONS), flat) if flat else found
    is_slow = context.beats and (context.loss_ratio or 0.0) >= LEARNED
    if isinstance(found, Flagged) and is_slow and found.since == _first_step(context):
        return replace(found, tier=Tier.SMELL, is_mutable=False)
    return found


def _first_step(context: RunContext) -> int:
    return int(context.given(ACTIVATIONS).steps[0])


def _by_outputs(run: Run, table: Table, flat: list[Flat]) -> Flagged:
    """The finding on layers whose formula is not known, by what they put out."""
    first, last = int(table.steps[0]), int(table.steps[-1])
    worst, others = flat[0], len(flat) - 1
    also = f", also in {count(others, 'more layer')}" if others else ""
    ends = f"{number(worst.low)} and 1"
    return Flagged(
        summary=f"The outputs of `{worst.layer}` are {ends}, and hardly anything between{also}.",
        context=f"If it is a {worst.like}, it is saturated from the first step on: its slope is "
        f"{percent(worst.slope)} of the largest, on average.",
        evidence=tuple(
            Evidence.of_table(f"mean slope of `{each.layer}` ÷ the largest of a {each.like}", table,
                              each.slope, at_least(FLAT), unit="share", layer=each.layer,
                              since=first, until=last)
            for each in flat
        ),
        tier=Tier.SMELL,
        since=first,
        layers=tuple(each.layer for each in flat),
        fix=Fix(
            f"Try to scale down what `{worst.layer}` is given, so that its outputs lie within its "
            "range.",
            "y = keras.layers.LayerNormalization()(x)  # before that layer, whose factor becomes 1",
        ),
    )  # fmt: skip
