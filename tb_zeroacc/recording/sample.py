"""What one sample holds, and its tables as they travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.recording.tables.data_tables import ComputedTable
from tb_zeroacc.records import Layout

Values: TypeAlias = "NDArray[np.float32]"  # of shape (rows, columns)
Tables: TypeAlias = "list[tuple[Layout, Values]]"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Attributes:
        step: Training step from 0.
        first_bad: Whether this step's loss was the first that is not finite.
        data_ready: Wall clock when the step had its data, seconds modulo `CLOCK_PERIOD`; NaN where
            it was not taken.
        has_loss: Whether the step showed a loss; else its column means unknown, not broken.
        tables: Layout and float32 values of shape (rows, columns) of each table.
        replayed_from: The step before which the variables had the values that this one was computed
            from, where its own were not looked at; None for its own.
        reproduced: Whether that showed what broke in this step; None where nothing was asked.
    """

    step: int
    first_bad: bool
    data_ready: float
    has_loss: bool
    tables: Tables
    replayed_from: int | None = None
    reproduced: bool | None = None


def arrays_of(found: Sequence[ComputedTable]) -> Tables:
    """Tables as they were computed, as arrays of this machine."""
    return [(table.layout, np.asarray(table.values, np.float32)) for table in found]


def joined(sample: Sample, found: Tables) -> Sample:
    """A sample with other tables in the place of those of the same kinds."""
    kinds = {layout.kind for layout, _ in found}
    kept = [table for table in sample.tables if table[0].kind not in kinds]
    return replace(sample, tables=[*kept, *found])


def has_non_finite(made: Tables, kind: str) -> bool:
    """Whether a table of a sample counts values that are not finite.

    Args:
        made: Of the sample.
        kind: One with such a column.
    """
    for layout, values in made:
        if layout.kind == kind:
            return bool((values[:, layout.columns.index("non_finite_count")] > 0).any())
    return False


def shape_of(layout: Layout) -> tuple[int, int]:
    """Rows and columns of a table; the association travels as one row of moments."""
    if layout.kind == facts.ASSOCIATION_TABLE:
        x, y = len(layout.rows), len(layout.columns)
        return 1, 1 + 2 * (x + y) + x * y
    return len(layout.rows), len(layout.columns)


def renamed(layout: Layout, kind: str) -> Layout:
    """A layout of the same names under another kind."""
    return replace(layout, kind=kind)


def split(flat: Values, layouts: tuple[Layout, ...]) -> Tables:
    """Cuts tables that lie end to end."""
    at = 0
    found = []
    for layout in layouts:
        shape = shape_of(layout)
        size = shape[0] * shape[1]
        found.append((layout, flat[at : at + size].reshape(shape)))
        at += size
    return found
