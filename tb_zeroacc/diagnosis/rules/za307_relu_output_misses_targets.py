"""ZA307: negative targets of an output with ReLU."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.targets_beyond import targets_beyond
from tb_zeroacc.diagnosis.answers import Answer, Fix, Stage, Tier
from tb_zeroacc.diagnosis.computed.model.reach import ONE_SIDED
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule


@rule(
    "ZA307",
    "relu-output-misses-targets",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.TARGETS,
    healthy="The output can reach negative targets",
    needs=(CONTRACT,),
    explains=(
        "ZA206", "ZA208", "ZA401", "ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA701", "ZA702",
        "ZA703", "ZA704", "ZA705",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Leave the activation of the output out.",
        '- keras.layers.Dense(1, activation="relu")\n+ keras.layers.Dense(1)',
    ),
)  # fmt: skip
def relu_output_misses_targets(context: RunContext) -> Answer:
    """Negative targets are to be met by an output with ReLU, which makes none.

    ## What it means
    ReLU, softplus and an exponential make numbers of 0 or more, ELU of -1 or more. Standardised
    targets are negative for half of the examples.

    ## Why accuracy suffers
    The best that the output can say about a negative target is 0. Where ReLU says 0 its gradient is
    0, too: an output that is pushed below 0 for all examples never comes back.

    ## How it is detected
    From contract and recorded targets: a regression loss on such an activation, and a tenth or more
    of the targets' range beyond its bound (6 for ReLU6). It is a smell where less than a quarter
    of the targets seem to lie there, by mean and standard deviation as of a normal distribution;
    strong where the run beats its baseline all the same. Where examples are masked or have weights
    of 0 those targets may be padding: a smell. Recorded outputs beyond the bound show that
    something follows the activation.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1, activation="relu"))
    model.compile(loss="mse")  # y: standardised
    ```
    ```python good
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse")
    ```

    ## Easily confused with
    ZA306 bounded-output-misses-targets: the same with two bounds. ZA304
    relu-output-with-cross-entropy: there the labels are classes. ZA504 dead-relu-units: there
    hidden units are dead.

    ## Sources
    Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2. The limits are this rule's
    own.
    """
    return targets_beyond(context, ONE_SIDED, "one-sided")
