"""Which earlier stretches of several directories belong together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.logs.stretches.earlier import earlier_sessions
from tb_zeroacc.logs.stretches.member_curves import MemberCurves
from tb_zeroacc.series import Series


def stretch(
    begun: float | None, end: float | None, name: str = "train", same_file: bool = False
) -> MemberCurves:
    times = None if begun is None or end is None else [begun, end]
    series = Series.of([0, 1], [1.0, 0.5], times)
    return MemberCurves(name, Part("."), {"loss": series}, same_file=same_file)


def joined(*directories: Sequence[MemberCurves]) -> list[tuple[list[str], bool]]:
    """Names of the members of each earlier session, and whether the next one overlaps it."""
    found = earlier_sessions([(held[:-1], held[-1]) for held in directories])
    return [([m.name for m in session.members], session.overlaps) for session in found]


TRAIN = [stretch(0, 10), stretch(100, 110), stretch(200, 210)]


def test_nothing_came_before() -> None:
    assert joined() == joined([stretch(0, 10)]) == joined([stretch(0, 10)], [stretch(5, 9)]) == []


def test_other_directories_join_by_time() -> None:
    validation = [stretch(b + 5, b + 12, "val") for b in (0, 100, 200)]
    assert joined(TRAIN, validation) == [(["train", "val"], False)] * 2


def test_a_directory_with_fewer_of_them() -> None:
    """Nothing was validated in the second one."""
    validation = [stretch(b + 5, b + 12, "val") for b in (0, 200)]
    assert joined(TRAIN, validation) == [(["train", "val"], False), (["train"], False)]


def test_a_directory_that_stood_still() -> None:
    assert joined(TRAIN, [stretch(105, 109, "val")])[1] == (["train", "val"], False)


def test_a_first_validation_before_training() -> None:
    """Of the pause between two sessions, the second half belongs to the later one."""
    assert joined(TRAIN, [stretch(95, 109, "val")])[1] == (["train", "val"], False)
    assert joined(TRAIN, [stretch(50, 52, "val")])[0] == (["train", "val"], False)


def test_without_wall_times_a_directory_stands_alone() -> None:
    timeless = [stretch(None, None), stretch(None, None)]
    assert joined(timeless, [stretch(None, None, "val")]) == [(["train"], False)]


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        ((0, 10), (11, 20), False),
        ((0, 10), (8, 18), False),  # clocks of two machines may differ
        ((0, 10), (5, 15), False),  # half of it
        ((0, 10), (4, 14), True),
        ((0, 100), (90, 96), True),  # all of a short one
        ((100, 110), (0, 90), False),  # their names are not in the order of time
    ],
)
def test_written_at_the_same_time(
    one: tuple[float, float], other: tuple[float, float], want: bool
) -> None:
    assert joined([stretch(*one), stretch(*other)]) == [(["train"], want)]


def test_stretches_of_one_file_never_overlap() -> None:
    assert joined([stretch(0, 10, same_file=True), stretch(1, 9)]) == [(["train"], False)]
