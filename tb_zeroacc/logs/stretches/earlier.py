"""Joins the earlier stretches of a training's directories to its earlier sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tb_zeroacc.logs.stretches.member_curves import MemberCurves

# Real directories held up to 17 trainings; beyond the first one and the latest 19 they are counted.
MOST_KEPT = 20
# Two writers that are held for one behind the other may overlap by the difference of their
# machines' clocks; from this share of the shorter one on they wrote at the same time.
AT_THE_SAME_TIME = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class EarlierSession:
    """An earlier session of a training.

    Attributes:
        members: Its directories, those of the same session.
        overlaps: Whether the session behind it began long before it had ended.
    """

    members: tuple[MemberCurves, ...]
    overlaps: bool

    @property
    def same_file(self) -> bool:
        """Whether the file that holds it goes on with the session behind it."""
        return self.members[0].same_file


def earlier_sessions(
    directories: Iterable[tuple[Sequence[MemberCurves], MemberCurves]],
) -> tuple[EarlierSession, ...]:
    """The earlier sessions, in order.

    The directory with most of them leads, of equals the first to begin; the others join it by time.

    Args:
        directories: Each one's earlier stretches, in order, and its latest one.
    """
    found = [[*earlier, latest] for earlier, latest in directories]
    leading = max(found, key=lambda held: (len(held), -(held[-1].begun or 0.0)), default=[])
    if len(leading) < 2:
        return ()
    sessions = [[stretch] for stretch in leading[:-1]]
    borders = [_border(one, behind) for one, behind in pairwise(leading)]
    for stretch in (s for held in found if held is not leading for s in held):
        at = _place(stretch.begun, borders)
        if at is not None and all(known.name != stretch.name for known in sessions[at]):
            sessions[at].append(stretch)
    return tuple(
        EarlierSession(tuple(members), _overlap(one, behind))
        for members, (one, behind) in zip(sessions, pairwise(leading), strict=True)
    )


def _border(one: MemberCurves, behind: MemberCurves) -> float | None:
    """Of the pause between two sessions, the first half still belongs to the earlier one."""
    return None if one.last is None or behind.begun is None else (one.last + behind.begun) / 2


def _place(begun: float | None, borders: Sequence[float | None]) -> int | None:
    """The session that a stretch belongs to by its first event; None for the latest one.

    Nor can it be told without wall times.
    """
    if begun is None or None in borders:
        return None
    return next((at for at, end in enumerate(borders) if end is not None and begun < end), None)


def _overlap(one: MemberCurves, behind: MemberCurves) -> bool:
    """Whether two stretches were written at the same time for long."""
    if one.same_file or None in (times := (one.begun, one.last, behind.begun, behind.last)):
        return False
    first, last, begun, end = (time for time in times if time is not None)
    shorter = min(last - first, end - begun)
    return min(last, end) - max(first, begun) > AT_THE_SAME_TIME * shorter > 0
