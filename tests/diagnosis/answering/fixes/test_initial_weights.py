"""A standard initialisation for the layers whose own one is off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answering.fixes.initial_weights import initialising
from tb_zeroacc.facts import Layer
from tests.diagnosis.planted import a_contract, a_run


def dense(activation: str, kernel: str | None = "GlorotUniform", bias: str = "Zeros") -> Layer:
    return Layer("a", "Dense", activation, 8, kernel_initializer=kernel, bias_initializer=bias)


WIDE, CALL = "RandomNormal(stddev=2.0)", "keras.layers.Dense(8"


@pytest.mark.parametrize(
    ("layers", "lines"),
    [
        ((dense("relu", WIDE), dense("relu", WIDE), dense("softmax")),
         [f'- {CALL}, activation="relu", kernel_initializer=keras.initializers.{WIDE})',
          f'+ {CALL}, activation="relu", kernel_initializer="he_normal")']),
        ((dense("tanh", WIDE),),
         [f'- {CALL}, activation="tanh", kernel_initializer=keras.initializers.{WIDE})',
          f'+ {CALL}, activation="tanh", kernel_initializer="glorot_uniform")']),
        ((dense("relu"), dense("linear", bias="Constant(400.0)")),
         [f'- {CALL}, kernel_initializer="glorot_uniform", '
          "bias_initializer=keras.initializers.Constant(400.0))",
          f'+ {CALL}, kernel_initializer="glorot_uniform")']),
        ((dense("relu"), dense("softmax")),
         [f'- {CALL}, activation="relu", kernel_initializer="glorot_uniform")',
          f'+ {CALL}, activation="relu", kernel_initializer="he_normal")']),
        ((replace(dense("relu"), class_name="SimpleRNN"),
          replace(dense("relu"), class_name="SimpleRNNCell"), dense("relu")),
         ['- keras.layers.SimpleRNN(8, activation="relu")',
          '+ keras.layers.SimpleRNN(8, activation="relu", recurrent_initializer="orthogonal")']),
    ],
    ids=["one's own", "before tanh", "a bias", "none of one's own", "a recurrent kernel"],
)  # fmt: skip
def test_the_layers_that_are_off_are_changed(layers: tuple[Layer, ...], lines: list[str]) -> None:
    fix = initialising("Initialise.", a_run(a_contract(*layers)))
    assert fix is not None
    assert fix.code.splitlines() == lines


@pytest.mark.parametrize("layer", [dense("relu", "HeNormal"), dense("tanh"), dense("relu", None)])
def test_nothing_is_said_where_nothing_would_change(layer: Layer) -> None:
    assert initialising("Initialise.", a_run(a_contract(layer))) is None
