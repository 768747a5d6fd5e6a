"""ZA312: softmax applied to probabilities, so that the loss has a floor."""

from __future__ import annotations

import math
from dataclasses import replace

from tb_zeroacc.diagnosis.answering.fixes.keras_code import argument_diff, loss_call, output_diff
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
    at_most,
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.late_gain import late_gain
from tb_zeroacc.diagnosis.computed.learning.trend import first_training_step
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CLASS_LOSSES
from tb_zeroacc.diagnosis.computed.model.outputs import (
    SUM_ROUNDING,
    mean_row_sum,
    trained_outputs,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, CONTRACT, LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run
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
SQUASHING = ("softmax", "sigmoid")


def floor_of(classes: int) -> float:
    """The least cross-entropy of a softmax over probabilities, nats: ln(e + k - 1) - 1."""
    return math.log(math.e + classes - 1) - 1.0


@rule(
    "ZA312",
    "softmax-twice",
    Tier.DEFINITE,
    Stage.CONTRACT,
    motif=Motif.OUTPUT_LOSS,
    healthy="Softmax is applied once",
    needs=((CONTRACT, LOSS),),
    explains=("ZA404", "ZA702", "ZA704", "ZA705"),
    outcome=Outcome.LEARNING,
    fix=Fix(
        "Apply softmax once: in the last layer or in the loss.",
        '- keras.layers.Dense(10, activation="softmax")\n'
        "+ keras.layers.Dense(10)\n"
        "+ model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))",
        in_torch="- outputs = torch.softmax(self.head(x), dim=-1)\n"
        "+ outputs = self.head(x)  # CrossEntropyLoss applies the softmax",
    ),
)
def softmax_twice(context: RunContext) -> Answer:
    """Softmax is applied twice, so the loss cannot fall below a floor.

    ## What it means
    The last layer makes probabilities, and the loss (or a second layer) takes them for logits.
    Numbers between 0 and 1 differ by 1 at most, so the second softmax can never be sure: with 10
    classes the largest probability is e / (e + 9) = .23. A sigmoid of a sigmoid lies between .50
    and .73.

    ## Why accuracy suffers
    Gradients are small and stay so, even for wrong answers: training is slow and ends early.

    ## How it is detected
    By the graph of the loss in a traced step, whatever layers and loss are called: what it takes
    for logits comes out of a softmax or a sigmoid. Definite. So it is where the softmax is written
    by hand, so that neither the graph nor Keras knows it: the loss takes logits, and the recorded
    outputs lie within 0 and 1 and their rows sum to 1 in every sample (three at least). Where
    `from_logits` is True behind a softmax and Keras takes the values from before it (TensorFlow
    does, with a warning, unless a layer such as Reshape or a slice stands between), the
    contradiction is a smell, and so it is where no graph is on record.

    By curves alone it is strong: the training loss ends within 2 % above ln(e + k - 1) - 1 (.3133
    for 2 classes, 1.4612 for 10) and was never below it, gained less than 1 % in the last quarter,
    and accuracy is .93 or more, with which a loss that large does not go together; and it began at
    ln k at most. k is 2, 10, 100 or 1000: of other k the floors of other losses (label smoothing,
    penalties) are taken for it, unless the first point shows k, up to 20 (a loss of .9 ln k or more
    beside an accuracy of 1/k + .15 at most), accuracy is .97 or more, and the loss less the share
    of wrong answers is within 1 % of the floor: a smell, for labels smoothed by .2 to .4 end there
    as well.

    ## How to fix it
    ```python
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False))
    ```
    or leave out the activation of the last layer.

    ## Easily confused with
    Label smoothing: its floor is the entropy of the smoothed labels, .50 for 10 classes and .1.
    ZA303 linear-output-without-from-logits: there softmax is missing.

    ## Sources
    pytorch.org/docs (CrossEntropyLoss expects logits); github.com/tensorflow/tensorflow issue 50190
    (Keras' warning); the floor follows from softmax of a one-hot vector. Seen in public logs:
    1.4612 and .3133 beside accuracies above .9.
    """
    run = context.run
    outputs = trained_outputs(run)
    for output in outputs:
        if output.activated_twice:
            return _by_contract(context, output, None)
        if (shown := _shares_for_logits(run, output)) is not None:
            return _by_contract(context, output, None, shown)
    by_curves = _by_curves(context)
    if isinstance(by_curves, Flagged) and not _is_ruled_out(outputs):
        return by_curves
    for output in outputs:
        if output.from_logits and output.activation in SQUASHING and output.loss in CLASS_LOSSES:
            return _by_contract(context, output, Tier.SMELL)
    if _is_ruled_out(outputs):
        return Passed("the loss takes no probabilities for logits")
    return by_curves


def _is_ruled_out(outputs: tuple[Output, ...]) -> bool:
    """Whether the traced losses show of every output that it is activated once."""
    return bool(outputs) and all(output.activated_twice is False for output in outputs)


def _shares_for_logits(run: Run, output: Output) -> Evidence | None:
    """Outputs that sum to 1 in every sample, of a softmax written by hand, taken for logits.

    Keras cannot see through it to what the softmax was applied to.
    """
    takes_logits = output.from_logits or output.activated_twice is False
    if not takes_logits or output.activation in SQUASHING or output.loss in BINARY:
        return None
    table, total = run.table("outputs"), mean_row_sum(run, output)
    if table is None or total is None:
        return None
    text = "sum of a row of outputs that are taken for logits, all at least 0"
    return Evidence.of_table(text, table, total, unlike(1.0, room=SUM_ROUNDING))


def _by_contract(
    context: RunContext, output: Output, tier: Tier | None, shown: Evidence | None = None
) -> Flagged:
    """Two activations: as graph or outputs (`shown`) show (no tier given), or as it is told."""
    run = context.run
    kind = output.activation if output.activation in SQUASHING else (
        "sigmoid" if output.loss in BINARY else "softmax"
    )  # fmt: skip
    name = kind.capitalize() if kind else ""
    if tier is None:
        summary = (
            f"{name} is applied twice to `{output.name}`: the loss takes its probabilities for "
        )
        summary += "logits."
        sentence = "Probabilities differ by 1 at most, so the second one can never be sure."
    elif output.activated_twice is False:
        summary = f"The loss of `{output.name}` expects logits, but the output goes through {kind}."
        sentence = f"Keras takes the values from before the {kind}, so training is right this time."
    else:
        summary = f"The loss of `{output.name}` expects logits, but the output goes through {kind}."
        sentence = f"Whether the {kind} is applied twice is not on record."
    told = {"activation": output.activation, "loss": output.loss, "from_logits": output.from_logits}
    said = [f"{what} is {value}" for what, value in told.items() if value is not None]
    return Flagged(
        summary=summary,
        context=sentence,
        evidence=(
            *((shown,) if shown else ()),
            Evidence(", ".join(said), layer=output.layer),
            *curve_shown(run, Role.LOSS, Role.ACCURACY),
        ),
        tier=tier,
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=_fix(run, output),
    )  # fmt: skip


def _fix(run: Run, output: Output) -> Fix | None:
    if output.loss not in CLASS_LOSSES:
        return None
    is_known = output.activation in SQUASHING
    kind = output.activation if is_known else "softmax"
    text = f"Apply {kind} once: in the last layer or in the loss."
    if output.from_logits:
        loss = output.loss or ""
        before, after = loss_call(loss, "from_logits=True"), f'"{loss}"'
        return Fix(text, argument_diff(run, output, "loss", before, after))
    return Fix(text, output_diff(run, output, None).rstrip()) if is_known else None


def _by_curves(context: RunContext) -> Answer:
    run = context.run
    curves = run.headline(Role.LOSS), run.headline(Role.ACCURACY)
    missing = tuple(need.missing for need in (LOSS, ACCURACY) if need.find(run) is None)
    if missing:
        return CannotTell("neither the loss nor its curves show it", missing)
    loss, accuracy = (None if c is None else course_of(run, c) for c in curves)
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
        tier=Tier.STRONG,
        since=first_training_step(context.run, loss.curve),
    )  # fmt: skip
