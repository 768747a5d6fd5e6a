"""ZA608: a model that scores otherwise in inference than in training."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answers import (
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
from tb_zeroacc.diagnosis.computed.learning.failing_validation import ABOVE, HeldOut, held_out
from tb_zeroacc.diagnosis.computed.learning.first_pass import NEVER_AS_GOOD, first_pass_loss
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.model.holding_back import DENSE
from tb_zeroacc.diagnosis.computed.model.layers import is_own
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, VALIDATION_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, number, percent

NORMALISES = "BatchNormalization"
RANDOM = ("Dropout", "Noise")  # in the names of Keras' layers that act in training alone
# Weight of the initial values in the moving averages at the end. .62 and .93 where validation fails
# for it; .01 in healthy runs of 450 steps at the usual momentum of .99 (measured).
UNSETTLED = 0.1
# Weight of the initial values from which on hardly anything else is in them, and a momentum beyond
# any of keras.applications (.999), whose averages begin as they were trained.
INITIAL, SLOW = 0.9, 0.9995
PAIR = 2  # examples, whose normalised values are 1 and -1 whatever they were


@rule(
    "ZA608",
    "train-and-inference-differ",
    Tier.STRONG,
    Stage.OUTPUT,
    motif=Motif.BOTH_LOSSES,
    healthy="The model behaves the same in training and inference",
    step=Step.SIMPLICITY,
    needs=(CONTRACT, VALIDATION_LOSS),
    explains=("ZA404", "ZA509", "ZA605", "ZA613", "ZA706"),
    yields_to=("ZA106", "ZA108", "ZA205"),
    fix=Fix(
        "Lower the momentum of the batch normalisation, or train for more steps.",
        "keras.layers.BatchNormalization(momentum=0.9)",
    ),
)
def train_and_inference_differ(context: RunContext) -> Answer:
    """The model behaves otherwise in inference than in training, which alone is good.

    ## What it means
    In training batch normalisation uses the mean and variance of the batch, in inference moving
    averages of them. These begin at 0 and 1 and follow by 1 % a step at the usual momentum of .99:
    after 50 steps they are still six tenths of what they began as.

    ## Why accuracy suffers
    In inference every layer is scaled by numbers that have nothing to do with its inputs.
    Validation is at chance while training looks perfect, even on the same examples.

    ## How it is detected
    From the contract's momentum and the number of steps: momentum to the power of the steps is the
    weight that the initial values still have. It must be 10 % or more (measured: 55 % to 95 % in
    failing programs; 45 % in a healthy one whose inputs fit the initial values, else 2 % at most),
    AND validation must fail where training does not: its loss ends at twice the training loss or
    more, while training beats its baseline. And either it ends at half of what a constant
    prediction scores or more: a smell below nine tenths of that, since a pretrained model begins
    with averages of its own, which only lag. Or it never came below 1.15 times what training scored
    in its first epoch, where every batch was as new to it as validation is, so that no memory of
    examples explains it (1.2 to 470 times in failing programs, 1.02 at most in healthy ones: the
    limit is 1.15). Layers that are frozen are left out. Where averages have settled, or there is
    dropout, noise or a layer of the user's own alone, the latter is a smell: validation data of
    another kind look the same. So is an ending at twice the training loss where the initial values
    keep nine tenths of the weight at a momentum of .9995 or more. And whatever validation says:
    where training does not beat its baseline and batch normalisation gets 2 examples at most, as
    vectors: their normalised values are 1 and -1. Steps back behind ZA106, ZA108 and ZA205.

    ## How to fix it
    ```python
    keras.layers.BatchNormalization(momentum=0.9)
    ```
    Smaller batches give more steps an epoch; `LayerNormalization` needs no averages.

    ## Easily confused with
    ZA605 overfits: validation was good at first. ZA108 train-validation-input-shift: there the
    inputs differ, here the model does.

    ## Sources
    Ioffe and Szegedy 2015, Batch normalization; github.com/keras-team/keras/issues/7265 and 9522;
    stackoverflow.com/q/59076114. Margins measured on Keras 3.15.
    """
    run = context.run
    switched = _switched(run)
    if not switched:
        return NotApplicable("no layer of the model is known to behave otherwise in inference")
    steps = steps_taken(run)
    if not steps:
        return CannotTell("the steps of the training were not counted")
    layers = _averaging(run)
    if not context.beats and (pair := _of_pairs(run, layers)) is not None:
        return pair
    slowest = max(layers, key=_momentum) if layers else None
    kept = _momentum(slowest) ** steps if slowest else 0.0
    said = (
        f"after {count(steps, 'step')} the initial values have a weight of {percent(kept)} in "
        f"the averages of `{slowest.name}`"
        if slowest else f"`{switched[0].name}` keeps no averages"
    )  # fmt: skip
    held = held_out(run, context.final_loss, context.baseline.loss)
    if held is None or not context.beats:
        untold = f"{said}, but training does not beat its baseline either"
        return Passed(said) if kept < UNSETTLED else CannotTell(untold)
    first = first_pass_loss(run)
    is_never_as_good = first is not None and held.best >= NEVER_AS_GOOD * first > 0
    new = first if held.is_worse and is_never_as_good else None
    initial = slowest is not None and _momentum(slowest) >= SLOW and kept >= INITIAL
    fails = new is not None or held.fails or (initial and held.is_worse)
    if slowest and kept >= UNSETTLED and fails:
        return _flagged(slowest, kept, steps, held, new)
    if new is not None:
        return _flagged_gap(switched[0], held, new)
    return Passed(f"{said}, and validation does not suffer from it")


def _switched(run: Run) -> list[Layer]:
    """The layers that inference switches to another way, or off; the likeliest cause first."""
    layers = run.contract.layers if run.contract else ()
    dropping = [x for x in layers if any(word in x.class_name for word in RANDOM)]
    return [*dropping, *_averaging(run), *(x for x in layers if is_own(x))]


def _averaging(run: Run) -> list[Layer]:
    """The layers of batch normalisation whose averages follow the training data."""
    layers = run.contract.layers if run.contract else ()
    return [x for x in layers if x.class_name == NORMALISES and x.trainable and _momentum(x) > 0]


def _momentum(layer: Layer) -> float:
    momentum = layer.settings.get("momentum")
    return float(momentum) if isinstance(momentum, int | float) else 0.0


def _flagged(
    layer: Layer, kept: float, steps: int, held: HeldOut, new: float | None
) -> Flagged:
    momentum = _momentum(layer)
    if new is not None:
        said, harm = _against_new(held, new)
    else:
        said = f"The validation loss ends at {number(held.end)}, that of training at " \
               f"{number(held.training)}."
        harm = Evidence.of_curve("validation loss at the end, against twice that of training",
                                 held.curve, held.end, at_most(ABOVE * held.training))
    return Flagged(
        summary=f"The moving averages of `{layer.name}` are {percent(kept)} initial values: "
        f"inference differs from training.",
        context=f"They follow at a momentum of {momentum:g} for {count(steps, 'step')}. {said}",
        evidence=(
            Evidence.of_number("weight of the initial values in the moving averages at the end",
                               kept, at_most(UNSETTLED), unit="share", layer=layer.name),
            harm,
        ),
        tier=None if new is not None or held.is_at_chance else Tier.SMELL,
        layers=(layer.name,),
        fix=Fix(
            "Lower the momentum, so that the averages follow within the steps that there are.",
            f"- keras.layers.BatchNormalization(momentum={momentum:g})\n"
            f"+ keras.layers.BatchNormalization(momentum={_settling(steps):g})",
        ),
    )  # fmt: skip


def _of_pairs(run: Run, layers: list[Layer]) -> Flagged | None:
    """The finding on batch normalisation that gets vectors of two examples at a time."""
    batch, contract, shapes = run.table("batch"), run.contract, run.shapes
    if batch is None or contract is None or not layers or shapes is None:
        return None
    examples = float(np.nanmax(batch.column("examples"), initial=0.0))
    before = contract.layers[: contract.layers.index(layers[0])]
    are_vectors = all(x.class_name in (*DENSE, "InputLayer") for x in before) and all(
        tensor.shape is not None and len(tensor.shape) == 2 for tensor in shapes.inputs
    )
    if not 0 < examples <= PAIR or not are_vectors:
        return None
    name, many = layers[0].name, count(int(examples), "example")
    return Flagged(
        summary=f"`{name}` normalises over batches of {many}: whatever they hold, it makes the "
        "same of them.",
        context="Of two examples one becomes 1 and the other -1 in every unit; inference divides "
        "by averages of many and sees other numbers.",
        evidence=(
            Evidence.of_table("examples in a batch", batch, examples, at_least(PAIR + 1)),
        ),
        layers=(name,),
        fix=Fix(
            "Try larger batches, or normalise each example by itself.",
            "- keras.layers.BatchNormalization()\n+ keras.layers.LayerNormalization()",
        ),
    )  # fmt: skip


def _flagged_gap(layer: Layer, held: HeldOut, new: float) -> Flagged:
    """What no average explains: a suspicion, since validation data of another kind look the same.

    No layer is named as its place: which one it is, if any, is not known.
    """
    said, harm = _against_new(held, new)
    return Flagged(
        summary="Validation was never as good as training on new batches: inference may differ.",
        context=f"{said} `{layer.name}` behaves otherwise in inference.",
        evidence=(harm,),
        tier=Tier.SMELL,
        fix=Fix(
            "Evaluate the model on its training data. Bad there, too: look at how layers are "
            "called, `training=` in particular. Good there: validation data are of another kind.",
            "print(model.evaluate(x_train, y_train), model.evaluate(x_val, y_val))",
        ),
    )


def _against_new(held: HeldOut, new: float) -> tuple[str, Evidence]:
    """The best of validation beside what training scored on new batches: a sentence and a fact."""
    return (
        f"Batches that were new to training scored {number(new)} in its first epoch, validation "
        f"{number(held.best)} at best.",
        Evidence.of_curve("lowest validation loss, against that of new batches in training",
                          held.curve, held.best, at_most(NEVER_AS_GOOD * new)),
    )  # fmt: skip


def _settling(steps: int) -> float:
    """A momentum at which the averages have settled after a fifth of the steps."""
    return next((m for m in (0.99, 0.95, 0.9, 0.8) if m ** (steps / 5) < UNSETTLED), 0.5)
