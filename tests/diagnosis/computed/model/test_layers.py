"""Which layer a row belongs to, and which layers are hidden."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.model.layers import (
    hidden_rows,
    layer_named,
    layer_of,
    layer_position,
    output_layers,
)
from tb_zeroacc.facts import Layer
from tests.diagnosis.planted import a_contract, a_run, a_table

STACK = (
    Layer("first", "Dense", variables=("net/first/kernel",)),
    Layer("second", "Dense", variables=("net/second/kernel",)),
    Layer("head", "Dense", variables=("net/head/kernel",), is_output=True),
)
RUN = a_run(a_contract(*STACK))


@pytest.mark.parametrize(
    ("row", "layer"),
    [
        ("net/second/kernel", "second"),
        ("net/other/kernel", "other"),  # not in the contract: by its path
        ("second#1", "second"),  # the second call of a layer
        ("second", "second"),
    ],
)
def test_the_layer_of_a_row(row: str, layer: str) -> None:
    assert layer_of(RUN, row) == layer


def test_where_layers_stand() -> None:
    assert [layer_position(RUN, name) for name in ("first", "head", "unknown")] == [0, 2, 3]
    assert layer_named(RUN, "second") is STACK[1]
    assert layer_named(a_run(), "second") is None


def test_what_makes_an_output_is_not_hidden() -> None:
    table = a_table("activations", {name: {"mean": 0.0} for name in ("first", "head", "second")})
    assert output_layers(RUN) == {"head"}
    assert hidden_rows(RUN, table) == [0, 2]
    assert hidden_rows(a_run(), table) == [0, 1], "without a contract the last row is the output"
