"""A time series in bounded memory, exact where it matters.

Kept exactly: the first and the last `EDGE` points; count, first, last, minimum and maximum with
their steps, how many points are not finite and the first step at which one was not. In between,
buckets on step ranges aligned to powers of two: the range doubles when more than `BUCKETS` are
filled. Appended in any pieces, the result is the same to the bit.

Points of one step replace each other until the step closes: the last event of a step counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
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

    def join(self, later: _Bucket) -> None:
        self.count += later.count
        self.last = later.last
        self.low = _lower(self.low, later.low)
        self.high = _higher(self.high, later.high)
        self.total += later.total


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
            bucket stands as up to four points: its first, minimum, maximum and last.
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
    """Takes points in log order and keeps a bounded summary of them."""

    _open: Point | None = None  # the step that may still be replaced
    _open_time: float | None = None
    _head: list[Point] = field(default_factory=list)
    _tail: deque[Point] = field(default_factory=deque)
    _buckets: dict[int, _Bucket] = field(default_factory=dict)  # by step >> shift
    _shift: int = 0
    _count: int = 0
    _low: Point | None = None
    _high: Point | None = None
    _bad: int = 0
    _first_bad: int | None = None
    _first_time: float | None = None
    _times: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=EDGE))

    def append(self, step: int, value: float, time: float | None = None) -> None:
        """Adds one event. `step` must not be below the last one: that begins a new session."""
        if self._open is not None:
            if step < self._open.step:
                raise ValueError(f"step {step} comes after step {self._open.step}")
            if step > self._open.step:
                self._close()
        self._open, self._open_time = Point(step, value), time
        if self._first_time is None:
            self._first_time = time

    @property
    def last_step(self) -> int | None:
        """The step that was appended last."""
        return None if self._open is None else self._open.step

    def _close(self) -> None:
        point = self._open
        assert point is not None
        self._count += 1
        if self._open_time is not None:
            self._times.append((point.step, self._open_time))
        if np.isfinite(point.value):
            self._low = _lower(self._low, point)
            self._high = _higher(self._high, point)
        else:
            self._bad += 1
            if self._first_bad is None:
                self._first_bad = point.step
        if len(self._head) < EDGE:
            self._head.append(point)
            return
        self._tail.append(point)
        if len(self._tail) > EDGE:
            self._store(self._tail.popleft())

    def _store(self, point: Point) -> None:
        good = point if np.isfinite(point.value) else None
        new = _Bucket(1, point, point, good, good, point.value if good else 0.0)
        self._put(self._buckets, point.step >> self._shift, new)
        while len(self._buckets) > BUCKETS:
            self._shift += 1
            wider: dict[int, _Bucket] = {}
            for key, bucket in self._buckets.items():
                self._put(wider, key >> 1, bucket)
            self._buckets = wider

    @staticmethod
    def _put(buckets: dict[int, _Bucket], key: int, new: _Bucket) -> None:
        if key in buckets:
            buckets[key].join(new)
        else:
            buckets[key] = new

    def freeze(self) -> Series:
        """The series as it stands, the open step included; the builder can go on."""
        if self._open is None:
            return Series(np.zeros(0, np.int64), np.zeros(0), 0)
        closed = self._copy()
        closed._close()
        points = list(closed._head)
        for bucket in closed._buckets.values():
            marks = (bucket.first, bucket.low, bucket.high, bucket.last)
            points.extend(sorted({p.step: p for p in marks if p is not None}.values()))
        points.extend(closed._tail)
        return Series(
            steps=np.array([p.step for p in points], np.int64),
            values=np.array([p.value for p in points], np.float64),
            count=closed._count,
            minimum=closed._low,
            maximum=closed._high,
            non_finite_count=closed._bad,
            first_non_finite_step=closed._first_bad,
            first_time=closed._first_time,
            last_time=closed._open_time,
            median_gap=_median_gap(closed._times),
        )

    def _copy(self) -> SeriesBuilder:
        from copy import deepcopy

        return deepcopy(self)


def _median_gap(times: deque[tuple[int, float]]) -> float | None:
    if len(times) < 2:
        return None
    gaps = np.diff(np.array([time for _, time in times]))
    return float(np.median(np.maximum(gaps, 0.0)))
