"""The curves of a training in their roles: which data, which axis, which one stands for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tb_zeroacc.logs.roles.behaviour import with_behaviour
from tb_zeroacc.logs.roles.copies import copies_of
from tb_zeroacc.logs.roles.drafts import Draft, weight
from tb_zeroacc.logs.roles.meaning import meaning_of
from tb_zeroacc.logs.roles.refuted import epochs_far_from_zero, is_refuted, is_zero
from tb_zeroacc.logs.roles.sides import is_players, side_of
from tb_zeroacc.logs.stretches.member_curves import MemberCurves
from tb_zeroacc.run import Axis, Curve, Role, Split, Table
from tb_zeroacc.series import Series

# A share of right answers cannot exceed 1; rounding and smoothing may, a little.
PERCENT_FROM = 1.01
PERCENT_TO = 100.5
# Fewer points than this on the test data are a last word, not a curve watched while training.
WATCHED = 3


def curves_of(members: Sequence[MemberCurves], sampled: Table | None = None) -> tuple[Curve, ...]:
    """All scalar tags of a session.

    Args:
        members: The directories that take part.
        sampled: The recorder's table `loss`; None without one.
    """
    drafts = _drafts(members)
    drafts = _without_refuted_losses(drafts, sampled)
    drafts = _with_watched_test(drafts)
    drafts = _with_scores_of_play(drafts)
    drafts = _without_misleading_losses(drafts)
    drafts = _with_some_loss(drafts)
    drafts = with_behaviour(_without_impossible_accuracy(drafts))
    percent = {d.meaning.name for d in drafts if _is_percent(d)}
    by_epoch = _epoch_steps(drafts)
    best = _headlines(drafts)
    copied = copies_of(drafts)
    return tuple(
        Curve(
            member=draft.member.name,
            tag=draft.tag,
            name=draft.meaning.name,
            role=draft.meaning.role,
            split=draft.split,
            axis=_axis(draft, by_epoch),
            series=draft.series,
            headline=draft in best,
            names_its_split=(draft.meaning.split or draft.member.part.split) is not None,
            refuted=draft.refuted,
            interleaved=draft.member.interleaved.get(draft.tag, 1),
            scale=0.01 if draft.meaning.name in percent and _is_accuracy(draft) else 1.0,
            side=draft.inferred or side_of(draft.meaning.role, draft.meaning.name, draft.tag),
            is_players=is_players(draft.meaning.role, draft.meaning.name, draft.tag),
            is_copy=draft in copied,
            is_inferred=draft.inferred != 0,
        )
        for draft in drafts
    )


def _drafts(members: Sequence[MemberCurves]) -> list[Draft]:
    drafts = []
    for member in members:
        meanings = {tag: meaning_of(tag) for tag in member.curves}
        # Where losses name both the training and the validation data, a metric that names none
        # was measured after training on an epoch: on the validation data.
        named = {m.split for m in meanings.values() if m.role is Role.LOSS}
        bare = Split.VALIDATION if {Split.TRAIN, Split.VALIDATION} <= named else Split.TRAIN
        for tag, series in member.curves.items():
            meaning = meanings[tag]
            is_metric = meaning.role in (Role.ACCURACY, Role.METRIC)
            split = meaning.split or member.part.split or (bare if is_metric else Split.TRAIN)
            drafts.append(Draft(member, tag, meaning, split, series))
    return drafts


def _with_watched_test(drafts: list[Draft]) -> list[Draft]:
    """Test data that is measured throughout training, and no validation data, is the latter."""
    if any(d.split is Split.VALIDATION for d in drafts):
        return drafts
    return [
        replace(d, split=Split.VALIDATION)
        if d.split is Split.TEST and d.series.count >= WATCHED
        else d
        for d in drafts
    ]


def _without_refuted_losses(drafts: list[Draft], sampled: Table | None) -> list[Draft]:
    """A logged loss that the sampled steps refute, and what else comes from the same tracker."""
    is_known = sampled is not None and "loss" in sampled.columns
    far = epochs_far_from_zero(sampled) if sampled is not None and is_known else frozenset()
    losses = [d for d in drafts if d.meaning.role is Role.LOSS]
    trained = [d for d in losses if d.split is Split.TRAIN and d.meaning.is_epoch]
    refuted = {d for d in trained if is_refuted(d.series, far)}
    if refuted:
        refuted.update(d for d in losses if is_zero(d.series))
    return [replace(_as(d, Role.OTHER), refuted=True) if d in refuted else d for d in drafts]


def _with_scores_of_play(drafts: list[Draft]) -> list[Draft]:
    """A score is a reward where the log speaks of reinforcement learning, or of nothing else.

    Tables of all kinds have such a column, so that in a text log it takes the first.
    """
    is_play = any(d.meaning.playing for d in drafts)
    is_all = not any(d.meaning.role in (Role.LOSS, Role.ACCURACY) for d in drafts)
    return [
        replace(d, meaning=replace(d.meaning, role=Role.REWARD, reinforcement=is_play))
        if d.meaning.name == "score" and (is_play or (is_all and d.member.counted == "unknown"))
        else d
        for d in drafts
    ]


def _without_misleading_losses(drafts: list[Draft]) -> list[Draft]:
    """In reinforcement learning and between adversaries, a loss that rises may be health."""
    if any(d.meaning.reinforcement for d in drafts):
        return [_as(d, Role.OTHER) if d.meaning.role is Role.LOSS else d for d in drafts]
    words = {word for d in drafts for word in d.meaning.adversarial}
    named = {w for d in drafts if d.meaning.role is Role.LOSS for w in d.meaning.name.split("_")}
    if {"g", "d"} <= named:  # `G_loss` and `D_loss`
        words.add("gan")
    if words & {"generator", "discriminator", "gen", "disc", "gan"} or {"fake", "real"} <= words:
        return [_as(d, d.meaning.role) if d.meaning.role is Role.LOSS else d for d in drafts]
    return drafts


def _as(draft: Draft, role: Role, rank: int | None = None) -> Draft:
    return replace(draft, meaning=replace(draft.meaning, role=role, rank=rank))


def _with_some_loss(drafts: list[Draft]) -> list[Draft]:
    """Where nothing is called a loss, an error stands for it (CatBoost logs only `RMSE`)."""
    known = {d.meaning.role for d in drafts}
    if known & {Role.LOSS, Role.REWARD, Role.ACCURACY}:
        return drafts
    return [_as(d, Role.LOSS, d.meaning.rank or 0) if d.meaning.may_be_loss else d for d in drafts]


def _is_accuracy(draft: Draft) -> bool:
    return draft.meaning.role is Role.ACCURACY


def _without_impossible_accuracy(drafts: list[Draft]) -> list[Draft]:
    """A share lies between 0 and 1, or 0 and 100; what does not is some other metric."""

    def impossible(draft: Draft) -> bool:
        low, high = draft.series.minimum, draft.series.maximum
        return (low is not None and low.value < 0) or (high is not None and high.value > PERCENT_TO)

    return [_as(d, Role.METRIC) if _is_accuracy(d) and impossible(d) else d for d in drafts]


def _is_percent(draft: Draft) -> bool:
    high = draft.series.maximum
    return _is_accuracy(draft) and high is not None and high.value > PERCENT_FROM


def _epoch_steps(drafts: list[Draft]) -> set[tuple[int, int]]:
    """First and last step of curves that count epochs, though nothing says so.

    Nobody validates after each step: a validation curve with a point at each whole number from 0
    or 1 on counts epochs, and so does whatever else has a point at each of them.
    """
    return {
        (d.series.first.step, d.series.last.step)
        for d in drafts
        if d.split is Split.VALIDATION and _is_gapless(d.series)
    }


def _is_gapless(series: Series) -> bool:
    if series.count < WATCHED:
        return False
    first, last = series.first.step, series.last.step
    return first in (0, 1) and last - first == series.count - 1


def _axis(draft: Draft, by_epoch: set[tuple[int, int]]) -> Axis:
    for told in (draft.member.counted, draft.meaning.axis):
        if told != "unknown":
            return told
    series = draft.series
    if _is_gapless(series) and (series.first.step, series.last.step) in by_epoch:
        return "epoch"
    # Lightning writes `epoch` beside everything, and everything by its global step.
    return "step" if "epoch" in draft.member.curves else "unknown"


def _headlines(drafts: list[Draft]) -> set[Draft]:
    """For each role and data the curve that stands for them."""
    best: dict[tuple[Role, Split], Draft] = {}
    for draft in drafts:
        if draft.meaning.rank is None:
            continue
        key = (draft.meaning.role, draft.split)
        if key not in best or weight(draft) < weight(best[key]):
            best[key] = draft
    return {d for (role, _), d in best.items() if role is not Role.METRIC}
