"""ZA505: hidden sigmoid or tanh units at the ends of their range."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.silent_units import SilentUnits, answer_on
from tb_zeroacc.diagnosis.answers import Answer, Fix, Stage, Tier
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS
from tb_zeroacc.diagnosis.rule import Muted, rule

# Share of (unit, example) pairs with a derivative under 1 % of its maximum. Hidden layers of
# healthy models end at up to 52 %, of broken ones at 85 % and more (measured); good sigmoid OUTPUTS
# reach 50-94 %, so outputs are left out.
SATURATED = 0.75
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
    its baseline.

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
    return answer_on(context, SATURATED_UNITS, SATURATED)
