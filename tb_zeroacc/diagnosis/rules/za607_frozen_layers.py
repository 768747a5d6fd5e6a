"""ZA607: nothing in the model is trainable."""

from __future__ import annotations

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
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Role
from tb_zeroacc.wording import count, number

FEWEST_STEPS = 5  # by then every optimizer that is applied has been seen to be


@rule(
    "ZA607",
    "frozen-layers",
    Tier.DEFINITE,
    Stage.CONTRACT,
    needs=(CONTRACT,),
    explains=(
        "ZA206", "ZA403", "ZA404", "ZA503", "ZA509", "ZA510", "ZA702", "ZA703", "ZA704", "ZA705",
        "ZA706", "ZA708",
    ),
    fix=Fix(
        "Set `trainable` of what shall learn before its step is traced, and compile again.",
        "model.trainable = True\nmodel.compile(optimizer, loss)",
    ),
)  # fmt: skip
def frozen_layers(context: RunContext) -> Answer:
    """No variable of the model is trainable.

    ## What it means
    `trainable = False` was set on the model, or on each of its layers, and it was trained all the
    same. The usual way into it is an old recipe for adversarial networks: the discriminator is
    compiled, then frozen for the stack of both. In Keras 3 `trainable` counts when the step is
    traced, at the first batch, not when `compile` is called.

    ## Why accuracy suffers
    No gradient is computed and nothing is updated. Keras says so once, in a warning.

    ## How it is detected
    From the contract, exactly: every layer with parameters is frozen, no optimizer was seen to be
    applied and none counted an update in 5 steps or more, and no trained variable is on record. A
    model whose step was traced before it was frozen goes on learning: there its optimizer counts.

    ## How to fix it
    ```python
    discriminator.trainable = True
    discriminator.train_on_batch(images, is_real)   # its step is traced here
    discriminator.trainable = False                 # for the stack alone
    ```
    Better: two gradient tapes, each with the variables of its own network.

    ## Easily confused with
    ZA708 weights-never-move: there gradients are computed and updates are lost. ZA314 no-gradient:
    the variables are trainable, and the loss does not depend on them.

    ## Sources
    keras.io/guides/transfer_learning (`trainable` and `compile`); keras.io/examples/generative
    (GANs with a train step of their own). Measured on Keras 3.15.
    """
    contract = context.run.contract
    assert contract is not None
    holding = [layer for layer in contract.layers if layer.parameters]
    free = [layer.name for layer in holding if layer.trainable or layer.variables]
    if contract.source != "recorder" or any(x.parameters is None for x in contract.layers):
        said = "which variables are trained is not on record"
        return CannotTell(said, (CONTRACT.missing,) if contract.source != "recorder" else ())
    if free:
        return Passed(f"{len(free)} of {count(len(holding), 'layer')} with parameters are trained")
    if not holding:
        return NotApplicable("the model has no parameters")
    updated = contract.optimizer is not None or context.run.table("weights") is not None
    if updated:
        return Passed("all layers are frozen, and an optimizer is applied all the same")
    if (steps := steps_taken(context.run)) < FEWEST_STEPS:
        return CannotTell(f"{count(steps, 'step')}: at least {FEWEST_STEPS} are needed")
    held = sum(layer.parameters or 0 for layer in holding)
    return Flagged(
        summary="No variable of the model is trainable: training changes nothing.",
        context=f"`trainable` is False in all {len(holding)} layers with parameters, which hold "
        f"{number(held)}.",
        evidence=(
            Evidence.of_number("layers with trainable variables", 0, at_least(1), unit="layers"),
            *curve_shown(context.run, Role.LOSS),
        ),
        since=BEFORE_TRAINING,
    )
