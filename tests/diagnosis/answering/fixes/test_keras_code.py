"""Code of a fix, as the user would have written it."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answering.fixes.keras_code import (
    argument_diff,
    initializer_code,
    layer_call,
    loss_call,
    output_diff,
    rate_diff,
)
from tb_zeroacc.facts import Contract, Layer, Optimizer, Output
from tests.diagnosis.planted import a_run

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


SOFTMAX_LAYER = Layer("told", "Softmax", "softmax", is_output=True)
ACTIVATION_LAYER = Layer("told", "Activation", "relu", is_output=True)


@pytest.mark.parametrize(
    ("layers", "output", "change", "lines"),
    [
        ((), {"units": 3}, {"activation": "sigmoid"},
         ["- keras.layers.Dense(3)", '+ keras.layers.Dense(3, activation="sigmoid")']),
        ((), {"units": 1}, {"activation": "softmax", "units": 4},
         ["- keras.layers.Dense(1)", '+ keras.layers.Dense(4, activation="softmax")']),
        ((), {"units": 3}, {"activation": "linear"}, []),
        ((SOFTMAX_LAYER,), {"layer": "told", "units": 1, "activation": "softmax"},
         {"activation": "sigmoid"},
         ["- keras.layers.Softmax()", '+ keras.layers.Activation("sigmoid")']),
        ((ACTIVATION_LAYER,), {"layer": "told", "units": 1, "activation": "relu"},
         {"activation": None}, ['- keras.layers.Activation("relu")']),
        ((SOFTMAX_LAYER,), {"layer": "told", "units": 1, "activation": "softmax"},
         {"activation": "softmax", "units": 3},
         ["- keras.layers.Dense(1)", "+ keras.layers.Dense(3)"]),
        ((Layer("told", "Conv2D", "sigmoid", 1),),
         {"layer": "told", "units": 1, "activation": "sigmoid"},
         {"activation": "softmax", "units": 3},
         ['- keras.layers.Conv2D(1, ..., activation="sigmoid")',
          '+ keras.layers.Conv2D(3, ..., activation="softmax")']),
    ],
)  # fmt: skip
def test_outputs_keep_what_does_not_change(
    layers: tuple[Layer, ...], output: dict[str, Any], change: dict[str, Any], lines: list[str]
) -> None:
    run = a_run(Contract(layers=layers, outputs=(Output("out", loss="mse", **output),)))
    assert run.contract is not None
    diff = output_diff(run, run.contract.outputs[0], **change)
    assert diff.splitlines() == lines


def test_an_argument_names_its_output_only_where_there_are_several() -> None:
    outputs = Output("kind", loss="mse"), Output("dark", loss="mse")
    single, both = a_run(Contract(outputs=outputs[:1])), a_run(Contract(outputs=outputs))
    assert argument_diff(single, outputs[0], "loss", '"mse"', '"mae"') == (
        '- loss="mse",\n+ loss="mae",'
    )
    assert argument_diff(both, outputs[0], "metrics", "", '["mae"]') == (
        '+ metrics={"kind": ["mae"]},'
    )


@pytest.mark.parametrize(
    ("optimizer", "extra", "lines"),
    [
        (Optimizer("Adam", 0.1), "",
         ["- optimizer=keras.optimizers.Adam(learning_rate=0.1),",
          "+ optimizer=keras.optimizers.Adam(learning_rate=0.01),"]),
        (Optimizer("SGD", 5.0, settings={"momentum": 0.9, "nesterov": False}), "",
         ["- optimizer=keras.optimizers.SGD(learning_rate=5, momentum=0.9),",
          "+ optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9),"]),
        (Optimizer("Adam", 0.1, global_clipnorm=1.0), ", clipnorm=1.0",
         ["- optimizer=keras.optimizers.Adam(learning_rate=0.1, global_clipnorm=1),",
          "+ optimizer=keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0),"]),
    ],
    ids=["plain", "momentum stays", "Keras takes one way of clipping"],
)  # fmt: skip
def test_another_rate(optimizer: Optimizer, extra: str, lines: list[str]) -> None:
    run = a_run(Contract(optimizer=optimizer))
    assert rate_diff(run, optimizer, 0.01, extra).splitlines() == lines


def test_losses() -> None:
    assert loss_call("binary_crossentropy") == "keras.losses.BinaryCrossentropy()"
    assert loss_call("mean_squared_error", "reduction=None") == (
        "keras.losses.MeanSquaredError(reduction=None)"
    )
