"""What a functional model computes between its layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest

from tb_zeroacc.facts import Operation
from tb_zeroacc.keras.contract.operations import operations_of

Dense, ops = keras.layers.Dense, keras.ops


def functional(built: Callable[[Any], Any]) -> Any:
    given = keras.Input((4,))
    return keras.Model(given, built(given))


def ending_in_exp(width: int) -> Any:
    given = keras.Input((width,))
    return keras.Model(given, ops.exp(given))


class Own(keras.Model):
    def call(self, given: Any) -> Any:
        return ops.relu(given)


KNOWN: dict[str, tuple[Callable[[Any], Any], list[Operation]]] = {
    "layers alone": (lambda x: Dense(2)(Dense(3)(x)), []),
    "an activation": (lambda x: Dense(2)(ops.relu(Dense(3)(x))), [Operation("Relu", 1)]),
    "a layer that merges is a layer": (lambda x: keras.layers.Add()([Dense(4)(x), x]), []),
    "inputs scaled and moved": (
        lambda x: Dense(2)(x / 255 * 2 - 1),
        [
            Operation("TrueDivide", 1, on_inputs=True, factor=1 / 255),
            Operation("Multiply", 1, on_inputs=True, factor=2.0),
            Operation("Subtract", 1, on_inputs=True),
        ],
    ),
    "a number that stands first": (
        lambda x: 3 * Dense(2)(x),
        [Operation("Multiply", 1, factor=3.0)],
    ),
    "a number divided by the outputs": (
        lambda x: 1 / Dense(2)(x),
        [Operation("Reciprocal", 1)],
    ),
    "squares": (lambda x: (y := Dense(2)(x)) * y, [Operation("Multiply", 2)]),
    "a model within": (
        lambda x: ending_in_exp(2)(keras.Sequential([Dense(2)])(x)),
        [Operation("Exp", 1)],
    ),
    "a model within that comes first": (
        lambda x: Dense(2)(ending_in_exp(4)(x)),
        [Operation("Exp", 1, on_inputs=True)],
    ),
}


@pytest.mark.parametrize(("built", "expected"), KNOWN.values(), ids=KNOWN.keys())
def test_operations(built: Callable[[Any], Any], expected: list[Operation]) -> None:
    found = operations_of(functional(built))
    assert found is not None
    assert list(found) == expected


def test_a_chain_of_layers_has_none() -> None:
    assert operations_of(keras.Sequential([Dense(3), Dense(2)])) == ()


@pytest.mark.parametrize(
    "model",
    [Own(), keras.Sequential([Dense(3), Own()]), functional(lambda x: Own()(Dense(4)(x)))],
    ids=["a call of one's own", "in a chain", "in a graph"],
)
def test_of_a_call_of_ones_own_they_are_not_known(model: Any) -> None:
    assert operations_of(model) is None
