"""ZA704: a model that ends no better than one that ignores its inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.learning.run_length import (
    FEWEST_EPOCHS,
    FEWEST_STEPS,
    is_short,
    longest_loss,
)
from tb_zeroacc.diagnosis.computed.learning.trend import (
    Trend,
    last_stretch,
    smoothed,
    still_falling,
    training_step,
    trend_of,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import ACCURACY, LOSS, VALIDATION_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import count, number, percent

NEAR_MAJORITY = 0.05  # accuracy above the largest class's share that is no learning yet
# For logs that hold no labels, only a loss that stands at ln k with an accuracy of 1/k.
MOST_CLASSES = 20  # beyond it the logarithms lie closer together than losses scatter
NEAR_LOG = 0.03  # of ln k: a stuck loss is within 1 %, and ln 10 differs by 4 % from ln 11
NEAR_CHANCE = 0.05  # accuracy around 1/k
FLAT = 0.05  # of the loss around its end
LASTING = 0.25  # share of the points that must be there: a jump at the end may recover
FEWEST_CONSTANT = 10  # points of a loss that never moves
UNMOVED = 1e-4  # of its level: four equal digits
# One of several losses at ln 2 is the balance of two adversarial networks, not a failure.
PLAYERS = ("gen", "disc", "critic", "actor", "policy", "adv")


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
    needs=((LOSS, VALIDATION_LOSS),),
    explains=("ZA404", "ZA403"),
    fix=Fix(
        "Train on one batch alone until its loss is near 0: if that fails, the fault is in model, "
        "loss or optimizer; if it works, it is in the data.",
        "model.fit(x[:32], y[:32], epochs=200)",
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
    of the recorded labels, variance of the targets; ln k where the contract alone is known) and
    accuracy is at most .05 above the largest class's share. Programs that are stuck end at .93 to
    1.47 of the baseline, healthy ones under .43 (measured). At least 4 epochs (or 20 single steps
    of a run that has ended), and no longer falling: a first plateau often ends. It must have been
    there for the last quarter of the points. Without labels and contract: a loss that stayed within
    5 % of its end for that long, or ends within 5 % of its start, and is within 3 % of ln k, with
    an accuracy within .05 of 1/k, k up to 20; or, without an accuracy, losses that are equal to
    four digits over 10 points or more. Not applicable to reinforcement learning and adversarial
    networks.

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
                          "that has ended: a plateau may still end")
    if context.final_loss is not None and not math.isfinite(context.final_loss):
        return NotApplicable("the loss is not finite")
    if still_falling(trend):
        return Passed(f"the loss still falls: by {number(trend.late_fall)} in the last quarter")
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
    chance = _Chance(baseline_loss, majority, context.baseline.what)
    return _flagged(context.run, curve, trend, chance, begin, measured=context.baseline.measured)


def _by_level(run: Run, curve: Curve, trend: Trend) -> Answer:
    """Without a baseline: a flat loss at ln k with an accuracy of 1/k, or one that never moves."""
    losses = run.curves_of(Role.LOSS)
    if any(word in c.tag.lower() for c in losses for word in PLAYERS):
        return CannotTell("several networks have losses of their own: a level proves nothing")
    accuracy = run.headline(Role.ACCURACY, curve.split)
    level = trend_of(accuracy.series) if accuracy else None
    if accuracy is None or level is None:
        if trend.end != 0 and trend.points >= FEWEST_CONSTANT and all(map(_constant, losses)):
            return _unmoved(curve, trend)
        said = "without labels or an accuracy the level of chance is not known"
        return CannotTell(said, (ACCURACY.missing,))
    values = smoothed(curve.series.finite()[1])
    begin = last_stretch(np.abs(values - trend.end) <= FLAT * abs(trend.end))
    if abs(trend.fall) <= FLAT * abs(trend.start):
        begin = 0  # points that scatter by more than that are single batches
    if len(values) - begin < LASTING * len(values):
        return Passed(f"the loss changed by more than {percent(FLAT)} up to point {begin}")
    share = level.end * accuracy.scale
    for k in range(2, MOST_CLASSES + 1):
        at_level = abs(trend.end - math.log(k)) <= NEAR_LOG * math.log(k)
        if at_level and abs(share - 1.0 / k) <= min(NEAR_CHANCE, 1.0 / k):
            chance = _Chance(math.log(k), 1.0 / k, f"ln {k}")
            return _flagged(run, curve, trend, chance, begin, measured=False)
    return Passed(f"a loss of {number(trend.end)} with accuracy {number(share)} is not chance")


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
    since = int(steps[begin])
    loss = Evidence.of_curve(
        f"loss at the end, against its baseline ({chance.what})", curve, trend.end,
        at_most(chance.loss), since=since, until=int(steps[-1]), estimated=not measured,
    )  # fmt: skip
    classes = chance.accuracy is not None
    constant = "always predicting the largest class" if classes else "always predicting the mean"
    return Flagged(
        summary=f"The model is no better than {constant}: its loss stays at {number(trend.end)}.",
        context=f"That alone scores {number(chance.loss)} ({chance.what}); the loss started at "
        f"{number(trend.start)}.",
        evidence=(loss, *_accuracy(run, curve.split, chance)),
        # The end of the first such epoch: when it began within it is not known, but not before
        # the first update, until which every model is at the level of chance.
        since=max(1, training_step(run, curve, since)),
        rivals=(
            (
                "ZA206",
                "a validation split and more epochs, and a look at whether inputs and labels of "
                "the same rows belong together",
            ),
        ),
    )


def _accuracy(run: Run, split: Split, chance: _Chance) -> tuple[Evidence, ...]:
    curve = run.headline(Role.ACCURACY, split)
    level = trend_of(curve.series) if curve else None
    if curve is None or level is None or chance.accuracy is None:
        return ()
    limit = at_least((chance.accuracy + NEAR_MAJORITY) / curve.scale)
    text = "accuracy at the end, against chance plus 0.05"
    return (Evidence.of_curve(text, curve, level.end, limit),)
