"""Curves that are told twice: by equal values under two tags, or raw and smoothed.

They count once: two of them are no two losses, and no two witnesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from tb_zeroacc.logs.roles.drafts import Draft, weight
from tb_zeroacc.logs.roles.vocabulary import AVERAGED
from tb_zeroacc.run import Role, Split

# The most telling first: of equal values the one that is called a loss is the original.
_ROLES = (Role.LOSS, Role.ACCURACY, Role.REWARD, Role.METRIC)
FEWEST_EQUAL = 3  # points; two curves may begin alike


def copies_of(drafts: Sequence[Draft]) -> set[Draft]:
    """All but the best of the curves that are the same one."""
    judged = [d for d in drafts if d.meaning.role in _ROLES]
    groups = [*_equal(judged), *_smoothed(judged)]
    less = {d for group in groups for d in group if d is not min(group, key=_order)}
    return less | {d for d in drafts if d.is_copy}


def _order(draft: Draft) -> tuple[object, ...]:
    """Less is better; what heads its role and data is never a copy of what does not."""
    return (_ROLES.index(draft.meaning.role), draft.meaning.rank is None, weight(draft))


def _equal(drafts: Sequence[Draft]) -> Iterable[list[Draft]]:
    """Curves of the same data whose values are the same, whatever counts their steps."""
    groups: dict[Hashable, list[Draft]] = defaultdict(list)
    for draft in drafts:
        values = draft.series.values
        if len(values) >= FEWEST_EQUAL and (values != values[0]).any():
            groups[draft.split, draft.series.count, values.tobytes()].append(draft)
    return groups.values()


def _smoothed(drafts: Sequence[Draft]) -> Iterable[list[Draft]]:
    """Curves of training that differ by words of smoothing alone.

    Of a loss the mean is such a word; of other metrics it may be taken over classes. On held-out
    data `ema` is another model, the one with averaged weights.
    """
    groups: dict[Hashable, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.split is Split.TRAIN:
            meaning = draft.meaning
            groups[draft.member.name, meaning.role, meaning.name].append(draft)
    for group in groups.values():
        is_loss = group[0].meaning.role is Role.LOSS
        words = {d: d.meaning.smoothed - (frozenset() if is_loss else AVERAGED) for d in group}
        best = min(group, key=_order)
        yield [best, *(d for d in group if words[d] != words[best])]
