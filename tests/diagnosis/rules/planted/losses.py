"""Planted runs that several tests of losses share."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.facts import Contract
from tb_zeroacc.run import Role, Table
from tests.diagnosis.planted import a_contract, a_curve, a_table

BCE, SCCE = "binary_crossentropy", "sparse_categorical_crossentropy"
MSE, MAE = "mean_squared_error", "mean_absolute_error"
RECORD: dict[str, Any] = {"source": "keras_record"}


def labels(low: float, high: float, whole: float = 1.0, /, **more: float) -> Table:
    row = {"min": low, "max": high, "integer_share": whole, "count": 100.0, "examples": 100.0,
           "units": 1.0, "non_finite_count": 0.0, "mean": (low + high) / 2}
    return a_table("labels", {"y": row | more})


def rows(total: float = 1.0, units: float = 3.0, **more: float) -> Table:
    """Labels of several columns; the rows sum to 1 at least, to `total` at most."""
    return labels(0, 1, **{"units": units, "row_sum_min": 1.0, "row_sum_max": total} | more)


def scores(accuracy: float) -> Any:
    return a_curve([0.1, accuracy], Role.ACCURACY)


def head(loss: str, units: int | None = 1, activation: str | None = "linear", **m: Any) -> Contract:
    return a_contract(loss=loss, units=units, activation=activation, **m)
