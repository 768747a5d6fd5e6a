"""ZA607: layers that are not trained."""

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
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role
from tb_zeroacc.wording import count, listed, number, percent

MOSTLY = 0.5  # of the parameters; a frozen trunk has more, and is no fault where the head learns
FEWEST_STEPS = 5  # by then every optimizer that is applied has been seen to be

# Layers that were frozen one by one, or in a model within, are reached only by a change.
THAW = (
    "model.trainable = False  # or the next line may change nothing\n"
    "model.trainable = True\nmodel.compile(optimizer, loss)"
)


@rule(
    "ZA607",
    "frozen-layers",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.MODEL,
    healthy="The layers that are to learn are trainable",
    needs=(CONTRACT,),
    explains=(
        "ZA206", "ZA403", "ZA404", "ZA503", "ZA509", "ZA510", "ZA604", "ZA702", "ZA703", "ZA704",
        "ZA705", "ZA706", "ZA708",
    ),
    fix=Fix(
        "Set `trainable` of what shall learn before its step is traced, and compile again.", THAW
    ),
)  # fmt: skip
def frozen_layers(context: RunContext) -> Answer:
    """The layers are frozen: nothing, or less than was meant, is trained.

    ## What it means
    `trainable = False` was set on the model, or on each of its layers, and it was trained all the
    same. The usual way into it is an old recipe for adversarial networks: the discriminator is
    compiled, then frozen for the stack of both. In Keras 3 `trainable` counts when the step is
    traced, at the first batch, not when `compile` is called.

    ## Why accuracy suffers
    Where all layers are frozen no gradient is computed and nothing is updated; Keras says so once,
    in a warning. With random layers frozen the rest has to make do with random features.

    ## How it is detected
    From the contract, exactly: every layer with parameters is frozen, no optimizer was seen to be
    applied and none counted an update in 5 steps or more, and no trained variable is on record. A
    model whose step was traced before it was frozen goes on learning: there its optimizer counts.
    A smell, in `fit` alone: more than half of all parameters are frozen, and the loss ends at nine
    tenths of its baseline or more. A frozen trunk under a head that learns is no fault, and loops
    freeze and thaw layers between steps.

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
    (GANs with a train step of their own); github.com/keras-team/keras/issues/7965 and 4674.
    Measured on Keras 3.15.
    """
    contract = context.given(CONTRACT)
    holding = [layer for layer in contract.layers if layer.parameters]
    free = [layer.name for layer in holding if layer.trainable or layer.variables]
    if contract.source != "recorder" or any(x.parameters is None for x in contract.layers):
        said = "which variables are trained is not on record"
        return CannotTell(said, (CONTRACT.missing,) if contract.source != "recorder" else ())
    if free:
        return _partly_frozen(context, holding)
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


def _partly_frozen(context: RunContext, holding: list[Layer]) -> Answer:
    """Layers with parameters, some of which are trained."""
    contract = context.given(CONTRACT)
    frozen = [layer for layer in holding if not layer.trainable and not layer.variables]
    size = sum(layer.parameters or 0 for layer in holding)
    share = sum(layer.parameters or 0 for layer in frozen) / size
    verb = "is" if len(frozen) == 1 else "are"
    said = (
        f"{len(frozen)} of {count(len(holding), 'layer')} {verb} frozen, {percent(share)} of the "
        "parameters"
    )
    is_loop = contract.fit.epochs is None
    if is_loop or share <= MOSTLY or (context.loss_ratio or 0.0) < HOPELESS:
        return Passed(said)
    return _mostly_frozen(said, share, frozen)


def _mostly_frozen(said: str, share: float, frozen: list[Layer]) -> Flagged:
    names = listed([layer.name for layer in frozen])
    return Flagged(
        summary=f"{said}, and the model does not learn.",
        context="If these layers hold no pretrained weights, they pass on random features.",
        evidence=(
            Evidence.of_number("share of the parameters that are frozen", share, at_most(MOSTLY),
                               unit="share"),
        ),
        tier=Tier.SMELL,
        since=BEFORE_TRAINING,
        layers=tuple(layer.name for layer in frozen),
        fix=Fix(f"Thaw {names}, unless they hold pretrained weights, and compile again.", THAW),
    )  # fmt: skip
