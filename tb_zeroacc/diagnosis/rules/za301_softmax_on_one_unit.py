"""ZA301: a softmax over one unit."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import sigmoid_fix
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    unlike,
)
from tb_zeroacc.diagnosis.computed.data.labels import ROUNDING
from tb_zeroacc.diagnosis.computed.model.layers import layer_named
from tb_zeroacc.diagnosis.computed.model.outputs import (
    recorded_range,
    trained_outputs,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number


@rule(
    "ZA301",
    "softmax-on-one-unit",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUTS,
    healthy="The output can differ from example to example",
    needs=(CONTRACT,),
    explains=("ZA306", "ZA403", "ZA404", "ZA509", "ZA702", "ZA704", "ZA705"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Use a sigmoid for a single unit: it lies between 0 and 1.",
        '- keras.layers.Dense(1, activation="softmax")\n'
        '+ keras.layers.Dense(1, activation="sigmoid")',
    ),
)
def softmax_on_one_unit(context: RunContext) -> Answer:
    """Softmax over a single unit: the output is the constant 1.

    ## What it means
    Softmax makes the units of an output add up to 1. A single unit is therefore always exactly 1,
    whatever the weights and the input are.

    ## Why accuracy suffers
    The model predicts the same class for every example: accuracy is that class's share and never
    changes. The loss may fall all the same, for Keras computes the cross-entropy from the value
    before the softmax: in a recorded program from .76 to .08, at an accuracy of .627 throughout.
    With a squared error the gradient is 0 and the loss does not change either.

    ## How it is detected
    From the contract: the activation of a trained output is softmax and its last axis has 1 unit.
    No threshold is needed, 1 is exact; neither a falling nor a low loss is evidence against it.
    Recorded outputs other than 1 are (the softmax then runs over another axis, as in attention).
    From Keras' own record alone it is strong at most.

    ## How to fix it
    ```python bad
    keras.layers.Dense(1, activation="softmax")
    ```
    ```python good
    keras.layers.Dense(1, activation="sigmoid")
    ```
    Or keep softmax with one unit per class, and sparse_categorical_crossentropy.

    ## Easily confused with
    ZA404 predicts-one-class: there another class could be predicted, and the weights prevent it.
    ZA403 metric-frozen-while-loss-falls: what this looks like where only the curves are known.

    ## Sources
    stackoverflow.com/q/59129802, stackoverflow.com/q/53971451; keras.io/api/layers/activations
    (softmax). What the loss does was measured on Keras 3.15.
    """
    run = context.run
    outputs = trained_outputs(run)
    known = [o for o in outputs if o.activation is not None]
    if not known:
        return CannotTell("the contract does not name the activation of the output")
    ones = [o for o in known if o.activation == "softmax" and o.units == 1]
    if not ones:
        shown = ", ".join(f"{o.activation} over {count(o.units, 'unit')}" for o in known if o.units)
        return Passed(shown or "no output is a softmax over one unit")
    for output in ones:
        says = recorded_range(run, output)
        if says is None and _axis(run, output) in (None, -1):
            return _always_one(context, output, measured=False)
        if says is not None and max(abs(x - 1.0) for x in says) < ROUNDING:
            return _always_one(context, output, measured=True)
    return Passed("the softmax of the one unit runs over another axis: its values are not all 1")


def _axis(run: Run, output: Output) -> object:
    """The axis of a softmax layer; None for an activation, which takes the last."""
    layer = layer_named(run, output.layer) if output.layer else None
    return None if layer is None else layer.settings.get("axis")


def _always_one(context: RunContext, output: Output, *, measured: bool) -> Flagged:
    run = context.run
    learned = ""
    if context.final_loss is not None and np.isfinite(context.final_loss):
        learned = f", at a loss of {number(context.final_loss)}"
    accuracy = context.final_accuracy
    facts = [
        Evidence.of_number("units under the softmax", 1, unlike(1), unit="units",
                           layer=output.layer)
    ]  # fmt: skip
    if measured:
        facts.append(Evidence.of_number("smallest recorded output", 1, unlike(1),
                                        layer=output.layer))  # fmt: skip
    return Flagged(
        summary="The output is always 1: softmax over a single unit.",
        context=f"Accuracy ends at {number(accuracy)}{learned}; it is the share of one class."
        if accuracy is not None
        else "Whatever the weights and inputs are, the output is the same.",
        evidence=(*facts, *curve_shown(run, Role.ACCURACY, Role.LOSS)),
        tier=context.tier_of_contract,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=sigmoid_fix(run, output),
    )
