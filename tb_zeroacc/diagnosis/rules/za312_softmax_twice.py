"""ZA312: softmax applied to probabilities, so that the loss has a floor."""

from __future__ import annotations

import math
from dataclasses import replace

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.late_gain import late_gain
from tb_zeroacc.diagnosis.computed.learning.trend import first_training_step
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.needs import ACCURACY, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.wording import number

# Floors of other numbers of classes lie closer together than other losses can be told from them.
CLASSES = (2, 10, 100, 1000)
START = 1.02  # times ln k: where a model of k classes begins under two softmaxes, at most
NEAR_FLOOR = 0.02  # of it, from above; a model that is right in .97 of the cases scores 1 % more
UNDER_FLOOR = 0.005  # of it: rounding, and the mean over an epoch
RIGHT = 0.93
STANDS = 0.01  # of the level: gained in the last quarter
FEWEST_POINTS = 5
# Other numbers of classes, where the beginning shows k: a first loss of .9 ln k and more beside a
# first accuracy of 1/k + .15 at most. From 21 on the floors lie under 2 % apart.
SHOWN_CLASSES = tuple(k for k in range(3, 21) if k not in CLASSES)
BEGINS, FIRST_ACCURACY, SURELY_RIGHT = 0.9, 0.15, 0.97
# A wrong answer scores 1 more than the floor at most, so that is known from the accuracy.
NEAR_KNOWN_FLOOR = 0.01


def floor_of(classes: int) -> float:
    """The least cross-entropy of a softmax over probabilities, nats: ln(e + k - 1) - 1."""
    return math.log(math.e + classes - 1) - 1.0


@rule(
    "ZA312",
    "softmax-twice",
    Tier.STRONG,
    Stage.OUTPUT,
    needs=(LOSS, ACCURACY),
    explains=("ZA705", "ZA704"),
    outcome=Outcome.LEARNING,
    fix=Fix(
        "Apply softmax once: in the last layer or in the loss.",
        '- keras.layers.Dense(10, activation="softmax")\n'
        "+ keras.layers.Dense(10)\n"
        "+ model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))",
    ),
)
def softmax_twice(context: RunContext) -> Answer:
    """Softmax is applied twice, so the loss cannot fall below a floor.

    ## What it means
    The last layer makes probabilities, and the loss (or a second layer) takes them for logits.
    Numbers between 0 and 1 differ by 1 at most, so the second softmax can never be sure: with 10
    classes the largest probability is e / (e + 9) = .23.

    ## Why accuracy suffers
    Gradients are small and stay so, even for wrong answers: training is slow and ends early.

    ## How it is detected
    The training loss ends within 2 % above ln(e + k - 1) - 1 (.3133 for 2 classes, 1.4612 for
    10) and was never below it, gained less than 1 % in the last quarter, and accuracy is .93 or
    more, with which a loss that large does not go together; and it began at ln k at most. k is
    2, 10, 100 or 1000: of other k the floors of other losses (label smoothing, penalties) are
    taken for it, unless the first point shows k, up to 20 (a loss of .9 ln k or more beside an
    accuracy of 1/k + .15 at most), accuracy is .97 or more, and the loss less the share of wrong
    answers is within 1 % of the floor: a smell, for labels smoothed by .2 to .4 end there as well.

    ## How to fix it
    ```python
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False))
    ```
    or leave out the activation of the last layer.

    ## Easily confused with
    Label smoothing: its floor is the entropy of the smoothed labels, .50 for 10 classes and .1.
    ZA303 linear-output-without-from-logits: there softmax is missing.

    ## Sources
    pytorch.org/docs (CrossEntropyLoss expects logits); the floor follows from softmax of a one-hot
    vector. Seen in public logs: 1.4612 and .3133 beside accuracies above .9.
    """
    run = context.run
    loss, accuracy = course_of(run, context.given(LOSS)), course_of(run, context.given(ACCURACY))
    if loss is None or accuracy is None or loss.points < FEWEST_POINTS:
        return CannotTell(f"fewer than {FEWEST_POINTS} points")
    said = f"the loss ends at {number(loss.end)} beside an accuracy of {number(accuracy.end)}"
    if accuracy.end < RIGHT or late_gain(loss) > STANDS * abs(loss.end):
        return Passed(said)
    for k in CLASSES:
        floor = floor_of(k)
        least = float(loss.levels.min())
        begins = loss.start <= START * math.log(k)
        if begins and floor * (1 - UNDER_FLOOR) <= least and loss.end <= floor * (1 + NEAR_FLOOR):
            return _flagged(context, loss, accuracy, k)
    for k in SHOWN_CLASSES:
        if _begins_with(loss, accuracy, k) and _stands_on_floor(loss, accuracy, k):
            return replace(_flagged(context, loss, accuracy, k), tier=Tier.SMELL)
    return Passed(said)


def _begins_with(loss: Course, accuracy: Course, classes: int) -> bool:
    """Whether the first points show a model that guesses among so many classes."""
    first = float(loss.values[0]) / math.log(classes)
    right = float(accuracy.values[0])
    return BEGINS <= first <= START and right <= 1.0 / classes + FIRST_ACCURACY


def _stands_on_floor(loss: Course, accuracy: Course, classes: int) -> bool:
    floor = floor_of(classes)
    above = loss.end - (1.0 - accuracy.end)
    is_under = float(loss.levels.min()) < floor * (1 - UNDER_FLOOR)
    return accuracy.end >= SURELY_RIGHT and not is_under and above <= floor * (1 + NEAR_KNOWN_FLOOR)


def _flagged(context: RunContext, loss: Course, accuracy: Course, classes: int) -> Flagged:
    floor = floor_of(classes)
    scale = accuracy.curve.scale
    return Flagged(
        summary=f"Softmax is applied twice: the loss stands at {number(loss.end)}, its floor for "
        f"{classes} classes, beside an accuracy of {number(accuracy.end)}.",
        context=f"A softmax over probabilities cannot score less than {number(floor)}.",
        evidence=(
            Evidence.of_curve("loss at the end, against its floor", loss.curve, loss.end,
                              unlike(floor, room=NEAR_FLOOR * floor)),
            Evidence.of_curve("accuracy beside such a loss", accuracy.curve, accuracy.end / scale,
                              at_most(RIGHT / scale)),
        ),
        since=first_training_step(context.run, loss.curve),
    )  # fmt: skip
