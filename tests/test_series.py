from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc.series import BUCKETS, EDGE, Point, Series, SeriesBuilder

Event = tuple[int, float, float]

VALUES = st.one_of(
    st.floats(width=32),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0]),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Events of rising steps, some steps written several times; long enough to be thinned."""
    drawn = draw(st.lists(st.tuples(st.integers(0, 5), VALUES), max_size=60))
    repeat = draw(st.sampled_from([1, 1, 7, 40]))
    step, found = draw(st.integers(-3, 10)), []
    for number, (gap, value) in enumerate(drawn * repeat):
        step += gap
        found.append((step, value, float(number)))
    return found


def built(events: list[Event]) -> SeriesBuilder:
    builder = SeriesBuilder()
    for event in events:
        builder.append(*event)
    return builder


EXACT = ("count", "minimum", "maximum", "non_finite_count", "first_non_finite_step", "first_time")
TIMES = ("last_time", "median_gap")


def same(a: Series, b: Series, names: tuple[str, ...] = EXACT + TIMES) -> None:
    assert a.steps.tobytes() == b.steps.tobytes()
    assert a.values.tobytes() == b.values.tobytes()
    for name in names:
        assert getattr(a, name) == getattr(b, name), name


def last_of_each_step(events: list[Event]) -> list[Point]:
    return [Point(s, v) for s, v in {step: value for step, value, _ in events}.items()]


@given(logs(), st.data())
@settings(max_examples=60, deadline=None)
def test_reading_in_pieces_is_reading_at_once(events: list[Event], data: st.DataObject) -> None:
    at_once = built(events).freeze()
    in_pieces = SeriesBuilder()
    looks = data.draw(st.sets(st.integers(0, max(0, len(events) - 1)), max_size=8))
    for number, event in enumerate(events):
        in_pieces.append(*event)
        if number in looks:
            in_pieces.freeze()  # to look is to book what is closed so far
    same(in_pieces.freeze(), at_once)


@given(logs(), st.data())
@settings(max_examples=60, deadline=None)
def test_columns_are_as_good_as_single_points(events: list[Event], data: st.DataObject) -> None:
    by_columns, at = SeriesBuilder(), 0
    steps = np.array([step for step, _, _ in events], np.int64)
    values = np.array([value for _, value, _ in events], np.float64)
    times = np.array([time for _, _, time in events], np.float64)
    while at < len(events):
        end = at + data.draw(st.sampled_from([1, 5, 30, 400, len(events)]))
        by_columns.append_columns(steps[at:end], values[at:end], times[at:end])
        at = end
    one_by_one = built(events)
    same(by_columns.freeze(), one_by_one.freeze())
    cut = data.draw(st.integers(-5, 2_500))
    same(by_columns.before(cut).freeze(), one_by_one.before(cut).freeze())


@given(logs())
@settings(max_examples=60, deadline=None)
def test_what_matters_is_exact(events: list[Event]) -> None:
    series = built(events).freeze()
    points = last_of_each_step(events)
    finite = [p for p in points if math.isfinite(p.value)]
    bad = [p for p in points if not math.isfinite(p.value)]
    assert series.count == len(points)
    assert series.non_finite_count == len(bad)
    assert series.first_non_finite_step == (bad[0].step if bad else None)
    assert series.minimum == (min(finite, key=lambda p: p.value) if finite else None)
    assert series.maximum == (max(finite, key=lambda p: p.value) if finite else None)
    assert np.all(np.diff(series.steps) > 0)
    if not points:
        return
    kept = list(zip(series.steps.tolist(), series.values.tolist(), strict=True))
    for part, whole in ((kept[:EDGE], points[:EDGE]), (kept[-EDGE:], points[-EDGE:])):
        assert np.array_equal(np.array(part), np.array(whole), equal_nan=True)
    assert len(kept) <= 2 * EDGE + 5 * BUCKETS
    known = {step: value for step, value, _ in events}
    assert all(np.array_equal(known[s], v, equal_nan=True) for s, v in kept)


@given(logs(), st.data())
@settings(max_examples=60, deadline=None)
def test_joining_two_parts_keeps_edges_and_totals(events: list[Event], data: st.DataObject) -> None:
    points = last_of_each_step(events)
    cut = data.draw(st.integers(0, len(points)))
    times = {step: time for step, _, time in events}
    parts = [[(p.step, p.value, times[p.step]) for p in part] for part in
             (points[:cut], points[cut:])]  # fmt: skip
    first, later = built(parts[0]), built(parts[1])
    untouched = later.freeze()
    first.extend(later)
    joined, whole = first.freeze(), built([*parts[0], *parts[1]]).freeze()
    for name in ("count", "minimum", "maximum", "non_finite_count", "first_non_finite_step"):
        assert getattr(joined, name) == getattr(whole, name), name
    assert joined.values[:EDGE].tobytes() == whole.values[:EDGE].tobytes()
    assert joined.steps[-EDGE:].tobytes() == whole.steps[-EDGE:].tobytes()
    assert joined.values[-EDGE:].tobytes() == whole.values[-EDGE:].tobytes()
    same(later.freeze(), untouched)


def test_a_long_curve_stays_small_and_keeps_its_spike() -> None:
    count = 100_000
    values = np.linspace(1.0, 0.1, count)
    values[51_234] = 40.0
    values[51_235] = np.nan
    series = Series.of(np.arange(count), values)
    assert len(series) <= 2 * EDGE + 5 * BUCKETS
    assert series.thinned
    assert series.maximum == Point(51_234, 40.0)
    assert {51_234, 51_235} <= set(series.steps.tolist())
    assert series.first == Point(0, 1.0)
    assert series.last.step == count - 1


@pytest.mark.parametrize("at", [0, 3, 200, 256, 300, 400, 900])
def test_before_forgets_what_is_written_again(at: int) -> None:
    values = np.random.default_rng(0).normal(size=500)
    values[450] = np.nan
    builder = built([(step, float(value), float(step)) for step, value in enumerate(values)])
    kept = builder.before(at).freeze()
    whole = Series.of(np.arange(500)[:at], values[:at], np.arange(500)[:at])
    # Wall times are kept of the last points alone.
    same(kept, whole, EXACT + TIMES if at > 400 else EXACT)
    assert builder.freeze().count == 500


def test_a_resumed_curve_goes_on_from_the_cut() -> None:
    builder = built([(step, 1.0, 0.0) for step in range(2000)]).before(1900)
    assert builder.last_step == 1899
    builder.append(1900, 2.0)
    assert builder.freeze().count == 1901
    assert builder.freeze().last == Point(1900, 2.0)


def test_the_last_event_of_a_step_counts() -> None:
    series = Series.of([0, 0, 0, 1, 1], [9.0, 5.0, 2.0, 8.0, np.nan])
    assert series.values[0] == 2.0
    assert series.maximum == Point(0, 2.0)
    assert series.first_non_finite_step == 1


def test_steps_must_not_fall() -> None:
    with pytest.raises(ValueError, match="step 1 comes after step 2"):
        Series.of([0, 2, 1], [0.0, 0.0, 0.0])


def test_an_empty_series() -> None:
    series = Series.of([], [])
    assert len(series) == series.count == 0
    assert not series.thinned
    assert series.median_gap is None


def test_the_median_gap_is_of_steps_not_events() -> None:
    series = Series.of([0, 0, 1, 1, 2, 2], [1.0] * 6, [0.0, 1.0, 10.0, 11.0, 20.0, 21.0])
    assert series.median_gap == 10.0
    assert (series.first_time, series.last_time) == (0.0, 21.0)
