"""The outcome of a training and the sentence that heads its verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tb_zeroacc.diagnosis.answering.breaking_off import when_it_breaks_off, where_it_breaks_off
from tb_zeroacc.diagnosis.answering.shown_curves import points_of
from tb_zeroacc.diagnosis.answering.unrecorded import inside_is_known, need_a_recording
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.chance.leaving import has_just_left
from tb_zeroacc.diagnosis.computed.chance.weak_signal import best_at_chance, shown_signal
from tb_zeroacc.diagnosis.computed.learning.course import course_of
from tb_zeroacc.diagnosis.computed.learning.ending import breaks_off
from tb_zeroacc.diagnosis.computed.learning.improvement import improvements_of
from tb_zeroacc.diagnosis.computed.learning.run_length import had_no_time, is_short, longest_loss
from tb_zeroacc.diagnosis.computed.learning.trend import trend_of
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Finding, Outcome
from tb_zeroacc.diagnosis.rule import Rule
from tb_zeroacc.facts import End
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.wording import count, number, percent

SHOWN = 2  # curves in a sentence


def outcome_of(
    context: RunContext, findings: Sequence[Finding], flagged: Mapping[str, tuple[Rule, Flagged]]
) -> Outcome:
    """The outcome: from the findings, otherwise from loss and accuracy."""
    if _loss_is_not_finite(context) or any(
        rule.outcome is Outcome.BROKEN
        and (answer.tier or rule.tier) is Tier.DEFINITE
        and not answer.workers  # one shard of several that is broken: the loss tells
        for rule, answer in flagged.values()
    ):
        return Outcome.BROKEN
    loss = context.run.headline(Role.LOSS)
    if not _has_signal(context) or (_was_ended(context) and loss is None):
        return Outcome.CANNOT_TELL
    sure = [finding for finding in findings if finding.tier >= Tier.STRONG]
    implied = [_implied(context, *flagged[finding.code], finding.tier) for finding in sure]
    if implied:
        # A metric that is wrong says nothing of the training: what else was found does.
        return next((o for o in implied if o is not Outcome.LEARNING), Outcome.LEARNING)
    if breaks_off(context.run) and not context.beats:
        return Outcome.CANNOT_TELL  # what the rest would have brought is unknown
    short = loss is not None and is_short(context.run, longest_loss(context.run))
    short = short or had_no_time(context.run) is not None
    if context.beats is False and _hopeless(context):
        return Outcome.CANNOT_TELL if short else Outcome.NOT_LEARNING
    early = any(rule.outcome is Outcome.FINISHED_EARLY for rule, _ in flagged.values())
    young = short and (early or context.run.state == "live")
    if not context.beats and (young or not _has_learned(context)):
        return Outcome.CANNOT_TELL
    return Outcome.LEARNING


def _has_learned(context: RunContext) -> bool:
    """Whether the curves show it: the loss is off its baseline, or something got better.

    What training gains proves nothing where validation is at its baseline throughout.
    """
    if best_at_chance(context.run) is not None:
        return False
    below = context.loss_ratio is not None and context.loss_ratio < HOPELESS
    return below or bool(improvements_of(context.run))


def _implied(context: RunContext, rule: Rule, answer: Flagged, tier: Tier) -> Outcome:
    """The outcome by the first cause; a run that learned all the same has learned."""
    implied = rule.outcome
    is_whole = tier is Tier.DEFINITE and not answer.workers
    if not is_whole and implied in (Outcome.BROKEN, Outcome.NOT_LEARNING):
        learned = context.beats and not answer.by_heart
        return Outcome.LEARNING if learned else Outcome.NOT_LEARNING
    return Outcome.NOT_LEARNING if implied is Outcome.BROKEN else implied


def headline_of(
    context: RunContext,
    outcome: Outcome,
    findings: Sequence[Finding],
    answers: Mapping[str, Answer],
) -> tuple[str, str]:
    """The headline and the line below it."""
    score = score_of(context)
    first = findings[0] if findings else None
    is_sure = first is not None and first.tier >= Tier.STRONG
    if breaks_off(context.run) and not is_sure:
        return where_it_breaks_off(context.run), when_it_breaks_off(context.run)
    if first is not None and (is_sure or outcome is not Outcome.LEARNING):
        return first.summary, first.context or score
    passed = sum(isinstance(a, Passed) for a in answers.values())
    untold = sum(isinstance(a, CannotTell) for a in answers.values())
    told = f"{count(passed, 'check')} passed, {untold} could not be told"
    end = context.run.end
    if end is not None and outcome is Outcome.CANNOT_TELL and _was_ended(context):
        after = "" if end.step is None else f" after {count(end.step, 'step')}"
        return f"{end.exception} ended the training{after}: {told}.", _last_words(end)
    if outcome is Outcome.LEARNING:
        beside = f"No fault found: {told}."
        gained = None if inside_is_known(answers.values()) else _gain_in_words(context.run)
        if gained is None:
            return beside, score
        return f"{gained} {_unmade(context.run, answers)}", first.summary if first else beside
    if outcome is Outcome.NOT_LEARNING:
        return f"The model does not learn, and no cause could be shown: {told}.", score
    if (found := best_at_chance(context.run)) is not None and outcome is Outcome.CANNOT_TELL:
        best, chance = map(number, found)
        return (
            f"Validation does not show that it learns: its loss was {best} at best, and chance "
            f"scores {chance}.",
            score,
        )
    course = _course_in_words(context.run)
    if course is not None:
        return f"{course}: whether it learns, the log does not say.", score
    return f"The log does not say enough to judge: {told}.", score


def _unmade(run: Run, answers: Mapping[str, Answer]) -> str:
    """How many of the checks that concern a run could not be made, as a sentence."""
    concern = sum(not isinstance(answer, NotApplicable) for answer in answers.values())
    if lacking := need_a_recording(run, answers):
        return f"{len(lacking)} of {count(concern, 'check')} need a recording."
    untold = sum(isinstance(answer, CannotTell) for answer in answers.values())
    return f"{untold} of {count(concern, 'check')} could not be told."


def _gain_in_words(run: Run) -> str | None:
    """The improvement that counts most: of the training loss, of its accuracy, then of others."""
    order, found = run.main_curves, improvements_of(run)
    if not found:
        return None
    best = min(found, key=lambda c: order.index(c.curve) if c.curve in order else len(order))
    verb = "fell" if best.end < best.start else "rose"
    return f"{_begun(best.curve)} {verb} from {number(best.start)} to {number(best.end)}."


def _course_in_words(run: Run) -> str | None:
    """Where the main curve went; without one, the losses of several networks, or the metrics."""
    curve = run.main_curve
    course = None if curve is None else course_of(run, curve)
    if curve is None or course is None:
        return _others_in_words(run)
    return (
        f"{_begun(curve)} went from {number(course.start)} to "
        f"{number(course.end)} in {points_of(curve, course.points)}"
    )


def _others_in_words(run: Run) -> str | None:
    """Where the first curves went of those that stand for no training as a whole."""
    known = run.curves_of(Role.LOSS) or run.curves_of(Role.METRIC)
    known = known or [c for c in run.curves_of(Role.OTHER) if c.is_called_loss]
    trends = [(curve, trend) for curve in known if (trend := trend_of(curve.series))]
    went = [
        f"`{curve.tag}` {'' if i else 'went '}from {number(trend.start)} to {number(trend.end)}"
        for i, (curve, trend) in enumerate(trends[:SHOWN])
    ]
    return " and ".join(went) or None


def _begun(curve: Curve) -> str:
    """A curve's name at the begin of a sentence."""
    name = _named(curve)
    return f"{name[0].upper()}{name[1:]}"


def _named(curve: Curve) -> str:
    named = {Role.LOSS: "loss", Role.ACCURACY: "accuracy", Role.REWARD: "reward"}.get(curve.role)
    if curve.is_inferred:
        read = "a loss" if curve.side < 0 else "a metric"
        return f"`{curve.tag}` (read as {read} by its behaviour)"
    held = "validation " if curve.split is Split.VALIDATION else ""
    return f"the {held}{named}" if named is not None and curve.headline else f"`{curve.tag}`"


def score_of(context: RunContext) -> str:
    """Where loss and accuracy ended, against the best constant prediction.

    What there is no baseline for is told by its level, as everywhere else on curves alone.
    """
    parts = []
    if context.final_loss is not None and math.isfinite(context.final_loss):
        known = context.loss_ratio is not None
        final = context.final_loss if known else _level(context.run, Role.LOSS, context.final_loss)
        verb = "is now" if context.run.state == "live" else "ended at"
        loss = f"The loss {verb} {number(final)}"
        if context.loss_ratio is not None and context.loss_ratio >= 0:
            loss += f", {percent(context.loss_ratio)} of what a constant prediction scores"
            loss += " beyond the labels' own entropy" if context.baseline.floor else ""
        parts.append(loss)
    if context.final_accuracy is not None:
        final = context.final_accuracy
        if context.baseline.accuracy is None:
            final = _level(context.run, Role.ACCURACY, final)
        accuracy = f"accuracy is {number(final)}"
        if context.baseline.accuracy is not None:
            majority = number(context.baseline.accuracy)
            accuracy += f" against {majority} for always predicting the largest class"
        parts.append(accuracy)
    sentence = ", ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _level(run: Run, role: Role, last: float) -> float:
    curve = run.headline(role)
    course = None if curve is None else course_of(run, curve)
    return last if course is None else course.end


def _was_ended(context: RunContext) -> bool:
    """Whether an exception ended the training."""
    return context.run.end is not None and context.run.end.how == "exception"


def _last_words(end: End) -> str:
    """The last line of an exception's message: TensorFlow's begin with a stack."""
    lines = [line.strip() for line in (end.text or "").splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _has_signal(context: RunContext) -> bool:
    run = context.run
    roles = (Role.LOSS, Role.ACCURACY, Role.METRIC, Role.REWARD)
    return bool(run.tables or any(c.role in roles and len(c.series) for c in run.curves))


def _loss_is_not_finite(context: RunContext) -> bool:
    return context.final_loss is not None and not math.isfinite(context.final_loss)


def _hopeless(context: RunContext) -> bool:
    if has_opponent(context.run) or shown_signal(context.run) is not None:
        return False  # the level of a game's losses tells nothing; what is mostly noise is learned
    loss = longest_loss(context.run)
    if loss is not None and has_just_left(loss, context.baseline):
        return False
    if context.loss_ratio is not None:
        return context.loss_ratio >= HOPELESS
    return context.beats_accuracy is False and context.beats_loss is not True
