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
from itertools import pairwise
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

EDGE = 256
BUCKETS = 512


class Point(NamedTuple):
    """One value at one step."""

    step: int
    value: float


# Inside, points are plain tuples, which are made five times as fast: (step, value).
_Pair: TypeAlias = tuple[int, float]


@dataclass(slots=True)
class _Bucket:
    """The points of one aligned range of steps, in log order."""

    count: int
    first: _Pair
    last: _Pair
    low: _Pair | None  # finite minimum
    high: _Pair | None  # finite maximum
    total: float  # sum of the finite values, added in log order
    bad: int  # values that are not finite
    first_bad: _Pair | None

    @classmethod
    def of(cls, point: _Pair) -> _Bucket:
        value = point[1]
        if isfinite(value):
            return cls(1, point, point, point, point, value, 0, None)
        return cls(1, point, point, None, None, 0.0, 1, point)

    def add(self, point: _Pair) -> None:
        self.count += 1
        self.last = point
        value = point[1]
        if not isfinite(value):
            self.bad += 1
            self.first_bad = self.first_bad or point
            return
        self.total += value
        if self.low is None or value < self.low[1]:
            self.low = point
        if self.high is None or value > self.high[1]:
            self.high = point

    def join(self, later: _Bucket) -> None:
        self.count += later.count
        self.last = later.last
        self.low = _lower(self.low, later.low)
        self.high = _higher(self.high, later.high)
        self.total += later.total
        self.bad += later.bad
        self.first_bad = self.first_bad or later.first_bad

    def points(self) -> list[_Pair]:
        """At most five: first, minimum, maximum, first non-finite one and last, by step."""
        marks = (self.first, self.low, self.high, self.first_bad, self.last)
        return sorted({p[0]: p for p in marks if p is not None}.values())


def _lower(a: _Pair | None, b: _Pair | None) -> _Pair | None:
    if a is None or b is None:
        return a or b
    return b if b[1] < a[1] else a


def _higher(a: _Pair | None, b: _Pair | None) -> _Pair | None:
    if a is None or b is None:
        return a or b
    return b if b[1] > a[1] else a


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
    and in none of the three. Closed points are booked some hundred at a time, in log order: when
    that happens changes nothing in the result.
    """

    _open: tuple[int, float, float | None] | None = None  # step, value, wall time
    _fresh: list[tuple[int, float, float | None]] = field(default_factory=list)  # not yet booked
    _head: list[_Pair] = field(default_factory=list)
    _tail: deque[_Pair] = field(default_factory=deque)  # at most EDGE - 1: the open point is one
    _buckets: dict[int, _Bucket] = field(default_factory=dict)  # by step >> shift, ascending
    _shift: int = 0
    _first_time: float | None = None
    _times: deque[_Pair] = field(default_factory=lambda: deque(maxlen=EDGE))  # (step, time)
    # Totals over the closed points.
    _count: int = 0
    _low: _Pair | None = None
    _high: _Pair | None = None
    _bad: int = 0
    _first_bad: int | None = None

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
            if len(self._fresh) >= EDGE:
                self._book()
        self._open = (step, value, time)

    @property
    def first_step(self) -> int | None:
        """The step that was appended first."""
        if self._head:
            return self._head[0][0]
        if self._fresh:
            return self._fresh[0][0]
        return self.last_step

    @property
    def last_step(self) -> int | None:
        """The step that was appended last."""
        if self._open is not None:
            return self._open[0]
        # Only what `before` left has no open point, and it is booked.
        if self._tail:
            return self._tail[-1][0]
        if self._buckets:
            return next(reversed(self._buckets.values())).last[0]
        return self._head[-1][0] if self._head else None

    @property
    def count(self) -> int:
        """How many steps there are so far, the open one included."""
        return self._count + len(self._fresh) + (self._open is not None)

    @property
    def first_time(self) -> float | None:
        """Wall time of the first event, seconds."""
        return self._first_time

    @property
    def last_time(self) -> float | None:
        """Wall time of the last event, seconds."""
        if self._open is not None:
            return self._open[2]
        return self._times[-1][1] if self._times else None

    def extend(self, later: SeriesBuilder) -> None:
        """Joins the part of the log that follows; it must begin after the last step.

        Edges and totals stay exact: every part keeps its first and last points one by one, so
        what this head lacks and what the new tail needs are there.
        """
        later._book()
        self._absorb(later._head, later._buckets.values(), later._shift, later._tail)
        self._close()
        self._times.extend(later._times)
        self._open = later._open
        if self._first_time is None:
            self._first_time = later._first_time

    def before(self, step: int) -> SeriesBuilder:
        """What lies before `step`, as a builder of its own: a resumed training goes on from there.

        Exact among the first and last `EDGE` points; in between, the one bucket that `step` cuts
        keeps those of its marked points that lie before it.
        """
        self._book()
        buckets: list[_Bucket] = []
        for bucket in self._buckets.values():
            if bucket.last[0] < step:
                buckets.append(bucket)
            else:
                buckets.extend(_Bucket.of(p) for p in bucket.points() if p[0] < step)
        kept = SeriesBuilder()
        head = [p for p in self._head if p[0] < step]
        kept._absorb(head, buckets, self._shift, [p for p in self._tail if p[0] < step])
        kept._close()
        kept._times.extend(t for t in self._times if t[0] < step)
        if self._open is not None and self._open[0] < step:
            kept._open = self._open
        if kept.last_step is not None:
            kept._first_time = self._first_time
        return kept

    def freeze(self) -> Series:
        """The series as it stands, the open step included; the builder can go on."""
        self._book()
        points = list(self._points())
        count, low, high = self._count, self._low, self._high
        bad, first_bad, times = self._bad, self._first_bad, [time for _, time in self._times]
        if self._open is not None:
            step, value, time = self._open
            points.append((step, value))
            count += 1
            if isfinite(value):
                low, high = _lower(low, (step, value)), _higher(high, (step, value))
            else:
                bad += 1
                first_bad = step if first_bad is None else first_bad
            if time is not None:
                times.append(time)
        return Series(
            steps=np.array([p[0] for p in points], np.int64),
            values=np.array([p[1] for p in points], np.float64),
            count=count,
            minimum=None if low is None else Point(*low),
            maximum=None if high is None else Point(*high),
            non_finite_count=bad,
            first_non_finite_step=first_bad,
            first_time=self._first_time,
            last_time=self.last_time,
            median_gap=_median_gap(times[-EDGE:]),
        )

    def _points(self) -> Iterator[_Pair]:
        """The booked points that are kept, by step."""
        yield from self._head
        for bucket in self._buckets.values():
            yield from bucket.points()
        yield from self._tail

    def _absorb(
        self,
        head: Iterable[_Pair],
        buckets: Collection[_Bucket],
        shift: int,
        tail: Iterable[_Pair],
    ) -> None:
        """Adds the parts of another summary, whose buckets are `2 ** shift` steps wide."""
        for step, value in head:
            self.append(step, value)
        if buckets:
            self._close()
            while self._tail:
                self._store(self._tail.popleft())
            while self._shift < shift:
                self._widen()
            for bucket in buckets:
                self._total(bucket)
                self._put(replace(bucket))  # a copy: buckets grow in place
        for step, value in tail:
            self.append(step, value)

    def _close(self) -> None:
        """Closes the open point without opening another."""
        if self._open is not None:
            self._fresh.append(self._open)
            self._open = None
        self._book()

    def _book(self) -> None:
        """Moves closed points to where they are kept."""
        fresh = self._fresh
        if not fresh:
            return
        self._fresh = []
        self._times.extend((step, time) for step, _, time in fresh[-EDGE:] if time is not None)
        self._count += len(fresh)
        points = [(step, value) for step, value, _ in fresh]
        low, high = self._low, self._high
        for point in points:
            value = point[1]
            if not isfinite(value):
                self._bad += 1
                if self._first_bad is None:
                    self._first_bad = point[0]
            elif low is None or high is None:
                low = high = point
            elif value < low[1]:
                low = point
            elif value > high[1]:
                high = point
        self._low, self._high = low, high
        room = EDGE - len(self._head)
        if room > 0:
            self._head += points[:room]
            points = points[room:]
        tail = self._tail
        tail.extend(points)
        while len(tail) >= EDGE:
            self._store(tail.popleft())

    def _total(self, part: _Bucket) -> None:
        self._count += part.count
        self._low, self._high = _lower(self._low, part.low), _higher(self._high, part.high)
        self._bad += part.bad
        if self._first_bad is None and part.first_bad is not None:
            self._first_bad = part.first_bad[0]

    def _store(self, point: _Pair) -> None:
        bucket = self._buckets.get(point[0] >> self._shift)
        if bucket is None:
            self._put(_Bucket.of(point))
        else:
            bucket.add(point)

    def _put(self, new: _Bucket) -> None:
        key = new.first[0] >> self._shift
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
    gaps = sorted(max(later - time, 0.0) for time, later in pairwise(times))
    middle = len(gaps) // 2
    return (gaps[middle] + gaps[~middle]) / 2
