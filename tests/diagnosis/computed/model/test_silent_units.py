"""Shares of silent units: where they settle, and since when they stay high."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.model.silent_units import high_since, settled_shares
from tests.diagnosis.planted import a_run, a_table

NAN = float("nan")
COLUMN = "dead_unit_share"


def test_hidden_layers_of_the_kind_settle_at_their_last_samples() -> None:
    rows = {"relu": [0.1] * 6 + [0.4, 0.6], "tanh": [NAN] * 8, "head": [1.0] * 8}
    table = a_table("activations", {name: {COLUMN: values} for name, values in rows.items()})
    assert settled_shares(a_run(), table, COLUMN) == {0: pytest.approx(0.5)}


@pytest.mark.parametrize(("broken", "left"), [([0.0] * 8, {0: 1.0}), ([0.0] * 4 + [2.0] * 4, {})])
def test_units_behind_weights_that_are_not_finite_do_not_count(
    broken: list[float], left: dict[int, float]
) -> None:
    rows = {name: {COLUMN: [0.1] * 4 + [1.0] * 4} for name in ("relu", "head")}
    table = a_table("activations", rows)
    weights = a_table("weights", {"first/kernel": {"non_finite_count": broken}})
    assert settled_shares(a_run(weights), table, COLUMN) == left


@pytest.mark.parametrize(
    ("shares", "since"),
    [
        ([0.9, 0.9, 0.9, 0.9], 0),
        ([0.1, 0.9, 0.9, 0.9], 10),
        ([0.9, 0.1, 0.1, 0.9], 30),
        ([0.1, 0.1, NAN, 0.1], 30),
    ],
)
def test_since_when_a_share_stays_high(shares: list[float], since: int) -> None:
    table = a_table("activations", {"a": {COLUMN: shares}}, steps=[0, 10, 20, 30])
    assert high_since(table, COLUMN, 0, 0.9) == since
