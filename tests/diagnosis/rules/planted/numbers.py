"""Planted runs that several tests of numbers share."""

from __future__ import annotations

import math
from typing import Any

from tb_zeroacc.run import Curve, Role, Run, Table
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

NAN = math.nan
STEPS = list(range(20))


def ten_classes(**sizes: float) -> Table:
    """Labels of ten equally frequent classes, so that the baseline is ln 10."""
    return a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})


STUCK = (a_contract(), ten_classes(), a_curve([2.31, 2.30, 2.30, 2.30]))
BEATS = (
    a_contract(),
    ten_classes(),
    a_curve([1.2, 0.5, 0.2, 0.1]),
    a_curve([0.6, 0.8, 0.9, 0.97], Role.ACCURACY),
)


# --- ZA504, ZA505 -----------------------------------------------------------------------------
def hidden(
    column: str, values: list[float], *parts: Table | Curve | Any, examples: float = 32
) -> Run:
    activations = a_table("activations", {"dense": {column: values}, "head": {column: 1.0}})
    batch = a_table("batch", {"x": {"examples": examples}})
    return a_run(activations, batch, *(parts or STUCK))
