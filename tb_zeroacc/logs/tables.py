"""The recorder's samples in bounded memory, thinned together so that rows stay aligned.

A sample carries every table of its step. Samples are kept or left out as a whole: the first and
the last `EDGE`, and those at which a value was first not finite, always stay; of the others every
second one goes whenever more than `MIDDLE` are kept.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.records import Layout, SampleRecord

EDGE = 64
MIDDLE = 256
# Values of one table: 256 columns x 1 000 classes fit, a matrix of any size does not.
MAX_VALUES = 2**19
# Kinds that are written once an epoch: thinned by themselves, or few of them would survive.
EPOCH_KINDS = frozenset(
    {
        facts.ASSOCIATION_TABLE, facts.ASSOCIATION_COUNT_TABLE, facts.PIPELINE_TABLE,
        *facts.VALIDATION_TABLES,
    }
)


@dataclass(slots=True)
class _Moment:
    """All tables of one step, each with the layout that held then."""

    step: int
    number: int  # counted from 0 over all samples
    tables: dict[str, tuple[Layout, NDArray[np.float32]]]
    pinned: bool = False


@dataclass(slots=True)
class _Kept:
    """Moments in order: a head, a thinned middle, a tail."""

    _head: list[_Moment] = field(default_factory=list)
    _middle: list[_Moment] = field(default_factory=list)
    _tail: deque[_Moment] = field(default_factory=deque)
    _stride: int = 1
    _free: int = 0  # of the middle, those that are not pinned
    count: int = 0

    @property
    def last(self) -> _Moment | None:
        if self._tail:
            return self._tail[-1]
        return self._head[-1] if self._head else None

    def append(self, step: int, pinned: bool = False) -> _Moment:
        moment = _Moment(step, self.count, {}, pinned)
        self.count += 1
        if len(self._head) < EDGE:
            self._head.append(moment)
            return moment
        self._tail.append(moment)
        if len(self._tail) > EDGE:
            self._pass_on(self._tail.popleft())
        return moment

    def _pass_on(self, moment: _Moment) -> None:
        if moment.pinned or moment.number % self._stride == 0:
            self._middle.append(moment)
            self._free += not moment.pinned
        while self._free > MIDDLE:
            self._stride *= 2
            self._middle = [m for m in self._middle if m.pinned or m.number % self._stride == 0]
            self._free = sum(not m.pinned for m in self._middle)

    @property
    def next_may_stay(self) -> bool:
        """Whether the next moment may stay where it is neither among the last nor pinned."""
        return self.count < EDGE or self.count % self._stride == 0

    def skip(self) -> None:
        """Counts a moment that will not stay; `EDGE` others must follow before the end is read."""
        self.count += 1

    def __iter__(self) -> Iterator[_Moment]:
        yield from self._head
        yield from self._middle
        yield from self._tail

    @property
    def thinned(self) -> bool:
        return self._stride > 1


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """All kept samples of one kind, as `run.Table` without member and epochs."""

    layout: Layout
    steps: NDArray[np.int64]  # (samples,)
    values: NDArray[np.float32]  # (samples, rows, columns)
    thinned: bool


def followed_by(known: Samples, later: Samples) -> Samples:
    """Joins what one session wrote into two files; other rows or columns replace what was."""
    fresh = later.steps > known.steps[-1]
    if not _alike(known.layout, later.layout) or not fresh.any():
        return later
    return Samples(
        later.layout,
        np.concatenate([known.steps, later.steps[fresh]]),
        np.concatenate([known.values, later.values[fresh]]),
        known.thinned or later.thinned,
    )


@dataclass(slots=True)
class TableStore:
    """Takes layouts and samples in log order."""

    _layouts: dict[str, Layout] = field(default_factory=dict)
    _often: _Kept = field(default_factory=_Kept)
    _rarely: _Kept = field(default_factory=_Kept)
    _seen_bad: set[str] = field(default_factory=set)

    def layout(self, layout: Layout) -> None:
        """Names rows and columns of the samples that follow."""
        if layout.kind in facts.TABLE_KINDS:
            self._layouts[layout.kind] = layout

    def sample(self, step: int, sample: SampleRecord) -> str | None:
        """Adds one table of one step; returns a sentence where such samples are left out."""
        layout = self._layouts.get(sample.kind)
        which = f"Samples of `{sample.kind}` were left out"  # one sentence for all of them
        if layout is None:
            return f"{which}: the names of their rows and columns are missing."
        if sample.values.shape != (len(layout.rows), len(layout.columns)):
            return f"{which}: their shape does not fit the names of rows and columns."
        if sample.values.size > MAX_VALUES:
            return f"{which}: they hold {sample.values.size} values each."
        kept = self._rarely if sample.kind in EPOCH_KINDS else self._often
        moment = kept.last
        if moment is None or step > moment.step:
            moment = kept.append(step)
        elif step < moment.step:
            return f"{which}: they come after a later step."
        moment.tables[sample.kind] = (layout, sample.values)
        if sample.kind not in self._seen_bad and _bad(layout, sample.values[None]).any():
            self._seen_bad.add(sample.kind)
            moment.pinned = True
        return None

    @property
    def last_step(self) -> int | None:
        """Step of the last sample, those that are written once an epoch aside."""
        return None if self._often.last is None else self._often.last.step

    def fits(self, kind: str, shape: tuple[int, ...]) -> bool:
        """Whether `add_samples` takes tables of a kind and shape."""
        layout = self._layouts.get(kind)
        if layout is None or kind in EPOCH_KINDS:
            return False
        return shape == (len(layout.rows), len(layout.columns)) and math.prod(shape) <= MAX_VALUES

    def add_samples(
        self,
        steps: NDArray[np.int64],
        tables: Mapping[str, tuple[NDArray[np.intp], NDArray[np.float32]]],
    ) -> None:
        """Adds samples at once, which must fit.

        Args:
            steps: Rising, from behind the last step on; shape (samples,).
            tables: By kind, which of the samples hold it, rising, of shape (tables,), and its
                values, of shape (tables, rows, columns).
        """
        pinned: set[int] = set()
        for kind, (places, values) in tables.items():
            if kind not in self._seen_bad:
                bad = _bad(self._layouts[kind], values)
                if bad.any():
                    self._seen_bad.add(kind)
                    pinned.add(int(places[bad.argmax()]))
        kept: dict[int, _Moment] = {}
        last = len(steps) - EDGE - 1
        often = self._often
        for place, step in enumerate(steps.tolist()):
            if place >= last or place in pinned or often.next_may_stay:
                kept[place] = often.append(step, place in pinned)
            else:
                often.skip()
        for kind, (places, values) in tables.items():
            layout = self._layouts[kind]
            for at in np.flatnonzero(np.isin(places, list(kept))).tolist():
                kept[int(places[at])].tables[kind] = (layout, values[at].copy())

    def kinds(self) -> dict[str, Samples]:
        """Every kind with at least one sample under its present layout."""
        found: dict[str, Samples] = {}
        for kind, layout in self._layouts.items():
            kept = self._rarely if kind in EPOCH_KINDS else self._often
            picked = [
                (moment.step, moment.tables[kind][1])
                for moment in kept
                if kind in moment.tables and _alike(moment.tables[kind][0], layout)
            ]
            if picked:
                steps = np.array([step for step, _ in picked], np.int64)
                values = np.stack([table for _, table in picked])
                found[kind] = Samples(layout, steps, values, kept.thinned)
        return found


def _alike(a: Layout, b: Layout) -> bool:
    return a is b or (a.rows == b.rows and a.columns == b.columns)


def _bad(layout: Layout, values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which samples show something that is not finite: a loss, or a count above zero.

    `values` has the shape (samples, rows, columns), the answer (samples,).
    """
    if layout.kind == "loss":
        columns = [i for i, name in enumerate(layout.columns) if name in ("loss", "data_loss")]
        looked_at = ~np.isfinite(values[:, :, columns])
    elif "non_finite_count" in layout.columns:
        looked_at = values[:, :, [layout.columns.index("non_finite_count")]] > 0
    else:
        return np.zeros(len(values), np.bool_)
    bad: NDArray[np.bool_] = np.logical_or.reduce(looked_at.reshape(len(values), -1), axis=1)
    return bad
