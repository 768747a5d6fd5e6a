"""Some histograms of a tag in bins: bounded, and the same in whatever pieces they come."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.histograms.course import (
    BINS,
    FEWEST_STEPS,
    MOST_STEPS,
    MOST_TAGS,
    ROOM,
    ROW,
    Course,
    CourseBuilder,
    Latest,
    Rows,
    binned,
    room_for,
)

EDGES = np.linspace(-1.0, 1.0, BINS + 1)


def one(buckets: Sequence[Sequence[float]], low: float, high: float) -> Rows:
    told = np.array(buckets, np.float64)
    return binned(np.array([7]), np.array([low]), np.array([high]), told[None])


def test_what_tensorflow_writes_is_kept_bin_by_bin() -> None:
    counts = np.arange(BINS, dtype=np.float64)
    row = one(np.stack([EDGES[:-1], EDGES[1:], counts], axis=1).tolist(), -1.0, 1.0)
    assert (row["step"][0], row["low"][0], row["high"][0]) == (7, -1.0, 1.0)
    assert np.rint(row["shares"][0] * row["total"][0]).tolist() == counts.tolist()


def test_finer_buckets_are_summed_up_and_wider_ones_shared_out() -> None:
    fine = [[n / 60, (n + 1) / 60, 1.0] for n in range(60)]
    assert one(fine, 0.0, 1.0)["shares"][0] == pytest.approx(np.full(BINS, 1 / BINS), rel=1e-3)
    wide = one([[-inf, 0.0, 30.0], [0.0, 1.8e308, 90.0]], -1.0, 1.0)["shares"][0]
    assert wide[:15] == pytest.approx(np.full(15, 0.25 / 15), rel=1e-3)
    assert wide[15:] == pytest.approx(np.full(15, 0.75 / 15), rel=1e-3)


ODD = {
    "a single value": ([[0.5, 0.5, 0.0], [0.5, 0.5, 9.0]], 0.5, 0.5, 9.0),
    "NaN": ([[nan, nan, 0.0]], nan, nan, 0.0),
    "an infinity": ([[0.0, inf, 3.0]], 0.0, inf, 0.0),
    "nothing": ([[0.0, 1.0, 0.0]], 0.0, 1.0, 0.0),
    "counts that are none": ([[0.0, 0.5, -3.0], [0.5, 1.0, nan], [1.0, 1.0, 2.0]], 0.0, 1.0, 2.0),
    "edges out of order": ([[0.0, 0.9, 1.0], [0.9, 0.1, 1.0], [0.1, 1.0, 1.0]], 0.0, 1.0, 3.0),
    "as wide as can be": ([[-1.7e308, 1.7e308, 4.0]], -1.7e308, 1.7e308, 4.0),
    "as narrow as can be": ([[0.0, 5e-324, 4.0]], 0.0, 5e-324, 4.0),
}


@pytest.mark.parametrize(("buckets", "low", "high", "total"), ODD.values(), ids=ODD)
def test_odd_ones_are_rows_all_the_same(
    buckets: list[list[float]], low: float, high: float, total: float
) -> None:
    row = one(buckets, low, high)
    assert row["total"][0] == total
    shares = row["shares"][0]
    assert np.isfinite(shares).all()
    assert float(shares.sum()) == pytest.approx(1.0 if total else 0.0, abs=2e-3)
    assert np.isnan(row["low"][0]) == (not np.isfinite([low, high]).all())


def columns(count: int, first: int = 0) -> tuple[np.ndarray, ...]:
    steps = np.arange(first, first + count)
    rng = np.random.default_rng(5)
    ends = np.sort(rng.normal(size=(300, 4)), axis=1)[steps % 300]
    buckets = np.stack([ends[:, :-1], ends[:, 1:], rng.integers(0, 9, (300, 3))[steps % 300]], 2)
    return steps, ends[:, 0], ends[:, -1], buckets


def taken(builder: CourseBuilder, count: int, first: int, alone: bool) -> None:
    steps, low, high, buckets = columns(count, first)
    if alone:
        for n in range(count):
            content = buckets[n]
            builder.add(Latest(int(steps[n]), float(low[n]), float(high[n]), content.copy))
    elif count:
        builder.add_many(steps, low, high, buckets)


def bits(course: Course) -> bytes:
    return course.rows.tobytes() + course.last.tobytes()


PIECES = st.lists(st.tuples(st.integers(0, 90), st.booleans(), st.integers(1, 40)), max_size=6)


@given(PIECES)
def test_in_any_pieces_the_same_to_the_bit(pieces: list[tuple[int, bool, int]]) -> None:
    """The number of tags, and so the pieces' room, only grows."""
    many, tags = CourseBuilder(), 1
    for count, alone, more in pieces:
        taken(many, count, many.count, alone)
        tags += more
        many.settle(room_for(tags))
    whole = CourseBuilder()
    taken(whole, many.count, 0, alone=False)
    whole.settle(room_for(tags))
    assert bits(whole.freeze()) == bits(many.freeze())


@pytest.mark.parametrize("count", [1, 2, 32, 33, 100, 5000])
def test_they_are_bounded_and_spread_evenly_up_to_the_last(count: int) -> None:
    builder = CourseBuilder()
    taken(builder, count, 0, alone=False)
    builder.settle(room_for(1))
    steps = builder.freeze().all()["step"].tolist()
    assert (steps[0], steps[-1]) == (0, count - 1)
    assert min(count, MOST_STEPS // 2) <= len(steps) <= MOST_STEPS + 1
    gaps = {b - a for a, b in pairwise(steps[:-1])}
    assert len(gaps) <= 1, gaps


def test_two_files_are_one_course_and_as_bounded() -> None:
    first, second = CourseBuilder(), CourseBuilder()
    taken(first, 40, 0, alone=False)
    taken(second, 40, 40, alone=True)
    for builder in (first, second):
        builder.settle(room_for(1))
    steps = first.followed_by(second).freeze().all()["step"].tolist()
    assert steps == sorted(set(steps))
    assert len(steps) <= MOST_STEPS + 1
    assert (steps[0], steps[-1]) == (0, 79)


def test_a_file_keeps_no_more_than_its_room() -> None:
    for tags in range(1, MOST_TAGS + 1):
        assert FEWEST_STEPS <= room_for(tags) <= MOST_STEPS
        assert tags * room_for(tags) <= ROOM or room_for(tags) == FEWEST_STEPS
    assert MOST_TAGS * (FEWEST_STEPS + 1) * ROW.itemsize <= 64 * 1024, "bytes of a file"
