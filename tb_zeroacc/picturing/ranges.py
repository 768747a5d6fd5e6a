"""Ranges below one another: labels and outputs, the updates of each layer and healthy ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.outputs import recorded_range
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import RESTLESS
from tb_zeroacc.diagnosis.rules.za702_learning_rate_too_low import CREEPING
from tb_zeroacc.picturing.facts_of import SAME, Told, named_by, output_meant
from tb_zeroacc.picturing.rows import short_names, some_of
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wire.evidence import Range, Ranges
from tb_zeroacc.wording import number

SIZES = "Size of each layer's weights, over all samples"
MOST_ROWS = 12  # more are no longer read


def range_of(
    name: str, low: float, high: float, *, middle: float | None = None, wrong: bool = False
) -> Range:
    """A range with its words."""
    text = number(low) if low == high else f"{number(low)} .. {number(high)}"
    return {"name": name, "low": low, "high": high, "middle": middle, "text": text, "wrong": wrong}


def ranges_of(
    title: str,
    rows: Sequence[Range],
    *,
    bounds: tuple[float | None, float | None] = (None, None),
    healthy: str = "",
    log: bool = False,
    left_out: int = 0,
) -> Ranges | None:
    """A picture of ranges; None without one that is finite."""
    drawn = [row for row in rows if math.isfinite(row["low"]) and math.isfinite(row["high"])]
    if not drawn:
        return None
    low, high = (None if end is None or not math.isfinite(end) else end for end in bounds)
    return {
        "kind": "ranges", "title": title, "unit": "", "log": log, "rows": drawn[:MOST_ROWS],
        "low": low, "high": high, "healthy": healthy,
        "left_out": left_out + max(0, len(drawn) - MOST_ROWS),
    }  # fmt: skip


def targets(told: Told, run: Run) -> Ranges | None:
    """The range of the labels, which is wrong, above that of the outputs."""
    return _labels_and_outputs(told, run, "labels")


def outputs(told: Told, run: Run) -> Ranges | None:
    """The range of the outputs, which is wrong, below that of the labels."""
    return _labels_and_outputs(told, run, "outputs")


def _labels_and_outputs(told: Told, run: Run, wrong: str) -> Ranges | None:
    output = output_meant(told, run)
    if output is None:
        return None
    labels, made = labels_of(run, output), recorded_range(run, output)
    rows = []
    is_known = labels is not None and math.isfinite(labels.low) and math.isfinite(labels.high)
    # Class numbers and the share of each class lie on scales of their own.
    are_numbers = labels is not None and labels.units == 1 and (output.units or 1) > 1
    if labels is not None and is_known and not (wrong == "outputs" and are_numbers):
        rows.append(range_of("labels", labels.low, labels.high, wrong=wrong == "labels"))
    if made is not None:
        rows.append(range_of("outputs", *made, wrong=wrong == "outputs"))
    flagged = next((row for row in rows if row["wrong"]), None)
    if flagged is None:
        return None
    facts = [fact for fact in told.evidence if _is_end_of(flagged, fact)]
    words = ", ".join(telling.healthy_text(fact) for fact in facts)
    return ranges_of("Where labels and outputs lie", rows, bounds=_bounds(facts), healthy=words)


def _is_end_of(row: Range, fact: Evidence) -> bool:
    """Whether a fact holds the lower or the upper end of a range against a limit."""
    if fact.value is None or fact.threshold is None or fact.unit:
        return False
    if fact.healthy not in ("at least", "at most"):
        return False
    end = row["low"] if fact.healthy == "at least" else row["high"]
    return abs(end - fact.value) <= SAME * max(abs(end), abs(fact.value))


def _bounds(facts: Sequence[Evidence]) -> tuple[float | None, float | None]:
    low = [fact.threshold for fact in facts if fact.healthy == "at least"]
    high = [fact.threshold for fact in facts if fact.healthy == "at most"]
    return (low or [None])[0], (high or [None])[0]


def updates(told: Told, run: Run) -> Ranges | None:
    """Update ÷ weights of each kernel over all samples, against the range of what is healthy.

    Where nobody was seen to update them, the sizes of the kernels: points are weights that stand.
    """
    table = run.table("weights", "update_ratio", "unit_spread", "rms")
    if table is None:
        return None
    rows = kernel_rows(run, table)
    names = short_names(run, [table.rows[row] for row in rows])
    fact = next((f for f in told.evidence if f.healthy and "update" in f.text), None)
    found = []
    for judge in (np.median, np.min if fact and fact.healthy == "at least" else np.max):
        made = [_of_kernel(table, row, name, fact, judge)
                for name, row in zip(names, rows, strict=True)]  # fmt: skip
        found = [each for each in made if each is not None]
        if any(each["wrong"] for each in found):
            break  # what is typical is wrong; else a single step is
    if not found:
        return _sizes(table, dict(zip(names, rows, strict=True)))
    shown = some_of(found, MOST_ROWS, [row["wrong"] for row in found])
    low, high = CREEPING, RESTLESS
    if fact is not None and fact.threshold is not None:
        low, high = (fact.threshold, high) if fact.healthy == "at least" else (low, fact.threshold)
    return ranges_of(
        "Update ÷ weights of each layer, over all samples", shown, bounds=(low, high), log=True,
        healthy=f"healthy: {number(low)} to {number(high)}", left_out=len(found) - len(shown),
    )  # fmt: skip


def wrong_updates(told: Told, run: Run) -> Ranges | None:
    """The same where the updates of any kernel are out of the healthy range; else None."""
    found = updates(told, run)
    return found if found and any(row["wrong"] for row in found["rows"]) else None


def shrinking(told: Told, run: Run) -> Ranges | None:
    """From where to where the size of each kernel went; None where the finding names none."""
    table, named = run.table("weights", "rms"), named_by(told)
    if table is None:
        return None
    sizes_of = table.column("rms")  # (samples, rows)
    rows = [row for row in kernel_rows(run, table) if np.isfinite(sizes_of[:, row]).all()]
    is_named = [bool(named & {table.rows[row], layer_of(run, table.rows[row])}) for row in rows]
    if not any(is_named):
        return None
    names = short_names(run, [table.rows[row] for row in rows])
    sizes = [sizes_of[:, row] for row in rows]
    found = [
        range_of(name, float(size.min()), float(size.max()), wrong=wrong)
        for name, size, wrong in zip(names, sizes, is_named, strict=True)
    ]
    return ranges_of(SIZES, found, log=all(row["low"] > 0 for row in found))


def _sizes(table: Table, rows: Mapping[str, int]) -> Ranges | None:
    """From where to where the size of each kernel went; one that stands is flagged."""
    sizes = {name: table.column("rms")[:, row] for name, row in rows.items()}
    found = [
        range_of(name, float(size.min()), float(size.max()), wrong=bool(size.min() == size.max()))
        for name, size in sizes.items()
        if np.isfinite(size).all()
    ]
    return ranges_of(SIZES, found)


def _of_kernel(
    table: Table,
    row: int,
    name: str,
    fact: Evidence | None,
    judge: Callable[[NDArray[np.float64]], np.floating[Any]],
) -> Range | None:
    ratios = table.column("update_ratio")[:, row]
    known = np.isfinite(ratios)
    if not known.any():
        return None
    values, meant = ratios[known], known
    if fact is not None and fact.first_step is not None:
        meant = meant & (table.steps >= fact.first_step)
        meant &= table.steps <= (fact.first_step if fact.last_step is None else fact.last_step)
    judged = float(judge(ratios[meant])) if meant.any() else math.nan
    wrong = not values.any() if fact is None else meant.any() and fact.admits(judged) is False
    low, middle, high = float(values.min()), float(np.median(values)), float(values.max())
    return range_of(name, low, high, middle=middle, wrong=bool(wrong))
