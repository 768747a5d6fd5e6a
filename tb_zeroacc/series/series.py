"""A curve as it stands, and what builds it point by point or by whole columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_zeroacc.series.buckets import NO_BUCKETS, NO_POINTS, Buckets, Points, Where
from tb_zeroacc.series.totals import Totals

EDGE = 256
BOOKED = 4 * EDGE  # points that wait at most before they are booked
# So many events are booked faster one by one than as columns.
FEW = 24


class Point(NamedTuple):
    """One value at one step."""

    step: int
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """What is known of one curve.

    Attributes:
        steps: int64 of shape (points,), ascending. Where the log was longer than what is kept, a
            bucket stands as up to five points: its first, minimum, maximum, first non-finite one
            and last.
        values: float64 of shape (points,), in the tag's unit; may hold NaN and infinities.
        count: Closed steps in the log, non-finite ones included.
        minimum, maximum: Over the finite values; None where there is none.
        non_finite_count: How many steps ended on NaN or an infinity.
        first_non_finite_step: The first of them.
        first_time, last_time: Wall times of the first and last event, seconds; None if unknown.
        median_gap: Median wall time between steps among the last kept ones, seconds.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    count: int
    minimum: Point | None = None
    maximum: Point | None = None
    non_finite_count: int = 0
    first_non_finite_step: int | None = None
    first_time: float | None = None
    last_time: float | None = None
    median_gap: float | None = None

    @classmethod
    def of(cls, steps: ArrayLike, values: ArrayLike, times: ArrayLike | None = None) -> Series:
        """Builds a series at once; all arrays have shape (events,), steps must not fall."""
        builder = SeriesBuilder()
        at = np.asarray(steps, np.int64)
        when = np.full(len(at), np.nan) if times is None else np.asarray(times, np.float64)
        builder.append_columns(at, np.asarray(values, np.float64), when)
        return builder.freeze()

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def thinned(self) -> bool:
        """Whether the log held more steps than are kept one by one."""
        return self.count > len(self.steps)

    @property
    def first(self) -> Point:
        """The first point; the series must not be empty."""
        return Point(int(self.steps[0]), float(self.values[0]))

    @property
    def last(self) -> Point:
        """The last point; the series must not be empty."""
        return Point(int(self.steps[-1]), float(self.values[-1]))

    def finite(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps and values of the finite points."""
        good = np.isfinite(self.values)
        return self.steps[good], self.values[good]


def sharing_steps(curves: Mapping[str, Series]) -> dict[str, Series]:
    """The same series, of which those with equal steps hold one array of them.

    Most tags of a log are written at the same steps, and these are half of what a series takes.
    """
    known: dict[bytes, NDArray[np.int64]] = {}
    shared = {}
    for tag, series in curves.items():
        steps = known.setdefault(series.steps.tobytes(), series.steps)
        shared[tag] = series if steps is series.steps else replace(series, steps=steps)
    return shared


@dataclass(slots=True)
class SeriesBuilder:
    """Takes points in log order and keeps a bounded summary of them.

    The head fills first. What follows waits in the tail, and what the tail pushes out goes into
    the buckets. The open point, which later events of its step may still replace, is the last one
    and in none of the three. Closed points are booked some hundred at a time, in log order: when
    that happens changes nothing in the result.
    """

    _open: tuple[int, float, float | None] | None = None  # step, value, wall time
    _fresh: list[tuple[int, float, float | None]] = field(default_factory=list)  # not yet booked
    _head: Points = NO_POINTS
    _tail: Points = NO_POINTS  # at most EDGE - 1: the open point is one
    _buckets: Buckets = NO_BUCKETS
    _first_time: float | None = None
    _times: Points = NO_POINTS  # the last EDGE known wall times, by step
    _closed: Totals = field(default_factory=Totals)

    def append(self, step: int, value: float, time: float | None = None) -> None:
        """Adds one event. `step` must not be below the last one: see `before`."""
        known = self._open
        if known is None:
            if self._first_time is None:
                self._first_time = time
        elif step != known[0]:
            if step < known[0]:
                raise ValueError(f"step {step} comes after step {known[0]}")
            self._fresh.append(known)
            if len(self._fresh) >= BOOKED:
                self._book()
        self._open = (step, value, time)

    def append_columns(
        self, steps: NDArray[np.int64], values: NDArray[np.float64], times: NDArray[np.float64]
    ) -> None:
        """Adds events at once; all arrays have shape (events,), an unknown time is NaN."""
        count = len(steps)
        if count < FEW:
            for step, value, time in zip(
                steps.tolist(), values.tolist(), times.tolist(), strict=True
            ):
                self.append(step, value, time if isfinite(time) else None)
            return
        falls = steps[1:] < steps[:-1]
        if falls.any():
            at = int(falls.argmax())
            raise ValueError(f"step {steps[at + 1]} comes after step {steps[at]}")
        self.append(int(steps[0]), float(values[0]), _known(times[0]))
        closes = np.flatnonzero(steps[1:] != steps[:-1])
        closed: Where = slice(0, -1) if len(closes) == count - 1 else closes
        waiting, waited = self._taken()
        self._keep(
            waiting.then(Points(steps[closed], values[closed])),
            np.concatenate([waited, times[closed]]),
        )
        self._open = (int(steps[-1]), float(values[-1]), _known(times[-1]))

    @property
    def first_step(self) -> int | None:
        """The step that was appended first."""
        if self._head.size:
            return int(self._head.steps[0])
        if self._fresh:
            return self._fresh[0][0]
        return self.last_step

    @property
    def last_step(self) -> int | None:
        """The step that was appended last."""
        if self._open is not None:
            return self._open[0]
        # Only what `before` left has no open point, and it is booked.
        for points in (self._tail, self._buckets.last, self._head):
            if points.size:
                return int(points.steps[-1])
        return None

    @property
    def count(self) -> int:
        """How many steps there are so far, the open one included."""
        return self._closed.count + len(self._fresh) + (self._open is not None)

    @property
    def first_time(self) -> float | None:
        """Wall time of the first event, seconds."""
        return self._first_time

    @property
    def last_time(self) -> float | None:
        """Wall time of the last event, seconds."""
        if self._open is not None:
            return self._open[2]
        return float(self._times.values[-1]) if self._times.size else None

    def extend(self, later: SeriesBuilder) -> None:
        """Joins the part of the log that follows; it must begin after the last step.

        Edges and totals stay exact: every part keeps its first and last points one by one, so
        what this head lacks and what the new tail needs are there.
        """
        later._book()
        self._close()
        self._absorb(later._head, later._buckets, later._tail)
        self._times = self._times.then(later._times).part(slice(-EDGE, None))
        self._open = later._open
        if self._first_time is None:
            self._first_time = later._first_time

    def before(self, step: int) -> SeriesBuilder:
        """What lies before `step`, as a builder of its own: a resumed training goes on from there.

        Exact among the first and last `EDGE` points; in between, the one bucket that `step` cuts
        keeps those of its marked points that lie before it.
        """
        self._book()
        whole = int(np.searchsorted(self._buckets.last.steps, step))
        buckets = self._buckets.part(slice(0, whole))
        cut = _before(self._buckets.part(slice(whole, None)).points(), step)
        buckets = buckets.with_points(cut)
        kept = SeriesBuilder()
        kept._absorb(_before(self._head, step), buckets, _before(self._tail, step))
        kept._times = _before(self._times, step)
        if self._open is not None and self._open[0] < step:
            kept._open = self._open
        if kept.last_step is not None:
            kept._first_time = self._first_time
        return kept

    def freeze(self) -> Series:
        """The series as it stands, the open step included; the builder can go on."""
        if self.count > 2 * EDGE:
            self._book()
        # What is not yet booked is the end of the tail: nothing of it belongs into a bucket.
        fresh = self._fresh if self._open is None else [*self._fresh, self._open]
        steps, values, last_times = zip(*fresh, strict=True) if fresh else ((), (), ())
        totals = self._closed.then(steps, values)
        latest = Points(np.array(steps, np.int64), np.array(values, np.float64))
        kept = self._head.then(self._buckets.points(), self._tail, latest)
        known = [time for time in last_times if time is not None]
        times = np.concatenate([self._times.values, known])[-EDGE:]
        return Series(
            steps=kept.steps,
            values=kept.values,
            count=totals.count,
            minimum=None if totals.low is None else Point(*totals.low),
            maximum=None if totals.high is None else Point(*totals.high),
            non_finite_count=totals.bads,
            first_non_finite_step=totals.first_bad,
            first_time=self._first_time,
            last_time=self.last_time,
            median_gap=_median_gap(times),
        )

    def _absorb(self, head: Points, buckets: Buckets, tail: Points) -> None:
        """Adds the parts of another summary behind the closed points."""
        self._keep(head)
        if buckets.size:
            self._buckets = self._buckets.with_points(self._tail).joined(buckets)
            self._tail = NO_POINTS
            self._closed.add_buckets(buckets)
        self._keep(tail)

    def _close(self) -> None:
        """Closes the open point without opening another."""
        if self._open is not None:
            self._fresh.append(self._open)
            self._open = None
        self._book()

    def _book(self) -> None:
        """Moves closed points to where they are kept."""
        self._keep(*self._taken())

    def _taken(self) -> tuple[Points, NDArray[np.float64]]:
        """The closed points that are not booked, and their wall times; they wait no longer."""
        if not self._fresh:
            return NO_POINTS, NO_POINTS.values
        steps, values, times = zip(*self._fresh, strict=True)
        self._fresh = []
        points = Points(np.array(steps, np.int64), np.array(values, np.float64))
        return points, np.array(times, np.float64)  # None becomes NaN

    def _keep(self, points: Points, times: NDArray[np.float64] | None = None) -> None:
        """Books closed points, with their wall times where these are known."""
        if not points.size:
            return
        self._closed.add(points)
        if times is not None:
            recent = slice(-EDGE, None) if np.isfinite(times[-EDGE:]).all() else np.isfinite(times)
            known = Points(points.steps[recent], times[recent])
            self._times = self._times.then(known).part(slice(-EDGE, None)).copied()
        room = EDGE - self._head.size
        if room > 0:
            self._head = self._head.then(points.part(slice(0, room))).copied()
            points = points.part(slice(room, None))
        tail = self._tail.then(points)
        over = tail.size - (EDGE - 1)
        if over > 0:
            self._buckets = self._buckets.with_points(tail.part(slice(0, over)))
            tail = tail.part(slice(over, None))
        self._tail = tail.copied()


def _before(points: Points, step: int) -> Points:
    return points.part(slice(0, int(np.searchsorted(points.steps, step))))


def _known(time: float) -> float | None:
    return float(time) if isfinite(time) else None


def _median_gap(times: NDArray[np.float64]) -> float | None:
    if len(times) < 2:
        return None
    with np.errstate(over="ignore"):
        gaps = np.sort(np.maximum(times[1:] - times[:-1], 0.0))
    middle = len(gaps) // 2
    return float((gaps[middle] + gaps[~middle]) / 2)
