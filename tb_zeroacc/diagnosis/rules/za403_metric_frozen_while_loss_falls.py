"""ZA403: a metric that does not measure what the loss learns."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import improved
from tb_zeroacc.diagnosis.computed.learning.trend import (
    Trend,
    last_stretch,
    training_step,
    trend_of,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import ACCURACY, LOSS
from tb_zeroacc.diagnosis.rule import Muted, rule
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


@rule(
    "ZA403",
    "metric-frozen-while-loss-falls",
    Tier.STRONG,
    Stage.LOSS,
    needs=(LOSS, ACCURACY),
    muted_when=Muted.ACCURACY_IS_BEATEN,
    fix=Fix(
        "Compare a few predictions with their labels, as the metric sees them.",
        "print(model.predict(x[:10]).squeeze(), y[:10])\n"
        "model.compile(..., metrics=[keras.metrics.BinaryAccuracy(threshold=0.5)])",
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
    costs a mean cross-entropy ln 2 or more.

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
        return _contradicted(run, loss, accuracy) or Passed(
            f"accuracy changes: it ends at {number(float(values[-1]))}"
        )
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
