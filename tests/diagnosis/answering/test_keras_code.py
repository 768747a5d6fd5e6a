"""Code of a fix, as the user would have written it."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answering.keras_code import (
    initializer_code,
    layer_call,
    loss_call,
    output_call,
)
from tb_zeroacc.facts import Layer
from tests.diagnosis.planted import a_contract, a_run

DENSE = Layer("a", "Dense", "relu", 64)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Zeros", '"zeros"'),
        ("GlorotUniform", '"glorot_uniform"'),
        ("Constant(-50.0)", "keras.initializers.Constant(-50.0)"),
        ("RandomNormal(stddev=4)", "keras.initializers.RandomNormal(stddev=4)"),
    ],
)
def test_initializers(name: str, code: str) -> None:
    assert initializer_code(name) == code


@pytest.mark.parametrize(
    ("layer", "arguments", "code"),
    [
        (DENSE, {}, "keras.layers.Dense(64)"),
        (DENSE, {"activation": "linear"}, "keras.layers.Dense(64)"),
        (
            DENSE,
            {"activation": "relu", "kernel": "HeNormal", "bias": "Constant(1.0)"},
            'keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal", '
            "bias_initializer=keras.initializers.Constant(1.0))",
        ),
        (
            Layer("c", "Conv2D", "relu", 32),
            {"activation": "relu"},
            'keras.layers.Conv2D(32, ..., activation="relu")',
        ),
        (Layer("a", "Activation", "relu"), {"activation": "relu"},
         'keras.layers.Activation(..., activation="relu")'),
    ],
)  # fmt: skip
def test_layers(layer: Layer, arguments: dict[str, str], code: str) -> None:
    assert layer_call(layer, **arguments) == code


def test_outputs_keep_their_units_and_class() -> None:
    run = a_run(a_contract(units=3))
    assert run.contract is not None
    (output,) = run.contract.outputs
    assert output_call(run, output, "sigmoid") == 'keras.layers.Dense(3, activation="sigmoid")'


def test_losses() -> None:
    assert loss_call("binary_crossentropy") == "keras.losses.BinaryCrossentropy()"
    assert loss_call("mean_squared_error", "reduction=None") == (
        "keras.losses.MeanSquaredError(reduction=None)"
    )
