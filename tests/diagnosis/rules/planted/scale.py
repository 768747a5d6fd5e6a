"""Planted runs that several tests of scale share."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Role
from tests.diagnosis.planted import a_contract, a_curve, a_table

CONTRACT = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)
EVEN = a_table("label_counts", {"y": {"0": 500.0, "1": 500.0}})
STUCK = (EVEN, a_curve([139.0, 6.4]), a_curve([0.5, 0.6], Role.ACCURACY))
BEATS = (EVEN, a_curve([139.0, 0.01]), a_curve([0.5, 0.99], Role.ACCURACY))


def scales(*rms: Any, steps: int = 40) -> Any:
    """Features of these root mean squares, half of it offset."""
    rows = {f"x[{i}]": {"mean": 0.6 * r, "std": 0.8 * r} for i, r in enumerate(rms)}
    return a_table("inputs", rows, steps=list(range(steps)))


def losses(first: float, *, at: int = 0, steps: int = 40) -> Any:
    values = [0.7] * steps
    values[at] = first
    return a_table("loss", {"loss": {"loss": values}}, steps=list(range(steps)))


def front(kind: str) -> Any:
    return a_contract(
        Layer("front", kind), Layer("dense", "Dense", "relu", 8, variables=("dense/kernel",)),
        loss="binary_crossentropy", activation="sigmoid", units=1,
    )  # fmt: skip
