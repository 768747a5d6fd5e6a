"""What Keras' own record of a model states, and what no record can do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_zeroacc.facts import Contract, Layer, Output
from tb_zeroacc.logs.keras_record.connections import MAX_LAYERS
from tb_zeroacc.logs.keras_record.contract import contract_of
from tests.logs.written import only

Model = Any  # Keras ships no types


def read(record: Any) -> Contract:
    found = contract_of(json.dumps(record).encode())
    assert found is not None, "the record of a model was taken for none"
    return found


def dense(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, **config}}


def sequential(*layers: Any, **compiled: Any) -> dict[str, Any]:
    record = {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}
    return {**record, "compile_config": compiled} if compiled else record


def serialised(class_name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras", "class_name": class_name, "config": config, "registered_name": None}


# --- as Keras 3 writes it -----------------------------------------------------------------------


def sequential_with_strings(keras: Any) -> Model:
    layers = keras.layers
    half = keras.initializers.Constant(0.5)
    model = keras.Sequential([layers.Input((8,))])
    model.add(layers.Dense(16, "relu", kernel_regularizer="l2", bias_initializer=half, name="a"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(3, trainable=False))
    model.add(layers.Softmax(name="probabilities"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def sequential_with_objects(keras: Any) -> Model:
    model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(1, name="logit")])
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    optimizer = keras.optimizers.SGD(rate, momentum=0.9, clipnorm=1.0)
    loss = keras.losses.BinaryCrossentropy(True, label_smoothing=0.1, reduction="sum")
    right = keras.metrics.BinaryAccuracy(name="right")
    model.compile(optimizer, loss, metrics=[right, "mse"], weighted_metrics=["mae"],
                  run_eagerly=True, steps_per_execution=4)  # fmt: skip
    return model


def two_outputs(keras: Any, **compiled: Any) -> Model:
    layers = keras.layers
    x = layers.Input((8,))
    kind = layers.Dense(2, "softmax", name="kind")(x)
    model = keras.Model(x, [layers.Dense(1, name="size")(x), kind])
    model.compile("sgd", **compiled)
    return model


def nested(keras: Any) -> Model:
    layers = keras.layers
    inner = keras.Sequential([layers.Input((8,)), layers.Dense(5, "relu", name="in")])
    top = keras.Sequential([layers.Input((5,)), layers.Dense(2, "softmax", name="out")])
    x = layers.Input((8,))
    model = keras.Model(x, top(inner(x)))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


def my_loss(y: Any, p: Any) -> Any:
    return p - y


def wrapped(keras: Any) -> Model:
    cell = keras.layers.Dense(3, "relu", kernel_initializer="zeros")
    each = keras.layers.TimeDistributed(cell, name="each")
    model = keras.Sequential([keras.layers.Input((5, 2)), each])

    model.compile(keras.optimizers.Adam(3e-4, global_clipnorm=1.0), my_loss)
    return model


BY_NAME = {
    "loss": {"kind": "categorical_crossentropy", "size": "mse"},
    "loss_weights": {"kind": 1.0, "size": 0.5},
    "metrics": {"kind": ["accuracy"], "size": ["mae"]},
}
BY_ORDER = {
    "loss": ["mse", "categorical_crossentropy"],
    "loss_weights": [0.5, 1.0],
    "metrics": [["mae"], ["accuracy"]],
}
TWO = [
    Output("size", "size", "linear", 1, "mean_squared_error", weight=0.5, metrics=("mae",),
           metric_names=("mae",)),
    Output("kind", "kind", "softmax", 2, "categorical_crossentropy", from_logits=False, weight=1.0,
           metrics=("accuracy",), metric_names=("accuracy",)),
]  # fmt: skip
MODELS: dict[str, tuple[Callable[[Any], Model], list[Output]]] = {
    "a Sequential compiled with strings": (
        sequential_with_strings,
        [Output("probabilities", "probabilities", "softmax", 3, "sparse_categorical_crossentropy",
                from_logits=False, metrics=("accuracy",), metric_names=("accuracy",))],
    ),
    "a Sequential compiled with objects": (
        sequential_with_objects,
        [Output("logit", "logit", "linear", 1, "binary_crossentropy", "BinaryCrossentropy",
                from_logits=True, reduction="sum", label_smoothing=0.1,
                metrics=("BinaryAccuracy", "mse", "mae"), metric_names=("right", "mse", "mae"),
                metric_thresholds=(0.5, None, None))],
    ),
    "two outputs, by name": (lambda keras: two_outputs(keras, **BY_NAME), TWO),
    "two outputs, by order": (lambda keras: two_outputs(keras, **BY_ORDER), TWO),
    "one loss for two outputs": (
        lambda keras: two_outputs(keras, loss="mae"),
        [Output("size", "size", "linear", 1, "mean_absolute_error"),
         Output("kind", "kind", "softmax", 2, "mean_absolute_error")],
    ),
    "models in a model": (
        nested,
        [Output("out", "out", "softmax", 2, "categorical_crossentropy", from_logits=False,
                metrics=("accuracy",), metric_names=("accuracy",))],
    ),
    "a wrapper, and a loss of one's own": (wrapped, [Output("each", "each", "relu", 3, "my_loss")]),
}  # fmt: skip


@pytest.mark.training
class TestAsKerasWritesIt:
    @pytest.mark.parametrize(("build", "want"), MODELS.values(), ids=MODELS)
    def test_outputs(self, build: Callable[[Any], Model], want: list[Output]) -> None:
        keras = pytest.importorskip("keras")
        # `keras_model_summary` of `keras.callbacks.TensorBoard` writes `to_json()` and no more.
        found = contract_of(build(keras).to_json().encode())
        assert found is not None
        assert list(found.outputs) == want
        assert found.source == "keras_record"

    def test_layers(self) -> None:
        keras = pytest.importorskip("keras")
        first, drop, last, end = read(json.loads(sequential_with_strings(keras).to_json())).layers
        assert (first.name, first.class_name) == ("a", "Dense")
        assert (first.activation, first.units) == ("relu", 16)
        assert first.kernel_initializer == "GlorotUniform"
        assert first.bias_initializer == "Constant(0.5)"
        assert first.regularizers == ("kernel_regularizer: L2(0.01)",)
        assert (drop.activation, drop.settings["rate"]) == (None, 0.3)
        assert (last.activation, last.trainable, first.trainable) == ("linear", False, True)
        assert [layer.is_output for layer in (first, drop, last, end)] == [False] * 3 + [True]
        inner = read(json.loads(nested(keras).to_json())).layers
        assert [(layer.name, layer.is_output) for layer in inner] == [("in", False), ("out", True)]
        (each,) = read(json.loads(wrapped(keras).to_json())).layers
        assert (each.kernel_initializer, each.settings["use_bias"]) == ("Zeros", True)

    def test_optimizer_and_settings(self) -> None:
        keras = pytest.importorskip("keras")
        found = read(json.loads(sequential_with_objects(keras).to_json()))
        assert (found.model, found.dtype_policy) == ("Sequential", "float32")
        assert (found.run_eagerly, found.steps_per_execution) == (True, 4)
        assert (optimizer := found.optimizer) is not None
        assert (optimizer.class_name, optimizer.schedule) == ("SGD", "ExponentialDecay")
        assert (optimizer.learning_rate, optimizer.clipnorm) == (0.1, 1.0)
        assert optimizer.settings["momentum"] == 0.9
        assert (other := read(json.loads(wrapped(keras).to_json())).optimizer) is not None
        assert (other.class_name, other.schedule, other.global_clipnorm) == ("Adam", None, 1.0)
        assert other.learning_rate == pytest.approx(3e-4)

    def test_through_the_callback_and_the_event_file(self, tmp_path: Path) -> None:
        model = sequential_with_strings(keras := pytest.importorskip("keras"))
        board = keras.callbacks.TensorBoard(str(tmp_path))
        model.fit(np.zeros((8, 8)), np.zeros(8), epochs=2, verbose=0, callbacks=[board])
        run = only(tmp_path)
        assert run.contract == contract_of(model.to_json().encode())
        assert (run.recorded, run.notes) == (False, ())


# --- as others write it -------------------------------------------------------------------------


def test_keras_2() -> None:
    """Keras 2 writes no `compile_config`, and plain names where Keras 3 writes objects."""
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 4]}},
        dense("d", activation="relu", bias_regularizer=None, dtype="float32", kernel_initializer={
            "class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg"}}),
        {"class_name": "Conv2D", "config": {"name": "c", "filters": 7, "activation": "linear"}},
        {"class_name": "Activation", "config": {"name": "a", "activation": "sigmoid"}},
    ]  # fmt: skip
    found = read({**sequential(*layers), "keras_version": "2.11.0"})
    assert [layer.name for layer in found.layers] == ["d", "c", "a"]
    assert found.layers[0].kernel_initializer == "VarianceScaling"
    assert found.versions == {"keras": "2.11.0"}
    assert found.optimizer is None
    assert found.outputs == (Output("a", "a", "sigmoid", 7),)


LOSSES: dict[str, tuple[Any, tuple[str | None, str | None, bool | None]]] = {
    "a short name": ("mse", ("mean_squared_error", None, None)),
    "a name": ("binary_crossentropy", ("binary_crossentropy", None, False)),
    "a class's name": ("KLDivergence", ("kl_divergence", "KLDivergence", None)),
    "a list of one": (["mae"], ("mean_absolute_error", None, None)),
    "by the output's name": ({"out": "bce"}, ("binary_crossentropy", None, False)),
    "for another output": ({"else": "bce"}, (None, None, None)),
    "an object": (serialised("Huber", delta=1.0), ("huber", "Huber", None)),
    "an object of one's own": (serialised("MyLoss"), ("my_loss", "MyLoss", None)),
    "a function": (serialised("function") | {"config": "f"}, ("f", None, None)),
    "of a wrong type": (3, (None, None, None)),
}


@pytest.mark.parametrize(("loss", "want"), LOSSES.values(), ids=LOSSES)
def test_losses(loss: Any, want: tuple[str | None, str | None, bool | None]) -> None:
    (output,) = read(sequential(dense("out"), loss=loss, run_eagerly=False)).outputs
    assert (output.loss, output.loss_class, output.from_logits) == want


def test_a_model_of_ones_own_still_states_its_loss() -> None:
    found = read({"class_name": "Mine", "config": {}, "compile_config": {"loss": "mse"}})
    assert found.outputs == (Output("output", loss="mean_squared_error"),)


# --- untrusted ----------------------------------------------------------------------------------

NO_MODEL: dict[str, bytes] = {
    "nothing": b"", "garbage": b"\xff\xfe\x00{", "half a text": b'{"class_name": "Seq',
    "null": b"null", "a list": b"[]", "a number": b"3", "an empty object": b"{}",
    "deep lists": b"[" * 200_000, "deep objects": b'{"config":' * 200_000,
    "a number of many digits": b'{"compile_config": {"jit_compile": ' + b"9" * 10_000 + b"}}",
    "layers that are none": b'{"class_name": "Sequential", "config": {"layers": {"a": 1}}}',
    "layers without a name for them": b'{"class_name": "Sequential", "config": [{"config": 1}]}',
}  # fmt: skip


@pytest.mark.parametrize("text", NO_MODEL.values(), ids=NO_MODEL)
def test_what_is_no_model(text: bytes) -> None:
    assert contract_of(text) is None


def test_odd_entries_are_left_out_one_by_one() -> None:
    layers = [None, 3, "x", [], {}, {"class_name": 3, "config": "x"}, dense("d", units="many")]
    found = read(sequential(*layers, optimizer=["adam"], metrics=3, loss_weights="x"))
    assert [layer.name for layer in found.layers[:-1]] == [f"layer_{i}" for i in range(6)]
    assert found.layers[-1] == Layer("d", "Dense", is_output=True)
    assert found.optimizer is None


def test_numbers_beyond_a_float_are_unknown() -> None:
    huge, l2 = serialised("Adam", learning_rate=10**400), serialised("L2", l2=10**400)
    found = read(sequential(dense("d", kernel_regularizer=l2), optimizer=huge))
    assert found.optimizer is not None
    assert found.optimizer.learning_rate is None
    assert found.layers[0].regularizers == ("kernel_regularizer: L2",)


def test_no_record_is_too_large() -> None:
    inner: dict[str, Any] = sequential(dense("innermost"))
    for _ in range(100):
        inner = sequential(inner)
    assert contract_of(json.dumps(inner).encode()) is None, "nobody nests a hundred models"
    assert len(read(sequential(*[dense("d")] * (MAX_LAYERS + 9))).layers) == MAX_LAYERS


KEYS = st.sampled_from(
    ["class_name", "config", "layers", "name", "units", "output_layers", "layer", "value", "l2",
     "activation", "kernel_initializer", "bias_regularizer", "loss", "metrics", "learning_rate"]
)  # fmt: skip
TEXTS = st.sampled_from(["Sequential", "Dense", "Softmax", "Reshape", "function", "a", "Constant"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(JSON, JSON, JSON, JSON, st.lists(JSON, max_size=4))
@settings(max_examples=300, deadline=None)
def test_wrong_types_never_raise(
    class_name: Any, config: Any, compiled: Any, ends: Any, layers: list[Any]
) -> None:
    record = {"class_name": class_name, "config": config, "compile_config": compiled}
    contract_of(json.dumps(record).encode())
    record["config"] = {"layers": layers, "output_layers": ends, "dtype": config}
    record["compile_config"] = dict.fromkeys(["loss", "metrics", "optimizer"], compiled)
    contract_of(json.dumps(record).encode())
