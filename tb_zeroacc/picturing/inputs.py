"""Pictures of the inputs: features by size, by spread, by their relation to the labels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import Evidence, at_least
from tb_zeroacc.diagnosis.computed.data.association import (
    CHANCE,
    association_of,
    log_p_of,
    shows_none,
)
from tb_zeroacc.diagnosis.computed.data.inputs import EQUAL, rms_by_feature
from tb_zeroacc.picturing.bars import MOST_BARS, bars_of, beyond, sorted_bars
from tb_zeroacc.picturing.facts_of import Told, fact_about, named_by
from tb_zeroacc.picturing.ranges import range_of, ranges_of
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wire.evidence import Bars, Range, Ranges

FEW_FEATURES = 3  # of an input: each has a range of its own
HALVINGS = 50


def feature_sizes(told: Told, run: Run) -> Bars | None:
    """The root mean square of each feature: all beyond the limit, else the one that is named.

    Where the finding speaks of the largest value of all, it is the largest value of each.
    """
    table = run.table("inputs", "mean", "std", "min", "max")
    if table is None:
        return None
    rms, largest = rms_by_feature(table), np.abs(_extremes(table)).max(axis=0)
    for title, sizes in (("Size", rms), ("Largest value", largest)):
        if np.isnan(sizes).all():
            continue
        fact = fact_about(told, [*sizes.tolist(), float(np.nanmedian(sizes))])
        flagged = np.array(beyond(fact, sizes.tolist()))
        if not flagged.any():
            flagged = np.isin(table.rows, list(named_by(told)))
        if flagged.any():
            return sorted_bars(f"{title} of each input feature, the largest first", "feature",
                               table.rows, sizes, flagged=flagged, fact=fact)  # fmt: skip
    return None


def feature_spreads(told: Told, run: Run) -> Bars | None:
    """Largest less smallest value of each feature over all samples: 0 for one that never varies."""
    table = run.table("inputs", "min", "max")
    if table is None:
        return None
    low, high = _extremes(table)
    spread = high - low
    if not (spread == 0).any():
        return None
    return sorted_bars("Largest less smallest value of each input feature", "feature", table.rows,
                       spread, flagged=spread == 0)  # fmt: skip


def associations(told: Told, run: Run) -> Bars | None:
    """Each input column's largest correlation with a label, below what chance alone could reach."""
    table, strongest = run.table("association"), association_of(run)
    if table is None or strongest is None or not shows_none(run):
        return None
    r = np.abs(table.values[-1].astype(np.float64))  # (inputs, labels)
    known = np.isfinite(r)
    values = np.where(known.any(axis=1), np.nanmax(np.where(known, r, -1.0), axis=1), np.nan)
    least = _least_correlation(strongest.examples, int(known.sum()))
    limit = replace(at_least(least), name="more than chance from")
    fact = Evidence.of_number("largest correlation", abs(strongest.r), limit)
    return sorted_bars("Correlation of each input column with the labels", "input column",
                       table.rows, values, flagged=values < least, fact=fact, top=1.0)  # fmt: skip


def batch_prints(told: Told, run: Run) -> Bars | None:
    """Which batch each sampled step got, numbered as they first came: a stair, or a flat line."""
    table = run.table("batch", "fingerprint_1", "fingerprint_2")
    if table is None:
        return None
    prints = np.concatenate([table.column(f"fingerprint_{i}") for i in (1, 2)], axis=1)
    numbers: list[int] = []
    known: list[NDArray[np.float64]] = []
    for each in prints[:MOST_BARS]:
        room = EQUAL * np.abs(each)
        found = [n for n, other in enumerate(known) if (np.abs(other - each) <= room).all()]
        if not found:
            known.append(each)
        numbers.append(found[0] + 1 if found else len(known))
    repeated = [n for n in range(1, len(numbers)) if numbers[n] == numbers[n - 1]]
    return bars_of(
        "Which batch each sampled step got", "step",
        [str(step) for step in table.steps[:MOST_BARS].tolist()], [("", numbers)], wrong=repeated,
        left_out=max(0, len(table) - MOST_BARS),
    )  # fmt: skip


def validation_inputs(told: Told, run: Run) -> Ranges | None:
    """Where each input lies in training, and below it in validation."""
    tables = [run.table(kind, "min", "max", "mean") for kind in ("inputs", "validation_inputs")]
    if tables[0] is None or tables[1] is None:
        return None
    rows: list[Range] = []
    for group in dict.fromkeys(map(group_of, tables[0].rows)):
        for table, where in zip(tables, ("training", "validation"), strict=True):
            assert table is not None
            of_it = [n for n, row in enumerate(table.rows) if group_of(row) == group]
            few = len(of_it) <= FEW_FEATURES
            parts = [(table.rows[n], [n]) for n in of_it] if few else [(group, of_it)]
            for name, part in parts:
                found = _range(table, part, f"{name} in {where}", wrong=where == "validation")
                rows += [found] if found else []
    rows.sort(key=lambda row: row["name"].rsplit(" in ", 1)[0])  # stable: training comes first
    return ranges_of("Where the inputs lie, in training and in validation", rows)


def group_of(row: str) -> str:
    """The input that a feature belongs to: `x` for `x[3]`."""
    return row.rpartition("[")[0] or row


def input_range(table: Table, group: str) -> tuple[float, float] | None:
    """The smallest and the largest value of an input; None where none is finite."""
    found = _range(table, [n for n, row in enumerate(table.rows) if group_of(row) == group], "")
    return None if found is None else (found["low"], found["high"])


def _range(table: Table, rows: list[int], name: str, *, wrong: bool = False) -> Range | None:
    low, high = (values[rows] for values in _extremes(table))
    if not np.isfinite(low).any() or not np.isfinite(high).any():
        return None
    return range_of(name, float(np.nanmin(low)), float(np.nanmax(high)), wrong=wrong)


def _extremes(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The smallest and largest value of each row over all samples, NaN where none is finite."""
    low, high = table.column("min"), table.column("max")
    lowest = np.where(np.isfinite(low), low, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(np.isfinite(high), high, -np.inf).max(axis=0, initial=-np.inf)
    is_known = np.isfinite(lowest) & np.isfinite(highest)
    return np.where(is_known, lowest, np.nan), np.where(is_known, highest, np.nan)


def _least_correlation(examples: float, pairs: int) -> float:
    """The correlation from which on the strongest of so many pairs is no chance any more."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if log_p_of(middle, examples, pairs) > math.log(CHANCE):
            low = middle
        else:
            high = middle
    return high
