"""Curves on their way to a role."""

from __future__ import annotations

from dataclasses import dataclass

from tb_zeroacc.logs.roles.meaning import Meaning
from tb_zeroacc.logs.stretches.member_curves import MemberCurves
from tb_zeroacc.run import Split
from tb_zeroacc.series import Series


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A curve before it is compared with the others.

    Attributes:
        inferred: The better side of a curve that was read by its behaviour; 0 for any other.
        is_copy: Whether its values follow from those of another one.
        refuted: As in `run.Curve`.
    """

    member: MemberCurves
    tag: str
    meaning: Meaning
    split: Split
    series: Series
    refuted: bool = False
    inferred: int = 0
    is_copy: bool = False


def weight(draft: Draft) -> tuple[bool, bool, int, bool]:
    """How well a curve stands for its role and data; less is better.

    A curve rather than a point, epoch values, few words, our recorder's.
    """
    return (
        draft.series.count < 2,
        not draft.meaning.is_epoch,
        draft.meaning.rank or 0,
        not draft.member.part.recorder,
    )
