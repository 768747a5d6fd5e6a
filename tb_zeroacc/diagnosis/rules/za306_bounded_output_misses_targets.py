"""ZA306: targets outside the range of a sigmoid, tanh or softmax."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.targets_beyond import targets_beyond
from tb_zeroacc.diagnosis.answers import Answer, Fix, Stage, Tier
from tb_zeroacc.diagnosis.computed.model.reach import BOUNDED
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule


@rule(
    "ZA306",
    "bounded-output-misses-targets",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.TARGETS,
    healthy="Targets lie within the range of the output",
    needs=(CONTRACT,),
    explains=(
        "ZA206", "ZA208", "ZA401", "ZA403", "ZA404", "ZA503", "ZA505", "ZA509", "ZA701", "ZA702",
        "ZA703", "ZA704", "ZA705",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Leave the activation out, or scale the targets into its range.",
        '- keras.layers.Dense(1, activation="sigmoid")\n+ keras.layers.Dense(1)',
    ),
)  # fmt: skip
def bounded_output_misses_targets(context: RunContext) -> Answer:
    """Targets lie outside the range of the output's sigmoid, tanh or softmax.

    ## What it means
    A sigmoid and a softmax make numbers between 0 and 1, tanh between -1 and 1. Targets of 180, or
    standardised ones of -2 to 2, lie outside.

    ## Why accuracy suffers
    The output moves to its bound and stays there, where the slope is next to 0: the model ends as
    a constant, with an error that no training can reduce.

    ## How it is detected
    From contract and recorded targets: a regression loss on a sigmoid, tanh, softsign or softmax,
    and a tenth or more of the targets' range outside of the activation's. It is a smell where less
    than a quarter of the targets seem to lie there, by mean and standard deviation as of a normal
    distribution; strong where the run beats its baseline all the same. Where examples are masked or
    have weights of 0 those targets may be padding: a smell. Recorded outputs outside of the range
    show that something follows the activation. What a layer behind it makes of the values is not
    judged.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="mse")  # y: 0 .. 180
    ```
    ```python good
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse")
    ```
    Or `y = (y - y.min()) / (y.max() - y.min())`.

    ## Easily confused with
    ZA208 target-not-normalised: there the output could reach the targets, in more steps. ZA308
    regression-loss-for-classes: there the targets are classes. ZA307 relu-output-misses-targets:
    the same for activations with one bound.

    ## Sources
    Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2. The limits are this rule's
    own.
    """
    return targets_beyond(context, BOUNDED, "bounded")
