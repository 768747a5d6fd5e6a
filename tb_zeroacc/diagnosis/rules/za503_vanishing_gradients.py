"""ZA503: gradients that vanish from the output back to the input."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
from tb_zeroacc.diagnosis.answering.several_optimizers import for_each_optimizer
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
)
from tb_zeroacc.diagnosis.computed.model.layers import layer_named
from tb_zeroacc.diagnosis.computed.model.samples import lasting_since
from tb_zeroacc.diagnosis.computed.optimizer.fading import (
    FADED,
    FEWEST_LAYERS,
    STANDS_STILL,
    Fade,
    fade_of,
)
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import GRADIENTS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

SATURATING = ("sigmoid", "tanh", "hard_sigmoid", "softsign")


@rule(
    "ZA503",
    "vanishing-gradients",
    Tier.STRONG,
    Stage.ACTIVATIONS,  # such a stack fades forwards too, before any gradient is there
    motif=Motif.GRADIENTS_FADE,
    healthy="Gradients reach the first layers",
    needs=(GRADIENTS, WEIGHTS),
    explains=("ZA404", "ZA509", "ZA606", "ZA702", "ZA704"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Use ReLU with He initialisation in hidden layers, or skip connections and normalisation.",
        'keras.layers.Dense(32, activation="relu", kernel_initializer="he_normal")',
    ),
)
def vanishing_gradients(context: RunContext) -> Answer:
    """Gradients vanish from layer to layer towards the input, so the first layers do not learn.

    ## What it means
    On its way back each layer multiplies the gradient by its weights and by the slope of its
    activation, at most 1/4 for a sigmoid. Twelve such layers leave some 1e-8 of it.

    ## Why accuracy suffers
    The first layers keep their random weights and pass on nearly the same signal for every input.
    The layers after them can then only learn how frequent each class is.

    ## How it is detected
    The root mean square of the first kernel's gradient divided by the last one's, per sample; the
    median over all samples must be under 1e-4 and above 0, with at least 4 kernels; with several
    optimizers, among the kernels of each. Measured: 1.6e-8 in twelve sigmoid layers, .1 to .6 in
    healthy models, so 1e-4 leaves three orders of magnitude on either side. And the first kernel
    must not learn: its median update is under 1e-6 of its weights, since Adam scales small
    gradients up. Muted once the run beats its baseline.

    ## How to fix it
    ```python
    keras.layers.Dense(32, activation="relu", kernel_initializer="he_normal")
    ```
    In very deep models add `BatchNormalization` or skip connections (`keras.layers.Add`).

    ## Easily confused with
    ZA505 saturated-activations: there the units are at the ends of their range; units that all
    output about one half are not saturated. ZA504 dead-relu-units and ZA601 zero-initialisation:
    there the gradient is exactly 0. ZA702 learning-rate-too-low: there all layers change too
    little.

    ## Sources
    Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural
    networks; Hochreiter 1998; stackoverflow.com/q/50209981. The margins were measured on
    Keras 3.15.
    """
    weights, gradients = context.given(WEIGHTS), context.given(GRADIENTS)
    return for_each_optimizer(
        context.run, weights, lambda group: _judged(context, weights, gradients, group),
        "weights", "gradients",
    )  # fmt: skip


def _judged(context: RunContext, weights: Table, gradients: Table, group: Group) -> Answer:
    """The answer on the layers that one optimizer trains: others have a loss of their own."""
    fade = fade_of(context.run, weights, gradients, group)
    if fade is None:
        return NotApplicable(f"fewer than {FEWEST_LAYERS} layers with kernels")
    if np.isnan(fade.ratio):
        return CannotTell("the last layer gets no gradient either")
    if not 0 < fade.ratio < FADED:
        return Passed(f"the first layer gets {number(fade.ratio)} of the last one's gradient")
    if fade.moved >= STANDS_STILL:
        return Passed(f"the first layer changes by {number(fade.moved)} of its weights per step")
    return _flagged(context, fade)


def _flagged(context: RunContext, fade: Fade) -> Flagged:
    run, gradients = context.run, context.given(GRADIENTS)
    ratio, moved = fade.ratio, fade.moved
    low = np.isfinite(fade.ratios) & (fade.ratios < FADED)
    onset = lasting_since(low)
    since = int(fade.steps[0 if onset is None else onset])
    until = int(fade.steps[-1])
    typical = np.nanmedian(fade.rms, axis=0)
    # The layers that get less than this share of the last one's gradient.
    faded = tuple(dict.fromkeys(
        layer for layer, rms in zip(fade.layers, typical, strict=True) if rms < FADED * typical[-1]
    ))
    first, last = fade.layers[0], fade.layers[-1]
    return Flagged(
        summary=f"Gradients vanish towards the input: `{first}` gets {number(ratio)} of the "
        "last layer's gradient.",
        context=f"`{first}` changes by {number(moved)} of its weights per step, and stays random. "
        f"{len(faded)} of {len(fade.layers)} layers get less than {number(FADED)} of the gradient "
        f"of `{last}`.",
        evidence=(
            Evidence.of_table("gradient, first ÷ last kernel, median", gradients, ratio,
                              at_least(FADED), layer=first, since=since, until=until),
            *(
                Evidence.of_table(f"gradient of `{layer}`, median", gradients, rms, layer=layer,
                                  since=since, until=until,
                                  shown_by=run.curve(f"zeroacc/gradients/{layer}"))
                for layer, rms in ((first, typical[0]), (last, typical[-1]))
            ),
            Evidence.of_table(f"update ÷ weights of `{first}`, median", context.given(WEIGHTS),
                              moved, at_least(STANDS_STILL), layer=first, since=since,
                              until=until),
        ),
        since=since,
        layers=faded,
        fix=_fix(run, faded),
    )


def _fix(run: Run, layers: tuple[str, ...]) -> Fix:
    known = [layer for name in layers if (layer := layer_named(run, name)) is not None]
    squashed = next((layer for layer in known if layer.activation in SATURATING), None)
    if squashed is None:
        return Fix(
            "Add skip connections or normalisation between the layers.",
            "y = keras.layers.LayerNormalization()(keras.layers.Add()([x, block(x)]))",
        )
    before = layer_call(squashed, activation=squashed.activation)
    after = layer_call(squashed, activation="relu", kernel="HeNormal")
    return Fix(
        f"Replace {squashed.activation} by ReLU in the hidden layers, with He initialisation.",
        f"- {before}\n+ {after}",
    )
