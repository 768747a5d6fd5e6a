"""ZA403: a metric that does not measure what the loss learns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import points_of
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
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import improved
from tb_zeroacc.diagnosis.computed.learning.trend import (
    Trend,
    last_stretch,
    training_step,
    trend_of,
)
from tb_zeroacc.diagnosis.computed.model.loss_kinds import BINARY, CROSS_ENTROPIES
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, LOSS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Curve, Run
from tb_zeroacc.series import Series
from tb_zeroacc.wording import number, percent

FROZEN = 1e-6  # accuracies with the same number of right predictions differ by rounding alone
FEWEST_POINTS = 4  # epochs: fewer may be equal by chance on small data
FALL = 0.2  # of the loss over the same epochs
# Without a baseline nobody can tell a small data set, whose accuracy has few values, from a fault.
ENOUGH_POINTS = 10
# A wrong answer costs a cross-entropy ln 2 or more: its mean bounds the share of wrong answers.
NO_LOSS, WRONG = 1e-6, 0.05
HALF = 0.5  # of the answers that must be right by the loss, and twice as many as by the accuracy
BALANCED = 2.0  # times 1/k: the share of the largest of k classes


@rule(
    "ZA403",
    "metric-frozen-while-loss-falls",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.LOSS_AND_METRIC,
    healthy="The accuracy follows the loss",
    needs=(LOSS, ACCURACY),
    muted_when=Muted.ACCURACY_IS_BEATEN,
    fix=Fix(
        "Compare a few predictions with their labels, as the metric sees them.",
        "print(model.predict(x[:10]).squeeze(), y[:10])\n"
        "model.compile(..., metrics=[keras.metrics.BinaryAccuracy(threshold=0.5)])",
        in_torch="print(model(x[:10]).squeeze(), y[:10])",
    ),
)
def metric_frozen_while_loss_falls(context: RunContext) -> Answer:
    """The accuracy stays constant while the loss falls: it does not measure what is learned.

    ## What it means
    Loss and metric see the same predictions. Where one changes and the other never does, the metric
    interprets them wrongly, or every prediction lies on the same side of its threshold.

    ## Why accuracy suffers
    It shows the same number from epoch to epoch, often 0 or the share of one class, and nothing
    that the model learns can change it.

    ## How it is detected
    Over the last 4 epochs or more the training accuracy varies by less than 1e-6, less than a
    single example, and the loss falls by 20 % or more over the same epochs, without the penalty of
    regularisers. Both bounds are far from working programs, where accuracy follows the loss. Passed
    at an accuracy of 1, which cannot rise, and where accuracy beats the share of the largest class,
    since on small data it has few values. Where that share is not known the accuracy must have been
    constant from the first point on, and fewer than 10 points make it a smell. So is an accuracy
    that varies, does not rise and ends under .95 while the loss falls below 1e-6: each wrong answer
    costs a mean cross-entropy ln 2 or more. Strong where contract and labels show such a mean (one
    output, one class an example, no weights): accuracy is no better than always predicting the
    largest of classes that are about equally frequent, and the loss leaves room for wrong answers
    in less than half of the cases.

    ## How to fix it
    ```python
    print(model.predict(x[:10]).squeeze(), y[:10])
    ```
    Compare predictions and labels in the form that the metric expects: class numbers or one-hot
    rows, probabilities or logits, a threshold of 0.5 or of 0.

    ## Easily confused with
    ZA401 accuracy-on-regression and ZA301 softmax-on-one-unit, which are two causes of it. ZA404
    predicts-one-class: the metric is right, and all predictions lie on one side. ZA704
    stuck-at-chance: there the loss does not fall either.

    ## Sources
    stackoverflow.com/q/59129802; github.com/keras-team/keras/issues/6260. Margins measured on
    Keras 3.15: three faulty programs fire, no working one.
    """
    run = context.run
    accuracy, loss = context.given(ACCURACY), context.given(LOSS)
    steps, values = accuracy.series.finite()
    if len(values) < FEWEST_POINTS:
        return CannotTell(f"fewer than {FEWEST_POINTS} points of the accuracy")
    begin = last_stretch(np.abs(values - values[-1]) < FROZEN)
    if len(values) - begin < FEWEST_POINTS:
        found = _contradicted(run, loss, accuracy) or _belied(context, loss, accuracy)
        return found or Passed(f"accuracy changes: it ends at {number(float(values[-1]))}")
    level = float(values[-1])
    if level * accuracy.scale >= 1.0 - FROZEN:
        return Passed("accuracy is 1 and cannot rise")
    if context.beats_accuracy is None and begin > 0:
        return CannotTell("accuracy was constant at the end, and the level of chance is not known")
    trend = _loss_over(run, loss, accuracy, int(steps[begin]), whole=begin == 0)
    if trend is None:
        return NotApplicable("the loss has no points over the same epochs")
    fall = trend.relative_fall
    if fall < FALL:
        return Passed(f"accuracy is constant, but the loss fell by {percent(fall)} only")
    weak = context.beats_accuracy is None and len(values) < ENOUGH_POINTS
    return _flagged(run, accuracy, loss, trend, begin, Tier.SMELL if weak else None)


def _contradicted(run: Run, loss: Curve, accuracy: Curve) -> Flagged | None:
    """A loss that came down to next to nothing beside an accuracy with wrong answers in it."""
    fallen, right = course_of(run, loss), course_of(run, accuracy)
    if fallen is None or right is None or improved(right) or right.points < FEWEST_POINTS:
        return None
    if not abs(fallen.end) <= NO_LOSS < fallen.start or right.end >= 1.0 - WRONG:
        return None
    return Flagged(
        summary=f"The loss ends at {number(fallen.end)}, which leaves no room for wrong answers, "
        f"and accuracy at {number(right.end)}.",
        context="The two do not measure the same predictions, labels or data.",
        evidence=(
            Evidence.of_curve("loss at the end", loss, fallen.end),
            Evidence.of_curve("accuracy beside such a loss", accuracy, right.end / accuracy.scale,
                              at_least((1.0 - WRONG) / accuracy.scale)),
        ),
        tier=Tier.SMELL,
        since=training_step(run, accuracy, int(right.steps[0])),
    )  # fmt: skip


def _belied(context: RunContext, loss: Curve, accuracy: Curve) -> Flagged | None:
    """An accuracy of chance beside a cross-entropy that leaves room for few wrong answers.

    Where the classes are about as frequent as one another: of rare ones an accuracy of the user's
    own, a balanced one, may be low while hardly any answer is wrong.
    """
    baseline, right = context.baseline, context.final_accuracy
    if context.final_loss is None or right is None or not _counts_answers(context):
        return None
    wrong = context.final_loss / math.log(2.0)  # more of them would cost more
    few = 1.0 - wrong >= max(2.0 * right, HALF)
    share = baseline.accuracy
    if not few or share is None or not baseline.classes or right > share:
        return None
    if share * baseline.classes > BALANCED:
        return None
    steps, values = accuracy.series.finite()
    return Flagged(
        summary=f"Accuracy is {number(right)}, but a loss of {number(context.final_loss)} leaves "
        f"room for {percent(wrong)} of wrong answers at most.",
        context="A wrong answer costs ln 2 or more: loss and accuracy do not see the same "
        "predictions and labels.",
        evidence=(
            Evidence.of_curve("accuracy beside such a loss", accuracy, float(values[-1]),
                              at_least((1.0 - wrong) / accuracy.scale)),
            Evidence.of_curve("loss at the end", loss, context.final_loss),
        ),
        since=training_step(context.run, accuracy, int(steps[0])),
    )  # fmt: skip


def _counts_answers(context: RunContext) -> bool:
    """Whether the loss is the mean of one cross-entropy an example, each of one right class."""
    run = context.run
    outputs = trained_outputs(run)
    if len(outputs) != 1 or outputs[0].loss not in CROSS_ENTROPIES - BINARY:
        return False
    output, labels = outputs[0], labels_of(run, outputs[0])
    is_plain = output.weight in (None, 1.0) and output.ignore_class is None
    weighs = run.contract is not None and run.contract.fit.class_weight
    if labels is None or not is_plain or weighs or run.table("sample_weights"):
        return False
    is_single = labels.one_hot or (labels.whole and labels.units == 1)
    return is_single and not _has_several_places(run, output)


def _has_several_places(run: Run, output: Output) -> bool:
    """Whether an example has a label at each of several places, as a sequence or an image has."""
    table = run.table("labels")
    row = output_row(table, output.name)
    if table is None or row is None:
        return True  # unknown
    count, units, examples = (table.column(c)[:, row] for c in ("count", "units", "examples"))
    return bool((count / np.maximum(units, 1.0) > examples).any())


def _loss_over(
    run: Run, loss: Curve, accuracy: Curve, since: int, *, whole: bool
) -> Trend | None:
    """The loss over the stretch that begins at `since`, free of penalties; None if unknown."""
    steps, values = loss.series.finite()
    if not whole:
        if loss.axis != accuracy.axis:
            return None
        values = values[steps >= since]
        steps = steps[steps >= since]
    penalties = run.table("loss")
    if penalties is not None and len(values):
        when = [training_step(run, loss, int(step)) for step in steps]
        known = np.nan_to_num(penalties.column("penalty")[:, 0], nan=0.0, posinf=0.0, neginf=0.0)
        values = values - np.interp(when, penalties.steps, known)
    return trend_of(Series.of(steps, values)) if len(values) else None


def _flagged(
    run: Run, accuracy: Curve, loss: Curve, trend: Trend, begin: int, tier: Tier | None
) -> Flagged:
    steps, values = accuracy.series.finite()
    since, last, level = int(steps[begin]), int(steps[-1]), float(values[-1])
    points = points_of(accuracy, len(values) - begin)
    falling = Evidence.of_curve(
        "loss at the end, against 80 % of its start", loss, trend.end,
        at_most(trend.start - FALL * abs(trend.start)), since=since, until=trend.end_step,
    )  # fmt: skip
    return Flagged(
        summary=f"Accuracy stays at {number(level)} while the loss falls by "
        f"{percent(trend.relative_fall)}.",
        context=f"Over {points} the loss falls from {number(trend.start)} to {number(trend.end)}, "
        "and the number of right predictions does not change.",
        evidence=(
            Evidence.of_curve("range of the accuracy over these points", accuracy,
                              float(np.ptp(values[begin:])), at_least(FROZEN), since=since,
                              until=last, is_drawn=False),
            Evidence.of_curve("accuracy throughout", accuracy, level, since=since, until=last),
            replace(falling, rules_out="a model that does not learn"),
        ),
        tier=tier,
        since=training_step(run, accuracy, since),
    )
