"""ZA604: a model that something holds back from what its data would allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
from tb_zeroacc.diagnosis.answering.fixes.regularizers import weaker_regularizer
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
from tb_zeroacc.diagnosis.computed.chance.baseline import BEATEN_LOSS
from tb_zeroacc.diagnosis.computed.data.association import CHANCE, Association, association_of
from tb_zeroacc.diagnosis.computed.learning.failing_validation import held_out
from tb_zeroacc.diagnosis.computed.learning.run_length import is_short, longest_loss
from tb_zeroacc.diagnosis.computed.learning.trend import Trend, still_falling, trend_of
from tb_zeroacc.diagnosis.computed.model.holding_back import (
    DROPPED,
    NARROW,
    PENALISED,
    SHORT,
    heaviest_dropout,
    lasting_penalty,
    narrow_layer,
    shortest_kernel,
)
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LOSS
from tb_zeroacc.diagnosis.rule import Family, Muted, rule
from tb_zeroacc.run import Curve, Run
from tb_zeroacc.wording import number, percent

USUAL_NORM = 2.0  # of a unit's weights; 3 to 4 in Srivastava et al. 2014, section 5.1
ENOUGH = 4  # units a class, at which a layer is never too narrow to tell them
LEAST_DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class _Held:
    """What holds a model back: in words, the number that shows it, the layer, and what to do."""

    what: str
    shown: Evidence
    layer: str
    fix: Fix | None


@rule(
    "ZA604",
    "underfits",
    Tier.STRONG,
    Stage.CONTRACT,
    motif=Motif.HOLDING_BACK,
    healthy="The model has room for what its data hold",
    needs=(CONTRACT, LOSS),
    explains=("ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA608", "ZA704", "ZA705"),
    yields_to=(
        Family.INPUTS, Family.LABELS, Family.OUTPUT_AND_LOSS, "ZA501", "ZA505", "ZA601", "ZA602",
        "ZA603", "ZA607", "ZA609", "ZA701", "ZA702", "ZA708",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Take away what holds the model back: a layer of one unit, a dropout of nine tenths, a "
        "constraint that keeps kernels near 0.",
        '- keras.layers.Dense(1, activation="tanh"),\n'
        '+ keras.layers.Dense(64, activation="relu"),',
    ),
)  # fmt: skip
def underfits(context: RunContext) -> Answer:
    """The model is held back from what its data would allow.

    ## What it means
    All that the model can say about an input must pass one number; or hardly anything passes at
    all, since nine tenths and more are dropped; or a constraint or a penalty keeps its kernels
    near 0. Usual slips: the head of an earlier task was left in place in front of the new one, and
    the share to keep was given as the share to drop.

    ## Why accuracy suffers
    The training loss itself stands on a plateau: the labels depend on the inputs, and the model
    has no means to express how.

    ## How it is detected
    The contract shows what holds it back: a hidden `Dense(1)` in front of three classes or more;
    a dropout of .9 or more that no path leads around; a constraint on the norm of a kernel that
    keeps it at a tenth of its initial size or less (.04 in faulty programs); or regularisers of
    kernels whose penalty ends at a quarter of the loss of the data or more. (On a plateau the two
    pull alike: weights half as large again would take half of an L1 penalty, or all of an L2
    penalty, from the loss of the data, to first order.) Layers are taken for
    all that the next ones see only in a `Sequential` model, or where the operations between the
    layers are on record and none joins two tensors. And the training shows it: the loss no longer
    falls, neither it nor the validation loss is under half of its baseline, and an input column is
    correlated with a label (p of the largest correlation under 1e-4), so that there is something to
    learn. A plateau alone shows nothing: labels that contradict one another make one, too.

    ## How to fix it
    ```python
    keras.layers.Dense(64, activation="relu"),  # instead of Dense(1)
    keras.layers.Dropout(0.3),
    ```

    ## Easily confused with
    ZA609 regularisation-dominates: there a penalty makes the weights 0. ZA603 no-nonlinearity:
    there the model is wide enough, and straight. ZA206 labels-independent-of-inputs: there is
    nothing to learn. ZA504 dead-relu-units: they follow from inputs that are nearly all dropped.

    ## Sources
    Srivastava et al. 2014, Dropout (rates of .2 to .5; norms of 3 to 4); Goodfellow et al. 2016,
    Deep Learning, section 5.2 (capacity). Margins measured on Keras 3.15.
    """
    run = context.run
    if context.given(CONTRACT).source != "recorder" or has_opponent(run):
        return NotApplicable("what lies between the layers is not on record, or networks compete")
    held = _narrow(run) or _dropped(run) or _short(run) or _penalised(run)
    if held is None:
        return Passed("no layer of one unit, heavy dropout, short kernel or penalty is in its way")
    curve = longest_loss(run)
    trend = trend_of(curve.series) if curve is not None else None
    if curve is None or trend is None or is_short(run, curve):
        return CannotTell(f"{held.what}, but the run is too short to show a plateau")
    if still_falling(trend):
        return Passed(f"the loss still falls, although {held.what}")
    if context.loss_ratio is None or context.baseline.loss is None:
        return CannotTell(f"{held.what}, but the baseline of the loss is not known")
    validation = held_out(run, context.final_loss, context.baseline.loss)
    if validation is not None and validation.beats:
        return Passed(f"validation beats its baseline, although {held.what}")
    association = association_of(run)
    if association is None or association.log_p >= math.log(CHANCE):
        return CannotTell(f"{held.what}, but nothing shows that the labels depend on the inputs")
    return _flagged(context, held, (curve, trend), association, context.baseline.loss)


def _flagged(
    context: RunContext,
    held: _Held,
    plateau: tuple[Curve, Trend],
    association: Association,
    baseline: float,
) -> Flagged:
    curve, trend = plateau
    ratio = percent(context.loss_ratio or 0.0)
    column, label = association.pair
    return Flagged(
        summary=f"The model underfits: {held.what}.",
        context=f"Its loss stays at {ratio} of its baseline, although `{column}` and `{label}` are "
        f"correlated (r = {number(association.r)}).",
        evidence=(
            held.shown,
            Evidence.of_curve(
                f"training loss at the end, against half of its baseline ({context.baseline.what})",
                curve, trend.end, at_most(BEATEN_LOSS * baseline), until=trend.end_step,
            ),
        ),
        since=BEFORE_TRAINING,
        layers=(held.layer,),
        fix=held.fix,
    )  # fmt: skip


def _narrow(run: Run) -> _Held | None:
    layer = narrow_layer(run)
    if layer is None:
        return None
    classes = trained_outputs(run)[0].units or 0
    wide = replace(layer, units=ENOUGH * classes)
    return _Held(
        f"the one unit of `{layer.name}` is all by which it can tell {classes} classes apart",
        Evidence.of_number(f"units of `{layer.name}`", NARROW, at_least(NARROW + 1),
                           layer=layer.name),
        layer.name,
        Fix("Give the layer more units than there are classes, or leave it out.",
            f"- {layer_call(layer, activation=layer.activation)},\n"
            f"+ {layer_call(wide, activation='relu')},"),
    )  # fmt: skip


def _dropped(run: Run) -> _Held | None:
    found = heaviest_dropout(run)
    if found is None:
        return None
    layer, argument, share = found
    less = max(LEAST_DROPOUT, round(1.0 - share, 2))
    call = "keras.layers." + layer.class_name
    diff = f"- {argument}={share:g},\n+ {argument}={less:g},"
    if argument == "rate":
        diff = f"- {call}({share:g}),\n+ {call}({less:g}),"
    return _Held(
        f"`{layer.name}` drops {percent(share)} of what it is given",
        Evidence.of_number(f"share that `{layer.name}` drops", share, at_most(DROPPED),
                           unit="share", layer=layer.name),
        layer.name,
        Fix("Drop less: the argument is the share to drop, not the share to keep.", diff),
    )  # fmt: skip


def _short(run: Run) -> _Held | None:
    found = shortest_kernel(run)
    if found is None:
        return None
    call, name = "kernel_constraint=keras.constraints.", found.constraint.partition("(")[0]
    return _Held(
        f"{found.constraint} keeps the kernel of `{found.layer.name}` at {percent(found.share)} of "
        "its initial size",
        Evidence.of_table(f"size of `{found.variable}` at the end ÷ at first",
                          run.tables["weights"], found.share, at_least(SHORT),
                          layer=found.layer.name),
        found.layer.name,
        Fix("Let the norm of a unit's weights reach 2 and more, or leave the constraint out.",
            f"- {call}{name}(...),\n+ {call}MaxNorm({USUAL_NORM:g}),"),
    )  # fmt: skip


def _penalised(run: Run) -> _Held | None:
    found = lasting_penalty(run)
    if found is None:
        return None
    layer, regularizer, share = found
    return _Held(
        f"the penalty of its regularisers still is {percent(share)} of the loss of the data",
        Evidence.of_table("penalty ÷ loss of the data, last samples", run.tables["loss"], share,
                          at_most(PENALISED), unit="share"),
        layer.name,
        weaker_regularizer("kernel", regularizer),
    )  # fmt: skip
