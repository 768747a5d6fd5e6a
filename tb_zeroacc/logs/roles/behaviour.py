"""Curves whose names say nothing, read by what they do.

What is read so is a metric that stands for nothing: it may show that a run learned, and no rule
flags a run for it. Where the behaviour is not clear a curve stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.roles.drafts import Draft
from tb_zeroacc.logs.roles.sides import side_of
from tb_zeroacc.logs.roles.vocabulary import OF_SOMETHING_ELSE
from tb_zeroacc.run import Role

FEWEST = 8  # points: fewer have no shape
BLOCKS = 20  # of a curve, each one's median counts once
STEADILY = 0.9  # Spearman's rank correlation of these medians, with time or with another curve
MUCH = 0.3  # of its start: what falls by less may be anything that drifts
ALIKE = 1e-4  # of a whole: shares are logged as float32, some of them rounded
MOST_UNKNOWN = 50  # curves; a log with more of them is about something else

Values = NDArray[np.float64]


def with_behaviour(drafts: Sequence[Draft]) -> list[Draft]:
    """The curves, with those read that no name tells."""
    unknown = [d for d in drafts if d.meaning.role is Role.OTHER and not d.refuted]
    if not 0 < len(unknown) <= MOST_UNKNOWN:
        return list(drafts)
    known = [d for d in drafts if d.meaning.role is not Role.OTHER]
    found = {d: _as_metric(d, side, is_copy=True) for d, side in _complements(unknown, known)}
    nameless = [d for d in unknown if d not in found and not OF_SOMETHING_ELSE & d.meaning.words]
    judged = [d for d in known if d.meaning.role is not Role.LEARNING_RATE
              and d.meaning.role is not Role.GRADIENT_NORM]  # fmt: skip
    if not judged and len(nameless) == 1 and _falls_like_a_loss(nameless[0]):
        found[nameless[0]] = _as_metric(nameless[0], -1)
    losses = [d for d in judged if d.meaning.role is Role.LOSS]
    for draft in nameless:
        if any(_rises_as_it_falls(draft, loss) for loss in losses):
            found[draft] = _as_metric(draft, 1)
    return [found.get(d, d) for d in drafts]


def _as_metric(draft: Draft, side: int, *, is_copy: bool = False) -> Draft:
    meaning = replace(draft.meaning, role=Role.METRIC, rank=None)
    return replace(draft, meaning=meaning, inferred=side, is_copy=is_copy)


def _complements(
    unknown: Sequence[Draft], known: Sequence[Draft]
) -> Iterator[tuple[Draft, int]]:
    """Curves that are 1 (or 100 %) less another one, and the side that is the better one."""
    sided = [(d, side_of(d.meaning.role, d.meaning.name, d.tag)) for d in known
             if d.meaning.role in (Role.ACCURACY, Role.METRIC)]  # fmt: skip
    for draft in unknown:
        for other, side in sided:
            if side and _are_complements(draft, other):
                yield draft, -side
                break


def _are_complements(a: Draft, b: Draft) -> bool:
    if len(a.series) < FEWEST or not np.array_equal(a.series.steps, b.series.steps):
        return False
    total = a.series.values + b.series.values
    varies = np.ptp(b.series.values) > 0
    return bool(varies) and any(
        bool((np.abs(total - whole) <= ALIKE * whole).all()) for whole in (1.0, 100.0)
    )


def _falls_like_a_loss(draft: Draft) -> bool:
    """Positive, much lower at the end, falling all the way but with noise: no schedule."""
    values = _finite(draft)
    if values is None or values.min() <= 0 or not (np.diff(values) > 0).any():
        return False
    tenth = max(1, len(values) // 10)
    start, end = np.median(values[:tenth]), np.median(values[-tenth:])
    levels = _levels(values)
    falls_much = bool(end <= (1.0 - MUCH) * start)
    return falls_much and _rank_correlation(levels, -np.arange(len(levels))) >= STEADILY


def _rises_as_it_falls(draft: Draft, loss: Draft) -> bool:
    """A share that rises, with noise, as a loss of the same data and steps falls."""
    values, losses = _finite(draft), _finite(loss)
    if values is None or losses is None or draft.split is not loss.split:
        return False
    if not np.array_equal(draft.series.steps, loss.series.steps):
        return False
    is_share = values.min() >= 0 and values.max() <= 1
    if not is_share or not (np.diff(values) < 0).any():
        return False
    rises = _levels(values)
    time = np.arange(len(rises))
    if _rank_correlation(rises, time) < STEADILY:
        return False
    falls = _levels(losses)
    return (
        _rank_correlation(falls, -time) >= STEADILY
        and _rank_correlation(rises, -falls) >= STEADILY
    )


def _finite(draft: Draft) -> Values | None:
    """All values of a curve that is long enough and finite throughout, float64, (points,)."""
    values = np.asarray(draft.series.values, np.float64)
    return values if len(values) >= FEWEST and np.isfinite(values).all() else None


def _levels(values: Values) -> Values:
    """Medians of at most 20 equal blocks, (blocks,); the first ones hold what is left over."""
    blocks = min(BLOCKS, len(values))
    length, longer = divmod(len(values), blocks)
    cut = longer * (length + 1)
    parts = (values[:cut].reshape(longer, length + 1), values[cut:].reshape(-1, length))
    return np.concatenate([np.median(part, axis=1) for part in parts if len(part)])


def _rank_correlation(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Spearman's rank correlation of two arrays of shape (points,); ties in the order they come.

    Source: Spearman 1904, The proof and measurement of association between two things.
    """
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (a, b)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
