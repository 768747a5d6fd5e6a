"""How the values of a tensor spread over time: some of its histograms, in bounded memory.

Kept are those whose number, counted from 0, is a multiple of a stride, and the latest. The stride
doubles whenever more would be kept than there is room for, so that what is kept depends on how many
there are, and not on the pieces in which they came. Each is kept in as many bins as TensorFlow
makes: those that it wrote are kept bin by bin, finer ones are summed up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

BINS = 30  # TensorFlow's default number of buckets
MOST_STEPS, FEWEST_STEPS = 32, 4
# Histograms of a file, of 100 bytes or so: 2 000 of them with so many take 100 MB.
ROOM = 512
MOST_TAGS = ROOM // FEWEST_STEPS

Rows: TypeAlias = NDArray[np.void]
Array: TypeAlias = NDArray[np.float64]
ROW = np.dtype([
    ("step", "<i8"),
    ("low", "<f8"),  # smallest value; NaN where any is not finite
    ("high", "<f8"),  # largest value
    ("total", "<f8"),  # how many values there are
    ("shares", "<f2", (BINS,)),  # of the values in bins of one width from `low` to `high`
])
NO_ROWS: Rows = np.empty(0, ROW)
EDGES = np.linspace(0.0, 1.0, BINS + 1)
ALL_IN_ONE = np.eye(1, BINS)[0]
SAME = 1e-9  # of the width: edges that differ by less are those of the bins


def room_for(tags: int) -> int:
    """How many histograms of each tag are kept, by the number of tags in the file."""
    return max(FEWEST_STEPS, min(MOST_STEPS, ROOM // max(1, tags)))


class Latest(NamedTuple):
    """One histogram as it was read.

    Attributes:
        step: Its step.
        low, high: Its smallest and its largest value, not finite where one is not.
        buckets: Reads left and right edge and count of each bucket, float64 of (buckets, 3).
    """

    step: int
    low: float
    high: float
    buckets: Callable[[], Array]


def binned(steps: NDArray[np.int64], low: Array, high: Array, buckets: Array) -> Rows:
    """Histograms as rows, each as if it were alone; within a bucket values are taken to lie evenly.

    Args:
        steps: Shape (histograms,).
        low: The smallest value of each.
        high: The largest value of each.
        buckets: Left and right edge and count, shape (histograms, buckets, 3).
    """
    rows = np.zeros(len(steps), ROW)
    rows["step"], rows["low"], rows["high"] = steps, low, high
    with np.errstate(all="ignore"):
        counts = buckets[:, :, 2]
        counts = np.where(np.isfinite(counts) & (counts > 0.0), counts, 0.0)
        below = np.add.accumulate(counts, axis=1)  # one after the other: sums of rows may round
        total = below[:, -1]
        width = high / 2 - low / 2  # halves: the whole width may be infinite
        is_known = np.isfinite(low) & np.isfinite(high)
        is_counted = is_known & (total > 0.0) & np.isfinite(total)
        rows["low"][~is_known] = np.nan
        rows["total"] = np.where(is_counted, total, 0.0)
        below = np.concatenate([np.zeros((len(steps), 1)), below / total[:, None]], axis=1)
        ends = buckets[:, :, 1].clip(low[:, None], high[:, None])
        edges = np.concatenate([low[:, None], ends], axis=1)
        along = np.fmax.accumulate((edges / 2 - low[:, None] / 2) / width[:, None], axis=1)
        along[:, -1] = 1.0
        rows["shares"] = np.where((width <= 0.0)[:, None], ALL_IN_ONE, 0.0)
        if along.shape[1] == BINS + 1:
            is_even = is_counted & (np.abs(along - EDGES) < SAME).all(axis=1)
            rows["shares"][is_even] = np.diff(below[is_even])
        else:
            is_even = np.zeros(len(steps), np.bool_)
    for row in np.flatnonzero(is_counted & ~is_even & (width > 0.0)).tolist():
        rows["shares"][row] = np.diff(np.interp(EDGES, along[row], below[row]))
    rows["shares"][~is_counted] = 0.0
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The kept histograms of one tag, by rising step.

    Attributes:
        rows: Every histogram whose number is a multiple of the stride.
        last: The latest one, which may be among them.
    """

    rows: Rows
    last: Rows

    def all(self) -> Rows:
        """All of them, the latest included."""
        if len(self.rows) and len(self.last) and self.rows["step"][-1] == self.last["step"][0]:
            return self.rows
        return np.concatenate([self.rows, self.last])


@dataclass(slots=True, eq=False)
class CourseBuilder:
    """Takes the histograms of one tag in log order."""

    count: int = 0
    _stride: int = 1
    _rows: Rows = field(default_factory=lambda: NO_ROWS)
    _last: Rows = field(default_factory=lambda: NO_ROWS)
    _fresh: Latest | None = None  # the latest one, where it is not yet in `_last`

    def add(self, latest: Latest) -> None:
        """Takes the next one."""
        if self.count % self._stride == 0:
            self._rows = np.concatenate([self._rows, _alone(latest)])
        self._fresh = latest
        self.count += 1
        self._thin(MOST_STEPS)

    def add_many(
        self, steps: NDArray[np.int64], low: Array, high: Array, buckets: Array
    ) -> None:
        """Takes the next ones at once, with rising steps; arguments as those of `binned`."""
        before, self.count = self.count, self.count + len(steps)
        self._thin(MOST_STEPS)
        places = np.arange(-before % self._stride, len(steps), self._stride)
        at = np.append(places, len(steps) - 1)
        rows = binned(steps[at], low[at], high[at], buckets[at])
        self._rows, self._last = np.concatenate([self._rows, rows[:-1]]), rows[-1:].copy()
        self._fresh = None

    def settle(self, room: int) -> None:
        """Keeps at most `room` of them and the latest, and no bytes of the log."""
        self._thin(room)
        if self._fresh is not None:
            self._last, self._fresh = _alone(self._fresh), None

    def freeze(self) -> Course:
        """What is kept, once it is settled."""
        return Course(self._rows, self._last)

    def followed_by(self, later: CourseBuilder) -> CourseBuilder:
        """Both as one: every second of them goes until there is room again."""
        rows = np.concatenate([self.freeze().all(), later._rows])
        while len(rows) > MOST_STEPS:
            rows = rows[::2].copy()
        return CourseBuilder(self.count + later.count, _rows=rows, _last=later._last)

    def _thin(self, room: int) -> None:
        """Doubles the stride until so few histograms are multiples of it."""
        doubled = 1
        while self.count > room * self._stride * doubled:
            doubled *= 2
        if doubled > 1:
            self._stride *= doubled
            self._rows = self._rows[::doubled].copy()


def _alone(latest: Latest) -> Rows:
    low, high = np.array([latest.low]), np.array([latest.high])
    return binned(np.array([latest.step]), low, high, latest.buckets()[None])
