"""What the tab draws of histograms, as a JSON shape. Pure functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tb_zeroacc.evidence_encoding import json_number
from tb_zeroacc.histograms import Course
from tb_zeroacc.picturing.spreads import shown_tensors
from tb_zeroacc.places import wellformed
from tb_zeroacc.plugin.responses import Column, HistogramData, Spread
from tb_zeroacc.run import Run

DIGITS = 3  # of a count: as many as are kept


def histograms_json(run: Run, named: Callable[[str], str]) -> HistogramData | None:
    """How the weights of a run spread over time; None where its log holds no histograms.

    Args:
        run: What was read.
        named: TensorBoard's name of one of its runs.
    """
    tensors = [(tensor, tensor.seen.course) for tensor in shown_tensors(run)]
    kept = [(tensor, course) for tensor, course in tensors if course is not None]
    if not kept:
        return None
    steps = sorted({step for _, course in kept for step in course.all()["step"].tolist()})
    return {
        "steps": steps,
        "spreads": [
            Spread(
                member=wellformed(named(tensor.seen.member)), tag=tensor.seen.tag,
                name=tensor.name, columns=_columns(course, steps),
            )
            for tensor, course in kept
        ],
        "thinned": any(len(course.all()) < tensor.seen.count for tensor, course in kept),
    }  # fmt: skip


def _columns(course: Course, steps: list[int]) -> list[Column | None]:
    """The histograms at these steps, None where there is none."""
    found = {int(row["step"]): _column(row) for row in course.all()}
    return [found.get(step) for step in steps]


def _column(row: Any) -> Column:
    low, high = json_number(float(row["low"])), json_number(float(row["high"]))
    counts = row["shares"].astype(np.float64) * row["total"]
    if not isinstance(low, str) and low == high:
        counts = counts[:1]
    elif isinstance(low, str):
        counts = counts[:0]
    rounded = [float(f"{count:.{DIGITS}g}") for count in counts.tolist()]
    return {"low": low or 0, "high": high or 0, "total": float(row["total"]), "counts": rounded}
