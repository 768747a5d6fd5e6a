"""ZA303: logits that the loss treats as probabilities."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import argument_diff, loss_call, sigmoid_fix
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
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
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES
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
from tb_zeroacc.run import Role
from tb_zeroacc.wording import count, number


@rule(
    "ZA303",
    "linear-output-without-from-logits",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUTS,
    healthy="Loss and output agree on logits or probabilities",
    needs=(CONTRACT,),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA506", "ZA509", "ZA602", "ZA702", "ZA703", "ZA704",
        "ZA705", "ZA706",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Tell the loss that it gets logits.",
        '- loss="sparse_categorical_crossentropy",\n'
        "+ loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
    ),
)
def linear_output_without_from_logits(context: RunContext) -> Answer:
    """Cross-entropy treats the logits of a linear output as probabilities.

    ## What it means
    The output has no activation, so its values are unbounded, and the loss does not know it:
    `from_logits` is False. Keras clips them to between 0 and 1 before the logarithm. Where values
    are clipped the gradient is 0, elsewhere it is that of another function.

    ## Why accuracy suffers
    Most examples give no gradient or a misleading one: ten classes of digits that softmax learns to
    .98 ended at .21 to .60, at a loss of .93 to 1.0 times that of a constant prediction (measured).

    ## How it is detected
    From the contract: a cross-entropy with `from_logits=False` on an output whose activation is
    linear when it reaches the loss; a softmax layer after a linear one is fine. No threshold is
    needed. Not where the labels are not classes at all (whole numbers and shares between 0 and 1
    are): then the loss is wrong, not the output. From Keras' own record alone it is strong at most.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(10))
    model.compile(loss="sparse_categorical_crossentropy")
    ```
    ```python good
    model.add(keras.layers.Dense(10))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ```
    Or `activation="softmax"`; for two classes, `activation="sigmoid"` on one unit.

    ## Easily confused with
    ZA309 cross-entropy-for-regression: there the linear output is intended and the loss is wrong.
    ZA701 learning-rate-too-high: jumps in the loss that a lower rate calms.

    ## Sources
    keras.io/api/losses/probabilistic_losses (from_logits); stackoverflow.com/q/57605741;
    stackoverflow.com/q/50032197. Figures measured on Keras 3.15.
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES]
    if not outputs:
        return NotApplicable("no output is trained on cross-entropy")
    doubtful = []
    for output in outputs:
        if output.activation == "linear" and output.from_logits is False and _has_classes(output):
            labels = labels_of(run, output)
            if labels is None or labels.whole or not labels.leave_unit_range:
                return _taken_for_probabilities(context, output)
            return NotApplicable("the targets are continuous: no output would fit this loss")
        if output.activation is None or output.from_logits is None:
            doubtful.append(output)
    if doubtful:
        return CannotTell("the contract names neither the activation nor from_logits of the output")
    shown = (f"{o.activation} with from_logits={o.from_logits}" for o in outputs)
    return Passed(", ".join(dict.fromkeys(shown)))


def _has_classes(output: Output) -> bool:
    """Whether the loss distinguishes classes: a categorical one needs two units."""
    return output.loss in BINARY or output.units is None or output.units > 1


def _taken_for_probabilities(context: RunContext, output: Output) -> Flagged:
    run = context.run
    loss = output.loss or ""
    says = recorded_range(run, output)
    facts: list[Evidence] = []
    if says is not None and (says[0] < 0.0 or says[1] > 1.0):
        summary = (
            f"Cross-entropy treats outputs of {number(says[0])} to {number(says[1])} "
            "as probabilities."
        )
        facts += [
            Evidence.of_number("largest recorded output", says[1], at_most(1), layer=output.layer),
            Evidence.of_number("smallest recorded output", says[0], at_least(0),
                               layer=output.layer),
        ]
    else:
        units = count(output.units, "linear unit") if output.units else "a linear output"
        summary = f"Cross-entropy treats {units} as probabilities: from_logits is False."
    code = argument_diff(run, output, "loss", f'"{loss}"', loss_call(loss, "from_logits=True"))
    fix = Fix("Tell the loss that it gets logits.", code)
    return Flagged(
        summary=summary,
        context="Values outside 0 to 1 are clipped, and clipped values have a gradient of 0.",
        evidence=(
            Evidence(f"activation is linear, loss is {loss}, from_logits is False",
                     layer=output.layer),
            *facts,
            *curve_shown(run, Role.LOSS, Role.ACCURACY),
        ),
        tier=context.tier_of_contract,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        # Accuracy, too, treats the output of a single unit as a probability.
        fix=sigmoid_fix(run, output) if output.units == 1 else fix,
    )
