"""ZA504 dead-relu-units."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Flagged, Passed
from tb_zeroacc.facts import Layer
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.numbers import NAN, STUCK, hidden


def test_layers_that_followed_later_are_not_called_dead_from_the_start() -> None:
    shares = {"dense": [0.1] * 3 + [1.0] * 17, "dense_1": [1.0] * 20, "dense_2": [1.0] * 20}
    rows = {name: {"dead_unit_share": values} for name, values in shares.items()}
    head = {"head": {"dead_unit_share": [NAN] * 20}}
    found = flagged("ZA504", a_run(a_table("activations", rows | head), *STUCK))
    assert found.layers == ("dense_1", "dense_2", "dense")
    assert found.summary == (
        "100 % of the units of `dense_1` are dead from the first step on, also in 1 more layer; "
        "1 more layer followed later."
    )


def test_in_small_batches_only_all_units_count() -> None:
    assert isinstance(answer("ZA504", hidden("dead_unit_share", [0.95] * 20, examples=4)), Passed)
    assert isinstance(answer("ZA504", hidden("dead_unit_share", [1.0] * 20, examples=4)), Flagged)


def test_an_initialiser_that_kills_is_shown() -> None:
    stack = (
        Layer("dense", "Dense", "relu", 64, bias_initializer="Constant(-50.0)"),
        Layer("head", "Dense", "softmax", 10, is_output=True),
    )
    run = hidden("dead_unit_share", [1.0] * 20, a_contract(*stack), *STUCK[1:])
    found = flagged("ZA504", run)
    assert found.fix is not None
    assert "Constant(-50.0)" in found.fix.code
    assert "from the first step" in found.summary


@pytest.mark.parametrize(
    ("layer", "before"),
    [
        (Layer("dense", "ReLU", "relu"), "- keras.layers.ReLU()"),
        (Layer("dense", "Activation", "relu"), '- keras.layers.Activation("relu")'),
    ],
)
def test_an_activation_in_a_layer_of_its_own_is_replaced(layer: Layer, before: str) -> None:
    contract = a_contract(layer, Layer("head", "Dense", "softmax", 10, is_output=True))
    fix = flagged("ZA504", hidden("dead_unit_share", [1.0] * 20, contract, *STUCK[1:])).fix
    assert fix is not None
    assert fix.code.splitlines() == [before, "+ keras.layers.LeakyReLU()"]
