"""Planted runs that several tests of contract and labels share."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.run import Role, Table
from tests.diagnosis.planted import a_contract, a_curve, a_table

BCE, CCE = "binary_crossentropy", "categorical_crossentropy"
SCCE, MSE = "sparse_categorical_crossentropy", "mean_squared_error"
RECORD: dict[str, Any] = {"source": "keras_record"}
DIGITS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
EVEN = a_table("label_counts", {"y": {"0": 50.0, "1": 50.0}})
LEARNS = (a_curve([2.3, 0.1]), a_curve([0.1, 0.97], Role.ACCURACY))
STUCK = (a_curve([2.3, 2.3]), a_curve([0.1, 0.1], Role.ACCURACY))


def head(loss: str | None, activation: str | None, units: int | None, **more: Any) -> Any:
    if loss in (BCE, CCE, SCCE):
        more.setdefault("from_logits", False)
    layers = more.pop("layers", ())
    return a_contract(*layers, loss=loss, activation=activation, units=units, **more)


def labels(low: float, high: float, whole: float = 1.0, /, **more: float) -> Table:
    """One column of labels, by default of 100 examples."""
    row = {"min": low, "max": high, "integer_share": whole, "count": 100.0, "examples": 100.0,
           "units": 1.0, "non_finite_count": 0.0, "mean": (low + high) / 2,
           "std": (high - low) / 4}  # fmt: skip
    return a_table("labels", {"y": row | more})


def rows(least: float, most: float, units: int = 4, **more: float) -> Table:
    """Rows of 0 and 1 with so many labels each, and half-way between them on average."""
    mean = (least + most) / 2 / units
    told = {"units": float(units), "row_sum_min": least, "row_sum_max": most, "mean": mean}
    return labels(0, 1, **(told | more))


def says(low: float, high: float) -> Table:
    return a_table("outputs", {"y": {"min": low, "max": high, "examples": 32.0}})
