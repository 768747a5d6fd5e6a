"""ZA301, ZA303: outputs whose activation is not what the loss takes."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.agreement import (
    BINARY,
    CLASS_LOSSES,
    ROUNDING,
    curve_shown,
    labels_of,
    tier_by_source,
    trained_outputs,
)
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    Mend,
    NotApplicable,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.inside import layer_named
from tb_zeroacc.diagnosis.mending import loss_call, output_call
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number


@rule(
    "ZA301",
    "softmax-on-one-unit",
    Tier.DEFINITE,
    Stage.CONTRACT,
    needs=(CONTRACT,),
    explains=("ZA403", "ZA404", "ZA509", "ZA702", "ZA704", "ZA705"),
    outcome=Outcome.BROKEN,
    mend=Mend(
        "Give the one unit a sigmoid, which lies between 0 and 1.",
        '- keras.layers.Dense(1, activation="softmax")\n'
        '+ keras.layers.Dense(1, activation="sigmoid")',
    ),
)
def softmax_on_one_unit(case: Case) -> Answer:
    """Softmax over a single unit: the output is the constant 1.

    ## What it means
    Softmax makes the units of an output add up to 1. A single unit is therefore always exactly 1,
    whatever the weights and the input are.

    ## Why accuracy suffers
    The model names the same class for every example: accuracy is that class's share and never
    moves. The loss may fall all the same, for Keras computes the cross-entropy from the value
    before the softmax: in a recorded program from .76 to .08, at an accuracy of .627 throughout.
    With a squared error the gradient is 0 and the loss stands still as well.

    ## How it is detected
    From the contract: the activation of a trained output is softmax and its last axis has 1 unit.
    No threshold is needed, 1 is exact; neither a falling loss nor a good one speaks against it.
    Recorded outputs that are not 1 do (the softmax then runs over another axis, as in attention).
    From Keras' own record alone it is strong at most.

    ## How to mend it
    ```python bad
    keras.layers.Dense(1, activation="softmax")
    ```
    ```python good
    keras.layers.Dense(1, activation="sigmoid")
    ```
    Or keep softmax and give it one unit a class, with sparse_categorical_crossentropy.

    ## Easily confused with
    ZA404 predicts-one-class: there another class could be named, and the weights prevent it. ZA403
    metric-frozen-while-loss-falls: what this looks like where only the curves are known.

    ## Sources
    stackoverflow.com/q/59129802, stackoverflow.com/q/53971451; keras.io/api/layers/activations
    (softmax). What the loss does was measured on Keras 3.15.
    """
    run = case.run
    outputs = trained_outputs(run)
    known = [o for o in outputs if o.activation is not None]
    if not known:
        return CannotTell("the contract does not tell the activation of the output")
    ones = [o for o in known if o.activation == "softmax" and o.units == 1]
    if not ones:
        shown = ", ".join(f"{o.activation} over {count(o.units, 'unit')}" for o in known if o.units)
        return Passed(shown or "no output is a softmax over one unit")
    for output in ones:
        says = _recorded_range(run, output)
        if says is None and _axis(run, output) in (None, -1):
            return _always_one(case, output, measured=False)
        if says is not None and max(abs(x - 1.0) for x in says) < ROUNDING:
            return _always_one(case, output, measured=True)
    return Passed("the softmax of the one unit runs over another axis: its values are not all 1")


def _axis(run: Run, output: Output) -> object:
    """The axis of a softmax layer; None for an activation, which takes the last."""
    layer = layer_named(run, output.layer) if output.layer else None
    return None if layer is None else layer.settings.get("axis")


def _recorded_range(run: Run, output: Output) -> tuple[float, float] | None:
    """The smallest and largest value that an output had in any sample."""
    table = run.table("outputs")
    if table is None or output.name not in table.rows:
        return None
    row = table.rows.index(output.name)
    low, high = table.column("min")[:, row], table.column("max")[:, row]
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    return float(np.nanmin(low)), float(np.nanmax(high))


def _always_one(case: Case, output: Output, *, measured: bool) -> Flagged:
    run = case.run
    learned = ""
    if case.final_loss is not None and np.isfinite(case.final_loss):
        learned = f", at a loss of {number(case.final_loss)}"
    accuracy = case.final_accuracy
    member = run.recorder_member or ""
    facts = [Evidence("units under the softmax", 1.0, 1.0, "equal", "units", layer=output.layer)]
    if measured:
        facts.append(Evidence("smallest recorded output", 1.0, 1.0, "equal", member=member,
                              layer=output.layer))
    return Flagged(
        summary="The output is always 1: softmax over a single unit.",
        context=f"Accuracy ends at {number(accuracy)}{learned}; it is the share of one class."
        if accuracy is not None
        else "Whatever the weights and inputs are, the model gives the same answer.",
        evidence=(*facts, *curve_shown(run, Role.ACCURACY, Role.LOSS)),
        tier=tier_by_source(run),
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        mend=Mend(
            "Give the one unit a sigmoid, which lies between 0 and 1.",
            f"- {output_call(run, output, 'softmax')}\n+ {output_call(run, output, 'sigmoid')}",
        ),
    )


@rule(
    "ZA303",
    "linear-output-without-from-logits",
    Tier.DEFINITE,
    Stage.CONTRACT,
    needs=(CONTRACT,),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA506", "ZA509", "ZA602", "ZA702", "ZA703", "ZA704",
        "ZA705", "ZA706",
    ),
    outcome=Outcome.BROKEN,
    mend=Mend(
        "Tell the loss that it gets logits.",
        '- loss="sparse_categorical_crossentropy",\n'
        "+ loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
    ),
)
def linear_output_without_from_logits(case: Case) -> Answer:
    """Cross-entropy takes the numbers of a linear output for probabilities.

    ## What it means
    The output has no activation, so its values are any numbers, and the loss was not told so:
    `from_logits` is False. Keras clips them to between 0 and 1 before the logarithm. Where the clip
    acts the gradient is 0, elsewhere it is that of another function.

    ## Why accuracy suffers
    Most examples give no gradient or a misleading one: ten classes of digits that softmax learns
    to .98 ended at .21 to .60, at a loss of .93 to 1.0 of that of a constant answer (measured).

    ## How it is detected
    From the contract: a cross-entropy with `from_logits=False` on an output whose activation is
    linear when it reaches the loss; a softmax layer behind a linear one is in order. No threshold
    is needed. Not where the labels are no classes at all (whole numbers and shares between 0 and 1
    are): then the loss is the fault, not the output. From Keras' own record alone it is strong at
    most.

    ## How to mend it
    ```python bad
    model.add(keras.layers.Dense(10))
    model.compile(loss="sparse_categorical_crossentropy")
    ```
    ```python good
    model.add(keras.layers.Dense(10))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ```
    Or `activation="softmax"`; for yes and no, `activation="sigmoid"` on one unit.

    ## Easily confused with
    ZA309 cross-entropy-for-regression: there the linear output is meant and the loss is wrong.
    ZA701 learning-rate-too-high: jumps in the loss that a lower rate calms.

    ## Sources
    keras.io/api/losses/probabilistic_losses (from_logits); stackoverflow.com/q/57605741;
    stackoverflow.com/q/50032197. Figures measured on Keras 3.15.
    """
    run = case.run
    outputs = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES]
    if not outputs:
        return NotApplicable("no output is trained on cross-entropy")
    doubtful = []
    for output in outputs:
        if output.activation == "linear" and output.from_logits is False and _has_classes(output):
            labels = labels_of(run, output)
            if labels is None or labels.whole or not labels.leave_unit_range:
                return _taken_for_probabilities(case, output)
            return NotApplicable("the targets are continuous: no output would fit this loss")
        if output.activation is None or output.from_logits is None:
            doubtful.append(output)
    if doubtful:
        return CannotTell("the contract tells neither the activation nor from_logits of the output")
    shown = (f"{o.activation} with from_logits={o.from_logits}" for o in outputs)
    return Passed(", ".join(dict.fromkeys(shown)))


def _has_classes(output: Output) -> bool:
    """Whether the loss has classes to tell apart: a categorical one needs two units."""
    return output.loss in BINARY or output.units is None or output.units > 1


def _taken_for_probabilities(case: Case, output: Output) -> Flagged:
    run = case.run
    loss = output.loss or ""
    says = _recorded_range(run, output)
    facts: list[Evidence] = []
    if says is not None and (says[0] < 0.0 or says[1] > 1.0):
        summary = (
            f"Cross-entropy takes outputs of {number(says[0])} to {number(says[1])} "
            "for probabilities."
        )
        member = run.recorder_member or ""
        facts += [
            Evidence("largest recorded output", says[1], 1.0,
                     "above" if says[1] > 1.0 else "below", member=member, layer=output.layer),
            Evidence("smallest recorded output", says[0], 0.0,
                     "below" if says[0] < 0.0 else "above", member=member, layer=output.layer),
        ]
    else:
        units = count(output.units, "linear unit") if output.units else "a linear output"
        summary = f"Cross-entropy takes {units} for probabilities: from_logits is False."
    if output.units == 1:  # accuracy, too, takes what the unit says for a share
        text = "Give the one unit a sigmoid, which lies between 0 and 1."
        code = f"- {output_call(run, output, None)}\n+ {output_call(run, output, 'sigmoid')}"
    else:
        text = "Tell the loss that it gets logits."
        code = f'- loss="{loss}",\n+ loss={loss_call(loss, "from_logits=True")},'
    return Flagged(
        summary=summary,
        context="Values outside 0 to 1 are clipped, and where they are the gradient is 0.",
        evidence=(
            Evidence(f"activation is linear, loss is {loss}, from_logits is False",
                     layer=output.layer),
            *facts,
            *curve_shown(run, Role.LOSS, Role.ACCURACY),
        ),
        tier=tier_by_source(run),
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        mend=Mend(text, code),
    )
