"""Planted runs that several tests of outputs share."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.facts import Contract
from tb_zeroacc.run import Table
from tests.diagnosis.planted import a_contract, a_table

BCE, CCE = "binary_crossentropy", "categorical_crossentropy"
SCCE, MSE = "sparse_categorical_crossentropy", "mean_squared_error"
RECORD = {"source": "keras_record"}


def head(
    activation: str | None, units: int | None, loss: str | None = BCE, **more: Any
) -> Contract:
    if loss in (BCE, CCE, SCCE):
        more.setdefault("from_logits", False)
    return a_contract(activation=activation, units=units, loss=loss, **more)


def said(low: float, high: float) -> Table:
    row = {"min": low, "max": high, "examples": 32.0, "spread": (high - low) / 4}
    return a_table("outputs", {"y": row}, steps=[0, 40])
