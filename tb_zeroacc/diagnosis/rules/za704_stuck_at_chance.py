"""ZA704: a model that ends no better than one that ignores its inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import below_chance, points_of
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.chance.leaving import has_just_left
from tb_zeroacc.diagnosis.computed.chance.levels import (
    ChanceLevel,
    at_configured_chance,
    chance_at_end,
    classes_at_start,
)
from tb_zeroacc.diagnosis.computed.chance.weak_signal import shown_signal
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import improved as improved_beyond_noise
from tb_zeroacc.diagnosis.computed.learning.improvement import improvements_of
from tb_zeroacc.diagnosis.computed.learning.run_length import (
    FEWEST_EPOCHS,
    FEWEST_STEPS,
    had_no_time,
    is_short,
    longest_loss,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.learning.trend import (
    Trend,
    last_stretch,
    smoothed,
    still_falling,
    training_step,
    trend_of,
)
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, LOSS, VALIDATION_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import count, number, percent

NEAR_MAJORITY = 0.05  # accuracy above the largest class's share that is no learning yet
# For logs that hold no labels: a loss that stands at ln k beside an accuracy of 1/k.
ABOVE_CHANCE = 1.5  # times 1/k: an accuracy that rose to it was learned
FLAT = 0.05  # of the loss around its end
LASTING = 0.25  # share of the points that must be there: a jump at the end may recover
FEWEST_CONSTANT = 10  # points of a loss that never moves
UNMOVED = 1e-4  # of its level: four equal digits
# Without any level to hold it against: a loss that ends within 3 % of its start while no other
# curve gets better. From 15 points on none of 80 healthy public logs does so.
FEWEST_FLAT, FEWEST_SURE = 8, 15
UNCHANGED = 0.03
# Mann-Kendall z of a fall that is too small to count: beside an accuracy that does not rise either
# it takes more to make a plateau doubtful. Diffusion models fall by 3 % over most of their run.
HINT, LEAST_HINT = 2.5, 1.0
RIGHT = 0.9  # an accuracy that shows that there was little to learn any more


@dataclass(frozen=True, slots=True)
class _Chance:
    """What chance scores: loss, accuracy (0 to 1) where there is one, and what it is."""

    loss: float
    accuracy: float | None
    what: str


@rule(
    "ZA704",
    "stuck-at-chance",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.ITS_CURVE,
    healthy="The model beats guessing",
    step=Step.SANITY,
    needs=((LOSS, VALIDATION_LOSS),),
    explains=("ZA404", "ZA403"),
    yields_to=("ZA703", "ZA706"),
    provisional_while_live=True,
    fix=Fix(
        "Train on one batch alone until its loss is near 0: if that fails, the fault is in model, "
        "loss or optimizer; if it works, it is in the data.",
        "model.fit(x[:32], y[:32], epochs=200)",
        "x, y = next(iter(batches))\nfor _ in range(200):\n    train_step(x, y)",
        "x, y = next(iter(loader))\nfor _ in range(200):\n    optimizer.zero_grad()\n"
        "    loss = loss_fn(model(x), y)\n    loss.backward()\n    optimizer.step()",
        "Trainer(overfit_batches=1, max_epochs=200).fit(model)",
    ),
)
def stuck_at_chance(context: RunContext) -> Answer:
    """The model ends no better than one that ignores its inputs.

    ## What it means
    The best constant prediction is the class frequencies, or the mean of the targets. A loss at
    that level shows that the outputs do not depend on the inputs.

    ## Why accuracy suffers
    It is the share of the largest class, or one in k.

    ## How it is detected
    The training loss of the last epoch, without penalties, is .9 or more of its baseline (entropy
    of the recorded labels, variance of the targets; ln k where the contract alone is known), both
    less the entropy that labels have which are shares, and accuracy is at most .05 above the
    largest class's share. Programs that are stuck end at .93 to 1.47 of the baseline, healthy ones
    under .43 (measured). At least 4 epochs (or 20 single steps of a run that has ended and moved
    its weights by a tenth), and no longer falling: a first plateau often ends. It must have been
    there for the last quarter of the points. Steps of a healthy size that could not have moved the
    weights by a tenth of their size, all together, show nothing: healthy programs take .26 and
    more. Where the labels are mostly noise a healthy model ends there, too: an area under the ROC
    curve, a validation accuracy or, of classes, a validation loss that is better than chance by
    more than the error of the labels on record acquits it. A loss that has come below its baseline,
    by three standard errors of it, and falls evenly from point to point since then has only just
    left chance. Without labels and contract: loss and accuracy of the same data end at ln k (within
    2 %, .6 % from k = 30 on) and at 1/k (within a quarter of it, .02 at least, .08 of two classes),
    k up to 100 or 1000; the loss stayed within 5 % of that level for as long, and no accuracy rose
    above 1.5 / k. Where there is no accuracy, k may stand among the hyperparameters of a log in
    which nothing improves. Or all losses are equal to four digits over 10 points or more. Or a loss
    ends within 3 % of its start and 10 % of its first point while no curve of the log improves
    (loss, accuracy, and metrics whose better side is known: Mann-Kendall z above 2.5 and 3 % of the
    start) and accuracy is under .9: a smell from 8 points on, strong from 15 on where z shows no
    hint of a fall (above -2.5 beside an accuracy, above -1 without one) and the log did not begin
    in the middle of a training. Not applicable to reinforcement learning and adversarial networks.

    ## How to fix it
    This finding shows that nothing was learned, not why. Test whether the model can memorise one
    batch:
    ```python
    model.fit(x[:32], y[:32], epochs=200)
    ```

    ## Easily confused with
    ZA206 labels-independent-of-inputs: there everything else is healthy. ZA705 stopped-too-early:
    there the loss still falls. ZA404 predicts-one-class: there the loss may be better than the
    baseline. ZA403 metric-frozen-while-loss-falls: there the loss is below it.

    ## Sources
    karpathy.github.io/2019/04/25/recipe (loss at init, input-independent baseline); Google's
    Rules of ML (beat a baseline). Margins measured on Keras 3.15.
    """
    run = context.run
    if run.headline(Role.REWARD) is not None:
        return NotApplicable("reinforcement learning has no level of chance")
    curve = _long_enough(run)
    trend = trend_of(curve.series) if curve else None
    if curve is None or trend is None:
        return CannotTell(f"fewer than {FEWEST_EPOCHS} epochs, or {FEWEST_STEPS} steps of a run "
                          "that has ended and moved its weights: a plateau may still end")
    if context.final_loss is not None and not math.isfinite(context.final_loss):
        return NotApplicable("the loss is not finite")
    if still_falling(trend):
        return Passed(f"the loss still falls: by {number(trend.late_fall)} in the last quarter")
    if has_opponent(run):
        return CannotTell("networks that train against one another: a level proves nothing")
    if context.loss_ratio is not None and context.baseline.loss is not None:
        return _by_baseline(context, curve, trend, context.loss_ratio, context.baseline.loss)
    return _by_level(run, curve, trend)


def _long_enough(run: Run) -> Curve | None:
    """The training loss; that of validation where training has too few points."""
    for split in (Split.TRAIN, Split.VALIDATION):
        curve = longest_loss(run, split)
        if not is_short(run, curve):
            return curve
    return None


def _by_baseline(
    context: RunContext, curve: Curve, trend: Trend, ratio: float, baseline_loss: float
) -> Answer:
    said = f"the loss ends at {percent(ratio)} of what a constant prediction scores"
    if ratio < HOPELESS:
        return Passed(said)
    majority = context.baseline.accuracy
    if majority is None and context.baseline.classes is not None:
        majority = 1.0 / context.baseline.classes
    accuracy = context.final_accuracy
    if accuracy is not None and majority is not None and accuracy > majority + NEAR_MAJORITY:
        return Passed(f"{said}, but accuracy is {number(accuracy)} against {number(majority)}")
    values = smoothed(curve.series.finite()[1])
    begin = last_stretch(values >= HOPELESS * baseline_loss)
    if len(values) - begin < LASTING * len(values):
        return Passed(f"{said}, but only in the last {count(len(values) - begin, 'point')}")
    if (signal := shown_signal(context.run)) is not None:
        return Passed(f"{said}, but {signal}: there may be little to learn")
    if has_just_left(curve, context.baseline):
        return CannotTell(f"{said}, but it has come below and falls on: a plateau may have ended")
    if (moved := had_no_time(context.run)) is not None:
        steps = steps_taken(context.run)
        return CannotTell(f"{said}, but {count(steps, 'step')} could move the weights by "
                          f"{percent(moved)} of their size at most: it had no time")
    chance = _Chance(baseline_loss, majority, context.baseline.what)
    return _flagged(context.run, curve, trend, chance, begin, measured=context.baseline.measured)


def _by_level(run: Run, curve: Curve, trend: Trend) -> Answer:
    """Without a baseline: a pair of loss and accuracy at the level of guessing, or a flat loss."""
    losses = run.curves_of(Role.LOSS)
    chance = chance_at_end(run, curve.split) or chance_at_end(run, Split.VALIDATION)
    if chance is not None and not _some_accuracy_rose(run, chance):
        return _at_chance(run, chance.loss, chance.classes)
    improved = improvements_of(run)
    if improved:
        best = improved[0]
        return Passed(f"`{best.curve.tag}` went from {number(best.start)} to {number(best.end)}")
    if any(c is not None and c.end >= RIGHT for c in _accuracies(run)):
        return Passed(f"accuracy ended at {RIGHT} or more: there was little left to learn")
    configured, classes = at_configured_chance(run, curve.split), run.hyperparameters.classes
    if configured is not None and classes is not None:
        return _at_chance(run, configured, classes)
    if trend.end != 0 and trend.points >= FEWEST_CONSTANT and all(map(_constant, losses)):
        return _unmoved(curve, trend)
    return _by_movement(run, curve)


def _accuracies(run: Run) -> list[Course | None]:
    return [course_of(run, curve) for curve in run.curves_of(Role.ACCURACY)]


def _some_accuracy_rose(run: Run, chance: ChanceLevel) -> bool:
    """Whether an accuracy on any data got clearly better than guessing."""
    enough = ABOVE_CHANCE / chance.classes
    return any(
        course is not None and improved_beyond_noise(course) and course.end > enough
        for course in _accuracies(run)
    )


def _at_chance(run: Run, loss: Course, classes: int) -> Answer:
    level = math.log(classes)
    if loss.points < FEWEST_EPOCHS:
        return CannotTell(f"fewer than {FEWEST_EPOCHS} points: a plateau may still end")
    begin = last_stretch(np.abs(loss.levels - level) <= FLAT * level)
    if abs(loss.gain) <= FLAT * abs(loss.start):
        begin = 0  # points that scatter by more are single batches
    if loss.points - begin < LASTING * loss.points:
        return Passed(f"the loss was at another level up to point {begin} of {loss.points}")
    trend = trend_of(loss.curve.series)
    assert trend is not None  # it has four points
    found = _Chance(level, 1.0 / classes, f"ln {classes}")
    return _flagged(run, loss.curve, trend, found, begin, measured=False)


def _by_movement(run: Run, curve: Curve) -> Answer:
    """A loss that stands from its first point on while nothing else gets better."""
    course = course_of(run, curve)
    share = next((c.end for c in _accuracies(run) if c is not None), None)
    if course is None or course.points < FEWEST_FLAT:
        if course is not None and share is not None:
            return Passed(f"a loss of {number(course.end)} with accuracy {number(share)} is not "
                          "chance")  # fmt: skip
        return CannotTell(f"fewer than {FEWEST_FLAT} points, and no level to hold them against",
                          (ACCURACY.missing,))  # fmt: skip
    first, level = float(course.values[0]), abs(course.end)
    if abs(course.gain) >= UNCHANGED * abs(course.start) or abs(first - course.end) > 0.1 * level:
        return CannotTell(f"the loss moved from {number(course.start)} to {number(course.end)}, "
                          "and the log does not say what always guessing would score",
                          (ACCURACY.missing,))  # fmt: skip
    return Flagged(
        summary=f"The loss does not improve: it began at {number(course.start)} and ended at "
        f"{number(course.end)}.",
        context=_nothing_better(run, curve, course) + _level_of_guessing(course),
        evidence=(
            Evidence.of_curve(
                "loss at the end, against 97 % of its start", curve, course.end,
                at_most((1.0 - UNCHANGED) * course.start),
            ),
        ),
        tier=Tier.STRONG if _is_surely_flat(run, course) else Tier.SMELL,
        since=max(1, training_step(run, curve, int(course.steps[0]))),
    )  # fmt: skip


def _nothing_better(run: Run, curve: Curve, course: Course) -> str:
    """What the rest of the log says; there may be none whose better side is known."""
    others = [c for c in run.curves if c is not curve and course_of(run, c) is not None]
    over = points_of(curve, course.points)
    if others:
        return f"Nothing else in the log gets better either, over {over}."
    return f"It stands over {over}, and no other curve tells whether anything was learned."
def _level_of_guessing(course: Course) -> str:
    """What a loss that stands may stand at, as a sentence; empty where that is not clear."""
    classes = classes_at_start(course)
    if classes is None:
        return ""
    level = number(math.log(classes))
    return f" Guessing among {classes} classes scores ln {classes} = {level}."


def _is_surely_flat(run: Run, course: Course) -> bool:
    """Whether a log began with its training, is long enough, and shows no hint of a fall."""
    hints = -HINT if any(_accuracies(run)) else -LEAST_HINT
    # A fall of the size that would count must not be able to hide in the noise of a tenth.
    hidden = course.noise / math.sqrt(max(1, course.points // 10))
    is_plain = hidden < UNCHANGED / 2 * abs(course.end)
    is_long = course.points >= FEWEST_SURE and not course.is_resumed
    return is_long and is_plain and course.trend > hints


def _constant(curve: Curve) -> bool:
    low, high = curve.series.minimum, curve.series.maximum
    if low is None or high is None:
        return True
    return high.value - low.value <= UNMOVED * max(abs(high.value), abs(low.value))


def _unmoved(curve: Curve, trend: Trend) -> Flagged:
    points = points_of(curve, curve.series.count)
    return Flagged(
        summary=f"The loss never changes: {number(trend.end)} in all {points}.",
        context="Training has no effect on the loss.",
        evidence=(
            Evidence.of_curve("loss at the end, against its start", curve, trend.end,
                              unlike(trend.start, room=UNMOVED * abs(trend.start)),
                              until=trend.end_step),
        ),
    )


def _flagged(
    run: Run, curve: Curve, trend: Trend, chance: _Chance, begin: int, *, measured: bool
) -> Flagged:
    steps, _ = curve.series.finite()
    since, classes = int(steps[begin]), chance.accuracy is not None
    loss = Evidence.of_curve(
        f"loss at the end, against its baseline ({chance.what})", curve, trend.end,
        below_chance(chance.loss, of_classes=classes), since=since, until=int(steps[-1]),
        estimated=not measured,
    )  # fmt: skip
    constant = "the frequencies of the classes" if classes else "the mean of the targets"
    return Flagged(
        summary="The model is no better than one that ignores its inputs: its loss stays at "
        f"{number(trend.end)}.",
        context=f"Predicting {constant} scores {number(chance.loss)} ({chance.what}); the loss "
        f"began at {number(trend.start)}.",
        evidence=(loss, *_accuracy(run, curve.split, chance)),
        # The end of the first such epoch: when it began within it is not known, but not before
        # the first update, until which every model is at the level of chance.
        since=max(1, training_step(run, curve, since)),
        rivals=(("ZA206", _separates(run)),),
    )


def _separates(run: Run) -> str:
    held = run.headline(Role.LOSS, Split.VALIDATION) is not None
    more = "more epochs" if held else "a validation split and more epochs"
    return f"{more}, and a look at whether inputs and labels of the same rows belong together"


def _accuracy(run: Run, split: Split, chance: _Chance) -> tuple[Evidence, ...]:
    curve = run.headline(Role.ACCURACY, split)
    level = trend_of(curve.series) if curve else None
    if curve is None or level is None or chance.accuracy is None:
        return ()
    limit = at_least((chance.accuracy + NEAR_MAJORITY) / curve.scale)
    text = "accuracy at the end, against chance plus 0.05"
    return (Evidence.of_curve(text, curve, level.end, limit),)
