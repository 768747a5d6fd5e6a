"""ZA302: a categorical cross-entropy over one unit, which is 0 whatever the model says."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown, points_of
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
    at_least,
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.needs import ACCURACY, CONTRACT, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import number

NOTHING = 2e-7  # of a loss: Keras clips probabilities at 1 - 1e-7, which scores 1.2e-7
FEWEST_POINTS = 5
WRONG = 0.05  # share of wrong answers: each adds ln 2 or more to the sum of a cross-entropy


@rule(
    "ZA302",
    "categorical-loss-with-one-unit",
    Tier.DEFINITE,
    Stage.CONTRACT,
    needs=((CONTRACT, LOSS),),
    explains=("ZA403", "ZA404", "ZA509", "ZA702", "ZA704", "ZA708"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Use a binary cross-entropy for one unit, or one unit a class.",
        '- keras.layers.Dense(1, activation="softmax")\n'
        '+ keras.layers.Dense(1, activation="sigmoid")\n'
        '- model.compile(loss="categorical_crossentropy")\n'
        '+ model.compile(loss="binary_crossentropy", metrics=["accuracy"])',
    ),
)
def categorical_loss_with_one_unit(context: RunContext) -> Answer:
    """The loss is a categorical cross-entropy over one unit, which is 0 whatever the model says.

    ## What it means
    Categorical cross-entropy compares shares that add up to 1 over the classes. Of one class the
    share is always 1, and its logarithm 0.

    ## Why accuracy suffers
    The loss cannot get better, so nothing is learned. Accuracy stays at the share of one class.

    ## How it is detected
    From the contract: a categorical cross-entropy on an output of one unit. Exact. From curves
    alone, strong: the training loss is under 2e-7 at each of 5 points or more, the first one
    included, while more than .05 of the answers are wrong throughout. A wrong answer of a
    classifier costs ln 2 or more, so such a loss does not see the answers; all weights of 0, and a
    tracker that is never updated, look the same.

    ## How to fix it
    ```python bad
    model.add(keras.layers.Dense(1, activation="softmax"))
    model.compile(loss="categorical_crossentropy")
    ```
    ```python good
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    ```

    ## Easily confused with
    ZA301 softmax-on-one-unit: there a binary loss falls all the same. ZA210 zero-weights: sample or
    class weights of 0 silence any loss. ZA406 loss-tracker-not-updated: there only the log is 0.

    ## Sources
    github.com/keras-team/keras/issues/17029. Measured on Keras 3.15: the loss is 0.0000 for ever.
    """
    run = context.run
    if run.contract is None:
        return _by_curves(run)
    outputs = [o for o in trained_outputs(run) if o.loss == "categorical_crossentropy"]
    known = [o for o in outputs if o.units is not None]
    if outputs and not known:
        return CannotTell("the number of units of the output is not known")
    for output in known:
        if output.units == 1:
            return _by_contract(context, output)
    return Passed("no categorical cross-entropy over one unit")


def _by_contract(context: RunContext, output: Output) -> Flagged:
    return Flagged(
        summary="The loss is 0 whatever the model says: a categorical cross-entropy over one unit.",
        context="Of one class the share is always 1.",
        evidence=(
            Evidence.of_number("units under a categorical cross-entropy", 1, unlike(1),
                               unit="units", layer=output.layer),
            *curve_shown(context.run, Role.LOSS, Role.ACCURACY),
        ),
        tier=context.tier_of_contract,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
    )  # fmt: skip


def _by_curves(run: Run) -> Answer:
    loss, accuracy = (
        None if curve is None else course_of(run, curve)
        for curve in (run.headline(Role.LOSS), run.headline(Role.ACCURACY))
    )
    if loss is None or accuracy is None:
        missing = (CONTRACT.missing, *(() if accuracy else (ACCURACY.missing,)))
        return CannotTell("which loss was trained is not in the log", missing)
    if loss.points < FEWEST_POINTS or accuracy.points < FEWEST_POINTS:
        return CannotTell(f"fewer than {FEWEST_POINTS} points", (CONTRACT.missing,))
    largest = float(np.abs(loss.values).max())
    if largest > NOTHING:
        return Passed(f"the loss is not 0 throughout: up to {number(largest)}")
    if float(accuracy.levels.max()) >= 1.0 - WRONG:
        return Passed(f"a loss of 0 beside an accuracy of {number(accuracy.best)}")
    return _zero(loss, accuracy)


def _zero(loss: Course, accuracy: Course) -> Flagged:
    return Flagged(
        summary=f"The loss is 0 in all {points_of(loss.curve, loss.points)}, while accuracy is "
        f"{number(accuracy.end)}: it does not see the answers.",
        context="A categorical cross-entropy over one unit is 0 whatever the model says, and so is "
        "a loss whose weights are all 0.",
        evidence=(
            Evidence.of_curve("loss at the end", loss.curve, loss.end,
                              unlike(0.0, room=NOTHING)),
            Evidence.of_curve("accuracy beside it", accuracy.curve,
                              accuracy.end / accuracy.curve.scale,
                              at_least((1.0 - WRONG) / accuracy.curve.scale)),
        ),
        tier=Tier.STRONG,
        since=BEFORE_TRAINING,
        rivals=(
            ("ZA210", "whether sample or class weights are 0: print a few of them"),
            ("ZA406", "the loss of one batch, computed by hand, against the logged one"),
        ),
    )  # fmt: skip
