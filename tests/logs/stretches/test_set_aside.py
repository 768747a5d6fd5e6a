"""What a file keeps of the stretches that others followed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tb_zeroacc.logs.stretches import set_aside
from tb_zeroacc.logs.stretches.set_aside import SHORTEST, SetAside
from tb_zeroacc.series import SeriesBuilder


def a_builder(values: Sequence[float]) -> SeriesBuilder:
    builder = SeriesBuilder()
    for step, value in enumerate(values):
        builder.append(step, value)
    return builder


def kept(*stretches: tuple[str, int], points: int = SHORTEST) -> SetAside:
    """Stretches by tag and first event, whose values are the number of that event."""
    found = SetAside()
    for tag, begun in stretches:
        found.add(tag, begun, a_builder([float(begun)] * points))
    return found


def values(found: SetAside, without: Sequence[str] = ()) -> list[dict[str, float]]:
    return [{tag: float(s.values[0]) for tag, s in g.items()} for g in found.groups(without)]


def test_tags_join_the_group_that_another_one_opened() -> None:
    found = kept(("loss", 0), ("acc", 1), ("loss", 100), ("acc", 101))
    assert values(found) == [{"loss": 0.0, "acc": 1.0}, {"loss": 100.0, "acc": 101.0}]


def test_a_tag_that_ended_late_stands_where_it_began() -> None:
    """The third group has no validation, so that the second one's ends with the fourth."""
    found = kept(("loss", 0), ("val", 9), ("loss", 100), ("loss", 200), ("val", 109))
    assert values(found) == [
        {"loss": 0.0, "val": 9.0}, {"loss": 100.0, "val": 109.0}, {"loss": 200.0},
    ]  # fmt: skip


def test_tags_that_are_one_curve_are_left_out() -> None:
    found = kept(("batch", 0), ("loss", 1), ("batch", 10), ("batch", 20), ("loss", 21))
    assert values(found, without=["batch"]) == [{"loss": 1.0}, {"loss": 21.0}]


@pytest.mark.parametrize(("points", "groups"), [(SHORTEST - 1, 0), (SHORTEST, 1)])
def test_short_ones_are_not_kept(points: int, groups: int) -> None:
    assert len(values(kept(("loss", 0), points=points))) == groups


def test_the_oldest_go_where_memory_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_aside, "MOST_POINTS", 3 * (10 + set_aside.OVERHEAD))
    found = kept(*(("loss", begun) for begun in range(100)), points=10)
    assert values(found) == [{"loss": 97.0}, {"loss": 98.0}, {"loss": 99.0}]
