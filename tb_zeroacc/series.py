"""A time series in bounded memory, exact where it matters.

Kept exactly: the first and the last `EDGE` points; count, first, last, minimum and maximum with
their steps, how many points are not finite and the first step at which one was not. In between,
buckets on step ranges aligned to powers of two: the range doubles when more than `BUCKETS` are
filled. Appended in any pieces, the result is the same to the bit.

Points of one step replace each other until the step closes: the last event of a step counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

EDGE = 256
BUCKETS = 512


class Point(NamedTuple):
    """One value at one step."""

    step: int
    value: float


@dataclass(slots=True)
class _Bucket:
    """The points of one aligned range of steps, in log order."""

    count: int
    first: Point
    last: Point
    low: Point | None  # finite minimum
    high: Point | None  # finite maximum
    total: float  # sum of the finite values, added in log order
    bad: int  # values that are not finite
    first_bad: Point | None

    @classmethod
    def of(cls, point: Point) -> _Bucket:
        if isfinite(point.value):
            return cls(1, point, point, point, point, point.value, 0, None)
        return cls(1, point, point, None, None, 0.0, 1, point)

    def add(self, point: Point) -> None:
        self.count += 1
        self.last = point
        value = point.value
        if not isfinite(value):
            self.bad += 1
            self.first_bad = self.first_bad or point
            return
        self.total += value
        if self.low is None or value < self.low.value:
            self.low = point
        if self.high is None or value > self.high.value:
            self.high = point

    def join(self, later: _Bucket) -> None:
        self.count += later.count
        self.last = later.last
        self.low = _lower(self.low, later.low)
        self.high = _higher(self.high, later.high)
        self.total += later.total
        self.bad += later.bad
        self.first_bad = self.first_bad or later.first_bad

    def points(self) -> list[Point]:
        """At most five: first, minimum, maximum, first non-finite one and last, by step."""
        marks = (self.first, self.low, self.high, self.first_bad, self.last)
        return sorted({p.step: p for p in marks if p is not None}.values())


def _lower(a: Point | None, b: Point | None) -> Point | None:
    if a is None or b is None:
        return a or b
    return b if b.value < a.value else a


def _higher(a: Point | None, b: Point | None) -> Point | None:
    if a is None or b is None:
        return a or b
    return b if b.value > a.value else a


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
        at = np.asarray(steps, dtype=np.int64).tolist()
        seen = np.asarray(values, dtype=np.float64).tolist()
        when = [None] * len(at) if times is None else np.asarray(times, dtype=float).tolist()
        for step, value, time in zip(at, seen, when, strict=True):
            builder.append(step, value, time)
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


@dataclass(slots=True)
class SeriesBuilder:
    """Takes points in log order and keeps a bounded summary of them.

    The head fills first. What follows waits in the tail, and what the tail pushes out goes into
    the buckets. The open point, which later events of its step may still replace, is the last one
    and in none of the three.
    """

    _open: Point | None = None
    _open_time: float | None = None
    _head: list[Point] = field(default_factory=list)
    _tail: deque[Point] = field(default_factory=deque)  # at most EDGE - 1: the open point is one
    _buckets: dict[int, _Bucket] = field(default_factory=dict)  # by step >> shift, ascending
    _shift: int = 0
    _first_time: float | None = None
    _times: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=EDGE))
    # Totals over the closed points.
    _count: int = 0
    _low: Point | None = None
    _high: Point | None = None
    _bad: int = 0
    _first_bad: int | None = None

    def append(self, step: int, value: float, time: float | None = None) -> None:
        """Adds one event. `step` must not be below the last one: see `before`."""
        if self._open is not None and step != self._open[0]:
            if step < self._open[0]:
                raise ValueError(f"step {step} comes after step {self._open.step}")
            self._close()
        self._open = Point(step, value)
        self._open_time = time
        if self._first_time is None:
            self._first_time = time

    @property
    def first_step(self) -> int | None:
        """The step that was appended first."""
        return next((p.step for p in self._points()), None)

    @property
    def last_step(self) -> int | None:
        """The step that was appended last."""
        if self._open is not None:
            return self._open[0]
        if self._tail:
            return self._tail[-1][0]
        if self._buckets:
            return next(reversed(self._buckets.values())).last[0]
        return self._head[-1][0] if self._head else None

    @property
    def first_time(self) -> float | None:
        """Wall time of the first event, seconds."""
        return self._first_time

    @property
    def last_time(self) -> float | None:
        """Wall time of the last event, seconds."""
        return self._open_time

    def extend(self, later: SeriesBuilder) -> None:
        """Joins the part of the log that follows; it must begin after the last step.

        Edges and totals stay exact: every part keeps its first and last points one by one, so
        what this head lacks and what the new tail needs are there.
        """
        self._absorb(later._head, later._buckets.values(), later._shift, later._tail)
        if later._open is not None:
            self.append(*later._open)
        if self._first_time is None:
            self._first_time = later._first_time
        self._open_time = later._open_time
        self._times.extend(later._times)

    def before(self, step: int) -> SeriesBuilder:
        """What lies before `step`, as a builder of its own: a resumed training goes on from there.

        Exact among the first and last `EDGE` points; in between, the one bucket that `step` cuts
        keeps those of its marked points that lie before it.
        """
        points = [*self._tail, *([] if self._open is None else [self._open])]
        buckets: list[_Bucket] = []
        for bucket in self._buckets.values():
            if bucket.last.step < step:
                buckets.append(bucket)
            else:
                buckets.extend(_Bucket.of(p) for p in bucket.points() if p.step < step)
        times = [(at, time) for at, time in self._times if at < step]
        kept = SeriesBuilder()
        kept._absorb(
            [p for p in self._head if p.step < step],
            buckets,
            self._shift,
            [p for p in points if p.step < step],
        )
        kept._first_time = self._first_time
        kept._times.extend(times)
        kept._open_time = times[-1][1] if times else None
        return kept

    def freeze(self) -> Series:
        """The series as it stands, the open step included; the builder can go on."""
        points = list(self._points())
        count, low, high = self._count, self._low, self._high
        bad, first_bad, times = self._bad, self._first_bad, [time for _, time in self._times]
        if self._open is not None:
            count += 1
            if isfinite(self._open.value):
                low, high = _lower(low, self._open), _higher(high, self._open)
            else:
                bad += 1
                first_bad = self._open.step if first_bad is None else first_bad
            if self._open_time is not None:
                times.append(self._open_time)
        return Series(
            steps=np.array([p[0] for p in points], np.int64),
            values=np.array([p[1] for p in points], np.float64),
            count=count,
            minimum=low,
            maximum=high,
            non_finite_count=bad,
            first_non_finite_step=first_bad,
            first_time=self._first_time,
            last_time=self._open_time,
            median_gap=_median_gap(times[-EDGE:]),
        )

    def _points(self) -> Iterator[Point]:
        yield from self._head
        for bucket in self._buckets.values():
            yield from bucket.points()
        yield from self._tail
        if self._open is not None:
            yield self._open

    def _absorb(
        self,
        head: Iterable[Point],
        buckets: Collection[_Bucket],
        shift: int,
        tail: Iterable[Point],
    ) -> None:
        """Adds the parts of another summary, whose buckets are `2 ** shift` steps wide."""
        for point in head:
            self.append(*point)
        if buckets:
            if self._open is not None:
                self._close()
                self._open = None
            while self._tail:
                self._store(self._tail.popleft())
            while self._shift < shift:
                self._widen()
            for bucket in buckets:
                self._total(bucket)
                self._put(replace(bucket))  # a copy: buckets grow in place
        for point in tail:
            self.append(*point)

    def _close(self) -> None:
        point = self._open
        assert point is not None
        self._count += 1
        step, value = point
        if self._open_time is not None:
            self._times.append((step, self._open_time))
        if not isfinite(value):
            self._bad += 1
            if self._first_bad is None:
                self._first_bad = step
        elif self._low is None or self._high is None:
            self._low = self._high = point
        elif value < self._low[1]:
            self._low = point
        elif value > self._high[1]:
            self._high = point
        if len(self._head) < EDGE:
            self._head.append(point)
            return
        self._tail.append(point)
        if len(self._tail) >= EDGE:
            self._store(self._tail.popleft())

    def _total(self, part: _Bucket) -> None:
        self._count += part.count
        self._low, self._high = _lower(self._low, part.low), _higher(self._high, part.high)
        self._bad += part.bad
        if self._first_bad is None and part.first_bad is not None:
            self._first_bad = part.first_bad.step

    def _store(self, point: Point) -> None:
        bucket = self._buckets.get(point[0] >> self._shift)
        if bucket is None:
            self._put(_Bucket.of(point))
        else:
            bucket.add(point)

    def _put(self, new: _Bucket) -> None:
        key = new.first.step >> self._shift
        if key in self._buckets:
            self._buckets[key].join(new)
            return
        self._buckets[key] = new
        while len(self._buckets) > BUCKETS:
            self._widen()

    def _widen(self) -> None:
        self._shift += 1
        narrow, self._buckets = self._buckets, {}
        for key, bucket in narrow.items():
            if key >> 1 in self._buckets:
                self._buckets[key >> 1].join(bucket)
            else:
                self._buckets[key >> 1] = bucket


def _median_gap(times: list[float]) -> float | None:
    if len(times) < 2:
        return None
    return float(np.median(np.maximum(np.diff(np.array(times)), 0.0)))
