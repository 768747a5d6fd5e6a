"""ZA504: hidden ReLU units that no example activates."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.silent_units import SilentUnits, answer_on
from tb_zeroacc.diagnosis.answers import Answer, Fix, Stage, Tier
from tb_zeroacc.diagnosis.computed.model.silent_units import dead_threshold
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACTIVATIONS
from tb_zeroacc.diagnosis.rule import Muted, rule

DEAD_UNITS = SilentUnits(
    "dead_unit_share", "ReLU", "units", "dead", "dead units", "zeroacc/dead_units", "HeNormal",
    shows_bias=True, instead="LeakyReLU",
)  # fmt: skip


@rule(
    "ZA504",
    "dead-relu-units",
    Tier.STRONG,
    Stage.ACTIVATIONS,
    motif=Motif.DEAD_UNITS,
    healthy="ReLU units are alive",
    needs=(ACTIVATIONS,),
    explains=("ZA403", "ZA404", "ZA503", "ZA509", "ZA702", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Lower the learning rate, use He initialisation and zero biases; or use a leaky ReLU.",
        'keras.layers.Dense(64, activation="leaky_relu", kernel_initializer="he_normal")',
    ),
)
def dead_relu_units(context: RunContext) -> Answer:
    """Nearly all units of a hidden ReLU layer are dead: no example activates them.

    ## What it means
    A ReLU unit whose input is negative for every example outputs 0 and passes no gradient back.
    Training cannot reactivate it.

    ## Why accuracy suffers
    A layer that is entirely dead passes nothing of the input on: the model predicts the same for
    every example, the largest class at best.

    ## How it is detected
    Per hidden layer, the share of units that not one example of the batch activates (units, not
    elements: in healthy models half of all elements are 0). Its median over the last samples (a
    quarter of them, at most ten) must be 90 % or more. Healthy models end with 33 to 64 % of a
    layer dead, broken ones with 100 % (measured). With fewer than 8 examples per batch only 100 %
    counts, and nothing behind a weight that is NaN or infinite, of which ReLU makes 0. Muted once
    the run beats its baseline. It begins where the share passes 90 % and stays
    there in nine of ten samples.

    ## How to fix it
    ```python
    keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal",
                       bias_initializer="zeros")
    ```
    If units died after a jump of the update ratio, lower the learning rate first.

    ## Easily confused with
    ZA701 learning-rate-too-high: then the layer is active at step 0 and dies after a large update;
    dead from step 0 on points to the initialisation. ZA601 zero-initialisation: there the kernels
    are constant. ZA104 feature-scales-differ: there one step on raw features kills the units.

    ## Sources
    Lu et al. 2019, Dying ReLU and initialization; stackoverflow.com/q/46639430;
    docs.aws.amazon.com/sagemaker (Debugger's DeadRelu). Margins measured on Keras 3.15.
    """
    return answer_on(context, DEAD_UNITS, dead_threshold(context.run))
