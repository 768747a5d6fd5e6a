"""Planted runs that several tests of labels share."""

from __future__ import annotations

from typing import Any

from tests.diagnosis.planted import a_table

BCE = {"loss": "binary_crossentropy", "activation": "sigmoid", "units": 1}


def labels(low: Any, high: Any, *, whole: float = 1.0, samples: int = 4, size: int = 32) -> Any:
    row = {"min": low, "max": high, "mean": 0.5, "std": 0.5, "integer_share": whole, "units": 1.0,
           "row_sum_min": low, "row_sum_max": high, "non_finite_count": 0.0,
           "count": float(size), "examples": float(size)}  # fmt: skip
    return a_table("labels", {"y": row}, steps=list(range(samples)))


def counts(*columns: float, samples: int = 4, kind: str = "label_counts", other: float = 0) -> Any:
    row = {str(k): float(n) for k, n in enumerate(columns)}
    return a_table(kind, {"y": {**row, "other": other}}, steps=list(range(samples)))
