"""Planted runs that several tests of targets share."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.diagnosis.answers import Answer, Flagged
from tb_zeroacc.facts import Contract
from tests.diagnosis.planted import a_contract


def says(found: Answer, want: type[Answer], words: str) -> None:
    assert isinstance(found, want), found
    assert words in (found.summary if isinstance(found, Flagged) else found.reason), found


def head(
    loss: str | None = "mean_squared_error", activation: str | None = "linear", units: int = 1,
    **more: Any,
) -> Contract:  # fmt: skip
    return a_contract(loss=loss, activation=activation, units=units, **more)


OUT_OF_REACH, NOT_THERE = "Targets of size 1000 are too large", "not recorded"
