"""ZA607: layers that are not trained."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.learning.baseline import HOPELESS
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import CONTRACT
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, percent

MOSTLY = 0.5  # of the parameters; a frozen trunk has more, and is no fault where the head learns


@rule(
    "ZA607",
    "frozen-layers",
    Tier.DEFINITE,
    Stage.CONTRACT,
    needs=(CONTRACT,),
    explains=("ZA404", "ZA509", "ZA604", "ZA702", "ZA704", "ZA705", "ZA708"),
    fix=Fix(
        "Set `trainable` of the layers that shall learn, and compile again.",
        "model.trainable = True\nmodel.compile(optimizer, loss)",
    ),
)
def frozen_layers(context: RunContext) -> Answer:
    """The layers are frozen: nothing, or less than was meant, is trained.

    ## What it means
    `trainable` is False for layers that should learn: set on a whole model in which only a part was
    meant, or left from an earlier phase. Keras warns, and trains on.

    ## Why accuracy suffers
    What is frozen keeps its values. With all layers frozen the model stays what it was before the
    first step; with random layers frozen the rest has to make do with random features.

    ## How it is detected
    From the contract of a `fit`. Definite: every layer with parameters has `trainable` False, and
    no update of a variable is on record. A smell: more than half of all parameters are frozen, and
    the loss ends at nine tenths of its baseline or more. A frozen trunk under a head that learns is
    no fault. In a loop of one's own it cannot be told: there layers are frozen and thawed between
    steps.

    ## How to fix it
    ```python
    model.trainable = True
    model.compile(optimizer, loss)
    ```

    ## Easily confused with
    ZA314 no-gradient: the layers are to be trained, but the loss does not reach them. ZA708
    weights-never-move: they get a gradient, and no update.

    ## Sources
    keras.io/guides/transfer_learning; github.com/keras-team/keras/issues/7965 and 4674.
    """
    run = context.run
    contract = context.given(CONTRACT)
    sized = [layer for layer in contract.layers if layer.parameters]
    frozen = [layer for layer in sized if not layer.trainable and not layer.variables]
    if contract.source != "recorder" or not sized:
        return NotApplicable("no layer with parameters is on record")
    if contract.fit.epochs is None:
        return CannotTell("a loop of one's own may freeze and thaw layers between steps")
    if not frozen:
        return Passed(f"{count(len(sized), 'layer')} with parameters, none frozen")
    if len(frozen) == len(sized) and not _updates(run):
        return _all_frozen(sized)
    of = sum(layer.parameters or 0 for layer in sized)
    share = sum(layer.parameters or 0 for layer in frozen) / of
    verb = "is" if len(frozen) == 1 else "are"
    said = (
        f"{len(frozen)} of {count(len(sized), 'layer')} {verb} frozen, {percent(share)} of the "
        "parameters"
    )
    if share <= MOSTLY or (context.loss_ratio or 0.0) < HOPELESS:
        return Passed(said)
    return _mostly_frozen(said, share, frozen)


def _updates(run: Run) -> bool:
    """Whether a variable was seen to be updated, or it is not on record whether one was."""
    optimizers = run.contract.optimizers if run.contract else ()
    one = run.contract.optimizer if run.contract else None
    known = (*optimizers, *((one,) if one else ()))
    lacking = any({"weights", "gradients"} & set(fact.tables) for fact in run.unrecorded)
    return bool(run.table("gradients") or any(o.variables for o in known) or lacking)


def _all_frozen(sized: list[Layer]) -> Flagged:
    return Flagged(
        summary=f"Nothing is trained: {'the layer is' if len(sized) == 1 else 'all layers are'} "
        "frozen (`trainable` is False).",
        context="The weights keep the values that they had before the first step.",
        evidence=(
            Evidence.of_number("layers with parameters that are trained", 0, at_least(1)),
        ),
        since=BEFORE_TRAINING,
    )  # fmt: skip


def _mostly_frozen(said: str, share: float, frozen: list[Layer]) -> Flagged:
    names = ", ".join(f'"{layer.name}"' for layer in frozen[:3])
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
        fix=Fix(
            "Thaw the layers that hold no pretrained weights, and compile again.",
            f"for name in [{names}]:\n    model.get_layer(name).trainable = True\n"
            "model.compile(optimizer, loss)",
        ),
    )  # fmt: skip
