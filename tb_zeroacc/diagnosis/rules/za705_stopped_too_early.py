"""ZA705: training that ended while it still improved, or before anything can be judged."""

from __future__ import annotations

import math

from tb_zeroacc.diagnosis.answering.fixes.keras_code import data_argument, held_out_argument
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
from tb_zeroacc.diagnosis.computed.chance.baseline import BEATEN_LOSS, HOPELESS
from tb_zeroacc.diagnosis.computed.chance.leaving import has_just_left
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.learning.ending import breaks_off
from tb_zeroacc.diagnosis.computed.learning.late_gain import (
    epochs_of,
    forecast_of,
    is_cut_off,
    is_far_from_done,
)
from tb_zeroacc.diagnosis.computed.learning.run_length import (
    FEWEST_EPOCHS,
    LEAST_MOVED,
    fewest_points,
    had_no_time,
    hardly_moved,
    is_short,
    longest_loss,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.learning.trend import (
    LATE_SHARE_OF_FALL,
    LATE_SHARE_OF_LEVEL,
    Trend,
    falls_by_level,
    still_falling,
    training_step,
    trend_of,
)
from tb_zeroacc.diagnosis.computed.learning.validation import LAST_QUARTER, turn_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LOSS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.facts import Scalar
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import count, number, percent


# Where the baseline is not known the start of the curve replaces it. Healthy logs of 34
# authors still fall by up to 100 % of their level in the last quarter, but that is under 16 % of
# their whole fall, or they end under half of where they began.
def _longer(epochs: int) -> Fix:
    """Training for so many epochs, and an end as soon as validation gets worse."""
    return Fix(
        "Train for more epochs and let validation decide when to stop.",
        f"model.fit(..., epochs={epochs}, callbacks=[keras.callbacks.EarlyStopping(patience=10)])",
        in_lightning='stopping = EarlyStopping("val_loss", patience=10)\n'
        f"trainer = Trainer(max_epochs={epochs}, callbacks=[stopping])",
    )


@rule(
    "ZA705",
    "stopped-too-early",
    Tier.STRONG,
    Stage.UPDATE,
    motif=Motif.ITS_CURVE,
    healthy="Training lasted until most was learned",
    step=Step.SANITY,
    needs=((LOSS, STEP_LOSS),),
    outcome=Outcome.FINISHED_EARLY,
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=_longer(200),
)
def stopped_too_early(context: RunContext) -> Answer:
    """Training ended while the loss was still falling, far from what it could reach.

    ## What it means
    The loss fell as much in the last quarter of the epochs as in those before. More epochs would
    have helped.

    ## Why accuracy suffers
    Training is incomplete: predictions are still close to a constant.

    ## How it is detected
    The loss fell over the last quarter of its points by 5 % of its level or more, or by 20 % of the
    whole fall where that is 3 % of the start or more (an even fall has 25 % of it there); by more
    than two standard errors; and it ends above half its baseline. Measured: 13 to 22 % in runs that
    stopped too early; working programs fall by up to 53 % there, but end under .43 of the baseline.
    Not where validation has turned, nor for a run that is still training or whose record breaks
    off. It is a smell where accuracy beats the largest class clearly, or the validation loss was
    lowest before its last quarter, or the fall is smaller but even since the loss came below its
    baseline. Where the baseline is not known it is a smell, too: the last quarter holds 20 % of the
    whole fall and the loss ends above half of its start; or it falls without a pause over the last
    half (Mann-Kendall z above 4), by 2.5 % of its level in the last quarter, and ends above .6 of
    its start; or a run of at most 7 epochs still fell by 10 % of its level in the last quarter. Two
    of 80 healthy public logs are taken for such a run. The forecast extends the last half as a
    geometric approach to a limit (Aitken 1926). A run of fewer than 4 epochs (or 20 steps) that
    does not beat its baseline is too short to judge, a smell as well; so is one whose steps, of a
    healthy size, moved the weights by less than a tenth in all and that ends at .9 of its baseline
    or more, or has fewer than 4 epochs.

    ## How to fix it
    ```python
    model.fit(..., epochs=200, callbacks=[keras.callbacks.EarlyStopping(patience=10)])
    ```

    ## Easily confused with
    ZA702 learning-rate-too-low: there more epochs would not help. ZA206
    labels-independent-of-inputs: there a short run falls towards the baseline as well, and only a
    validation split or more epochs tell the two apart. ZA605 overfits: there validation turned.

    ## Sources
    Humbatova et al. 2020, Taxonomy of real faults in deep learning systems (too few epochs);
    Google's Tuning Playbook; stackoverflow.com/q/59282996. Margins measured on Keras 3.15.
    """
    run = context.run
    if run.state == "live":
        return NotApplicable("still running")
    if breaks_off(run):
        return NotApplicable("the record breaks off: how training went on is not known")
    if run.end is not None and run.end.how == "exception":
        return NotApplicable(f"an exception ended the training: {run.end.exception or 'unknown'}")
    if context.final_loss is not None and not math.isfinite(context.final_loss):
        return NotApplicable("the loss is not finite")
    if run.headline(Role.REWARD) is not None:
        return NotApplicable("reinforcement learning: its loss need not fall")
    curve = longest_loss(run)
    trend = trend_of(curve.series) if curve else None
    if curve is None or trend is None or is_short(run, curve):
        return _too_short(context, curve or run.headline(Role.LOSS))
    late = percent(trend.late_fall / abs(trend.mark or 1.0))
    said = f"the loss fell by {late} in the last quarter"
    turn = turn_of(run)
    if turn is not None and turn.turned:
        return Passed(f"{said}, but the validation loss has turned")
    if context.loss_ratio is None:
        return _without_baseline(context, curve, said)
    if not still_falling(trend) and not has_just_left(curve, context.baseline):
        is_hopeless = context.loss_ratio >= HOPELESS
        return _short(run, curve) if is_hopeless and had_no_time(run) else Passed(said)
    if context.loss_ratio <= BEATEN_LOSS:
        return Passed(f"{said}, to {percent(context.loss_ratio)} of the baseline")
    return _flagged(context, curve, trend)


def _without_baseline(context: RunContext, curve: Curve, said: str) -> Answer:
    """The start of a curve, and the number of epochs, stand for the baseline."""
    run = context.run
    for loss in (curve, run.headline(Role.LOSS, Split.VALIDATION)):
        trend = None if loss is None else trend_of(loss.series)
        course = None if loss is None else course_of(run, loss)
        if loss is None or trend is None or course is None or trend.points < FEWEST_EPOCHS:
            continue
        evenly = still_falling(trend) and trend.late_fall >= LATE_SHARE_OF_FALL * trend.fall
        if evenly and trend.end > BEATEN_LOSS * abs(trend.start):
            return _flagged(context, loss, trend)
        if is_far_from_done(course) or is_cut_off(course, epochs_of(run)):
            return _flagged(context, loss, trend)
    return Passed(f"{said}, and most of the way lies behind")


def _too_short(context: RunContext, curve: Curve | None) -> Answer:
    if curve is None or not len(curve.series):
        return CannotTell("no loss in the log")
    held = context.run.headline(Role.LOSS, Split.VALIDATION)
    if held is not None and len(held.series) >= FEWEST_EPOCHS:
        return CannotTell("the training loss has too few points, validation has enough")
    return _short(context.run, curve)


def _short(run: Run, curve: Curve) -> Flagged:
    said, shown = _shortness(run, curve)
    return Flagged(
        summary=f"The run is too short to judge: {said}.",
        evidence=(shown,),
        tier=Tier.SMELL,
        since=training_step(run, curve, curve.series.last.step),
        fix=_fix(run),
        rivals=_rivals(run),
    )


def _shortness(run: Run, curve: Curve) -> tuple[str, Evidence]:
    """What a run has too little of: points of its loss, or updates."""
    weights, moved = run.table("weights"), hardly_moved(run) or had_no_time(run)
    points = len(curve.series.finite()[0])
    if points < fewest_points(curve) or weights is None or moved is None:
        return f"{points_of(curve, points)} of the loss", Evidence.of_number(
            "points of the loss", points, at_least(fewest_points(curve)), unit="points",
            member=curve.member,
        )  # fmt: skip
    return (
        f"its {count(steps_taken(run), 'step')} moved the weights by {percent(moved)} at most",
        Evidence.of_table("update ÷ weights, of all steps together", weights, moved,
                          at_least(LEAST_MOVED)),
    )  # fmt: skip


def _flagged(context: RunContext, curve: Curve, trend: Trend) -> Flagged:
    run = context.run
    share = trend.late_fall / abs(trend.mark)
    epochs = count(curve.series.count, "epoch")
    when = f"after {epochs}" if curve.axis == "epoch" else f"at step {trend.end_step}"
    held = "validation " if curve.split is Split.VALIDATION else ""
    return Flagged(
        summary=f"Training stopped too early: {when} the {held}loss was still falling, by "
        f"{percent(share)}.",
        context=f"Over the last quarter it went from {number(trend.mark)} to {number(trend.end)}"
        f"{_standing(context)}{_outlook(run, curve)}.",
        evidence=_shown(curve, trend),
        tier=Tier.STRONG
        if still_falling(trend) and _is_known_to_lack_epochs(context)
        else Tier.SMELL,
        since=training_step(run, curve, trend.end_step),
        fix=_fix(run),
        rivals=_rivals(run),
    )


def _is_known_to_lack_epochs(context: RunContext) -> bool:
    """Whether the baseline is known, and neither accuracy nor validation speaks against it."""
    if context.loss_ratio is None or context.beats_accuracy:
        return False
    held = context.run.headline(Role.LOSS, Split.VALIDATION)
    course = None if held is None else course_of(context.run, held)
    if course is None or course.points < FEWEST_EPOCHS:
        return True
    lowest = int(course.values.argmin())
    return lowest >= LAST_QUARTER * (course.points - 1)


def _shown(curve: Curve, trend: Trend) -> tuple[Evidence, ...]:
    """The criterion that fired: the fall of the level, or its share of the total fall."""
    since, until = trend.mark_step, trend.end_step
    what = "validation loss" if curve.split is Split.VALIDATION else "loss"
    plain = Evidence.of_curve(f"{what} at the end", curve, trend.end, since=since, until=until)
    if falls_by_level(trend):
        limit = at_least((1 - LATE_SHARE_OF_LEVEL) * trend.mark)
        text = f"{what} at the end, against 95 % of that after three quarters"
        return (Evidence.of_curve(text, curve, trend.end, limit, since=since, until=until),)
    if trend.late_fall < LATE_SHARE_OF_FALL * trend.fall:
        return (plain,)  # by where it would settle
    return (
        Evidence.of_curve(
            "share of the total fall in the last quarter", curve, trend.late_fall / trend.fall,
            at_most(LATE_SHARE_OF_FALL), unit="share", since=since, until=until, is_drawn=False,
        ),
        plain,
    )  # fmt: skip


def _outlook(run: Run, curve: Curve) -> str:
    """Where the loss would settle, as far as its last half tells."""
    course = course_of(run, curve)
    found = None if course is None else forecast_of(course)
    if course is None or found is None or found.level <= 0 or found.error > abs(found.level):
        return ""
    error = f" ± {number(found.error)}" if found.error else ""
    return f"; at this pace it would settle at about {number(found.level)}{error}"


def _standing(context: RunContext) -> str:
    if context.loss_ratio is None:
        return ""
    baseline = context.baseline
    return f"; a constant prediction scores {number(baseline.loss or 0.0)} ({baseline.what})"


def _fix(run: Run) -> Fix | None:
    """More epochs, and an EarlyStopping beside them; one that is there has to wait longer."""
    fit = run.contract.fit if run.contract else None
    if fit is None or fit.epochs is None:
        curve = run.headline(Role.LOSS)
        counted = curve is not None and curve.axis == "epoch" and len(curve.series)
        return _longer(10 * (curve.series.last.step + 1)) if curve and counted else None
    stopping = next((c for c in fit.callbacks if c.get("class_name") == "EarlyStopping"), None)
    if stopping is not None and run.end is not None and run.end.by == "EarlyStopping":
        return _wait_longer(stopping)
    if stopping is not None:
        return Fix("Train for more epochs.", f"- epochs={fit.epochs},\n+ epochs={10 * fit.epochs},")
    data = data_argument(run)
    return Fix(
        "Train for more epochs and let validation decide when to stop.",
        f"- model.fit({data}, epochs={fit.epochs})\n"
        f"+ model.fit({data}, epochs={10 * fit.epochs}, {held_out_argument(run)},\n"
        "+           callbacks=[keras.callbacks.EarlyStopping(patience=10)])",
    )


def _wait_longer(stopping: dict[str, Scalar]) -> Fix:
    """The EarlyStopping that ended the training, with ten times the patience and no least gain."""
    patience, gain = stopping.get("patience"), stopping.get("min_delta")
    longer = max(10, 10 * patience) if isinstance(patience, int) else 10
    call = f'keras.callbacks.EarlyStopping(monitor="{stopping.get("monitor", "val_loss")}", '
    least = f", min_delta={abs(gain):g}" if isinstance(gain, int | float) and gain else ""
    return Fix(
        "Let EarlyStopping wait longer.",
        f"- {call}patience={patience}{least})\n+ {call}patience={longer})",
    )


def _rivals(run: Run) -> tuple[tuple[str, str], ...]:
    if run.headline(Role.LOSS, Split.VALIDATION) is not None:
        return ()
    separates = "a validation split and more epochs: a loss that falls there too shows learning"
    return (("ZA206", separates),)
