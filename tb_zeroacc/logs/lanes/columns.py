"""What some records hold, by columns: the points of each tag, its histograms, the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.logs.lanes.templates import Buckets, Layout, Matrix, Number, Part, Templates

# So many records are looked up one by one; where their kinds repeat, the others are compared.
LOOK = 128

Where: TypeAlias = "slice | NDArray[np.intp]"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """All that stands at one place of the records of a kind, by rising row.

    Attributes:
        part: What stands there.
        position: Its place among the values of an event.
        rows: Numbers of the records, int64 of shape (rows,).
        steps: int64 of shape (rows,).
        times: Wall times in seconds, float64 of shape (rows,); NaN where one is not finite.
        contents: A scalar's: float64 of shape (rows,). A histogram's: float64 of shape
            (rows, buckets, 3). A table's: float32 of shape (rows, rows, columns).
    """

    part: Part
    position: int
    rows: NDArray[np.int64]
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    contents: NDArray[Any]

    def taken(self, where: Where | NDArray[np.bool_]) -> Column:
        """Some of it."""
        return replace(
            self, rows=self.rows[where], steps=self.steps[where], times=self.times[where],
            contents=self.contents[where],
        )  # fmt: skip

    def within(self, first: int, end: int) -> Column:
        """The rows from `first` on and before `end`."""
        if not len(self.rows) or (first <= self.rows[0] and self.rows[-1] < end):
            return self
        begin, stop = np.searchsorted(self.rows, (first, end))
        return self.taken(slice(int(begin), int(stop)))


def columns_of(
    data: bytes, payloads: Payloads, rows: NDArray[np.int64], templates: Templates
) -> list[Column]:
    """The columns of all records that have a template.

    Args:
        data: Where they lie.
        payloads: Where each lies, shape (records,).
        rows: The number of each, rising, int64 of shape (records,).
        templates: Those that are known.
    """
    found: list[Column] = []
    for length, members in _by_length(payloads.ends - payloads.starts):
        left = members
        for layout in templates.layouts(length):
            matrix = _matrix(data, payloads.starts[left], length)
            kinds = _kinds(layout, matrix)
            if kinds:
                found += _columns(layout, matrix, rows[left], kinds)
                taken = np.ones(len(left), np.bool_)
                for _, where in kinds:
                    taken[where] = False
                left = left[taken]
            if not len(left):
                break
    return found


def _by_length(lengths: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The places of each length."""
    if not len(lengths):
        return
    # Sixteen bits are sorted ten times as fast.
    small = lengths.astype(np.uint16) if lengths.max() < 2**16 else lengths
    order = np.argsort(small, kind="stable")
    ranked = lengths[order]
    cuts = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
    for members in np.split(order, cuts):
        yield int(lengths[members[0]]), members


def _matrix(data: bytes, starts: NDArray[np.int64], length: int) -> NDArray[np.uint8]:
    """The bytes of payloads of one length, a row each."""
    gaps = starts[1:] - starts[:-1]
    if len(gaps) and (gaps == gaps[0]).all():
        return np.ndarray((len(starts), length), np.uint8, data, int(starts[0]), (int(gaps[0]), 1))
    anywhere = np.ndarray((len(data) - length + 1,), f"V{length}", data, 0, (1,))
    return anywhere[starts].view(np.uint8).reshape(len(starts), length)


def _kinds(layout: Layout, matrix: NDArray[np.uint8]) -> list[tuple[int, Where]]:
    """The number of each template that is there, and the rows that it has.

    Where the rows that are looked at have none, the others are left alone, too.
    """
    look = _numbers(layout, layout.fixed(matrix[:LOOK]))
    spread = matrix[:: len(matrix) // LOOK + 1]
    if max(look) < 0 and max(_numbers(layout, layout.fixed(spread))) < 0:
        return []
    fixed = layout.fixed(matrix)
    if (period := _period(look)) and _repeats(fixed, period):
        return [(kind, slice(at, None, period)) for at, kind in enumerate(look[:period])]
    numbers = np.array(_numbers(layout, fixed), np.int16)
    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    cuts = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
    parts = ((int(numbers[members[0]]), members) for members in np.split(order, cuts))
    return [(kind, members) for kind, members in parts if kind >= 0]


def _numbers(layout: Layout, fixed: NDArray[np.uint8]) -> list[int]:
    """The number of each row's template; -1 where it has none."""
    keys = fixed.view(f"V{fixed.shape[1]}").ravel().tolist()
    return list(map(layout.known.get, keys, repeat(-1)))


def _period(kinds: list[int]) -> int:
    """After how many records their kinds repeat; 0 where they do not, or one is unknown."""
    if min(kinds) >= 0:
        for period in range(1, len(kinds) // 2 + 1):
            if kinds[period:] == kinds[:-period]:
                return period
    return 0


def _repeats(fixed: NDArray[np.uint8], period: int) -> bool:
    """Whether rows equal those that are so many before them."""
    count, size = fixed.shape
    whole = count - count % period
    first, rest = fixed[:period], fixed[whole:]
    repeated = fixed[:whole].reshape(-1, period * size) == first.ravel()
    return bool(repeated.all() and (rest == first[: len(rest)]).all())


def _columns(
    layout: Layout, matrix: NDArray[np.uint8], rows: NDArray[np.int64],
    kinds: list[tuple[int, Where]],
) -> Iterator[Column]:  # fmt: skip
    steps, times = _steps(layout, matrix), _times(layout, matrix)
    for kind, where in kinds:
        own_rows, own_steps, own_times = rows[where], steps[where], times[where]
        parts = zip(layout.parts[kind], layout.places.contents, strict=True)
        for position, (part, span) in enumerate(parts):
            contents = _contents(part, matrix[where, span.start : span.end])
            yield Column(part, position, own_rows, own_steps, own_times, contents)


def _steps(layout: Layout, matrix: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Numbers of variable length, which all have the same length here."""
    found = np.zeros(len(matrix), np.int64)
    if (span := layout.places.step) is not None:
        for at in range(span.start, span.end):
            found |= (matrix[:, at] & np.uint8(127)).astype(np.int64) << 7 * (at - span.start)
    return found


def _times(layout: Layout, matrix: NDArray[np.uint8]) -> NDArray[np.float64]:
    if (span := layout.places.time) is None:
        return np.zeros(len(matrix))
    found = matrix[:, span.start : span.end].view("<f8")[:, 0].copy()
    found[~np.isfinite(found)] = np.nan
    return found


def _contents(part: Part, content: NDArray[np.uint8]) -> NDArray[Any]:
    if isinstance(part, Number):
        return content.view(part.dtype)[:, 0].astype(np.float64)
    if isinstance(part, Buckets):
        return content.view("<f8").reshape(len(content), part.count, 3)
    return content.view("<f4").reshape(len(content), part.rows, part.columns)


def merged(columns: list[Column]) -> tuple[list[Column], NDArray[np.int64]]:
    """One column for each tag and each kind of table, and the rows that fit in none.

    A tag that is now a scalar and now a histogram, or whose shape changes, is rare: such records
    are left to be read one by one.
    """
    by_name: dict[tuple[bool, str], list[Column]] = defaultdict(list)
    for column in columns:
        by_name[isinstance(column.part, Matrix), column.part.name].append(column)
    whole: list[Column] = []
    unfit: list[NDArray[np.int64]] = []
    for same in by_name.values():
        first = same[0].part
        if len(same) == 1:
            whole.append(same[0])
        elif all(c.part == first or _are_numbers(c.part, first) for c in same):
            whole.append(_merged(same))
        else:
            unfit += [column.rows for column in same]
    if not unfit:
        return whole, np.empty(0, np.int64)
    rows = np.unique(np.concatenate(unfit))
    whole = [column.taken(~np.isin(column.rows, rows)) for column in whole]
    return [column for column in whole if len(column.rows)], rows


def _are_numbers(a: Part, b: Part) -> bool:
    return isinstance(a, Number) and isinstance(b, Number)


def _merged(same: list[Column]) -> Column:
    same = sorted(same, key=lambda column: int(column.rows[0]))
    joined = replace(
        same[0],
        rows=np.concatenate([c.rows for c in same]),
        steps=np.concatenate([c.steps for c in same]),
        times=np.concatenate([c.times for c in same]),
        contents=np.concatenate([c.contents for c in same]),
    )
    if (joined.rows[1:] > joined.rows[:-1]).all():
        return joined
    return joined.taken(np.argsort(joined.rows, kind="stable"))
