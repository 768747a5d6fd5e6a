"""Keras 2 (`tf_keras`) in `fit`: the same record as of Keras 3, and training as without us."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tb_zeroacc import facts
from tb_zeroacc.keras.observe.patches import is_patched
from tests.keras.models import BEFORE_3_7, features, matrix, recorder, weights
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
X = features(48)
Y = X[:, :3].argmax(axis=1).astype("int32")
IMAGES = features(48, 128).reshape(48, 8, 8, 2)
TOKENS = np.random.default_rng(0).integers(0, 9, (48, 5)).astype("int32")
WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": True},
    "two steps at once": {"steps_per_execution": 2},
}
# Both generations have these columns; what a row is called differs by the layers around it.
KINDS = ("loss", "activations", "gradients", "weights", "inputs", "labels", "outputs", "progress")


def mlp(k: Any) -> Any:
    return k.Sequential(
        [
            k.layers.Input((6,)),
            k.layers.Dense(8, activation="relu", name="first"),
            k.layers.BatchNormalization(name="norm"),
            k.layers.Dense(3, activation="softmax", name="out"),
        ],
        name="net",
    )


def cnn(k: Any) -> Any:
    return k.Sequential(
        [
            k.layers.Input((8, 8, 2)),
            k.layers.Conv2D(4, 3, activation="relu", name="conv"),
            k.layers.MaxPooling2D(name="pool"),
            k.layers.Flatten(name="flat"),
            k.layers.Dense(3, activation="softmax", name="out"),
        ],
        name="net",
    )


def lstm(k: Any) -> Any:
    return k.Sequential(
        [
            k.layers.Input((5,), dtype="int32"),
            k.layers.Embedding(9, 4, name="embedding"),
            k.layers.LSTM(4, name="lstm"),
            k.layers.Dense(3, activation="softmax", name="out"),
        ],
        name="net",
    )


def two_outputs(k: Any) -> Any:
    given = k.Input((6,), name="given")
    hidden = k.layers.Dense(8, activation="tanh", name="hidden")(given)
    a = k.layers.Dense(3, activation="softmax", name="a")(hidden)
    b = k.layers.Dense(3, activation="softmax", name="b")(hidden)
    return k.Model(given, [a, b], name="net")


MODELS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "an MLP": (mlp, X), "a CNN": (cnn, IMAGES), "an LSTM": (lstm, TOKENS),
    "two outputs": (two_outputs, X),
}  # fmt: skip


ROWS = matrix(MODELS, WAYS, once=lambda name, way: way == "graph" or name == "an MLP")


def made(k: Any, name: str, **compiled: Any) -> tuple[Any, Any, Any]:
    """A compiled model of one generation, its inputs and its labels; the same weights in both."""
    build, x = MODELS[name]
    k.utils.set_random_seed(3)
    model = build(k)
    fill = np.random.default_rng(5)
    model.set_weights(
        [fill.normal(0.0, 0.3, w.shape).astype("float32") + (w == 1) for w in model.get_weights()]
    )
    several = len(model.outputs) > 1
    loss = ["sparse_categorical_crossentropy"] * len(model.outputs)
    compiled = {
        "optimizer": k.optimizers.SGD(0.1),
        "loss": loss if several else loss[0],
        **compiled,
    }
    model.compile(**compiled)
    return model, x, [Y, Y] if several else Y


def fitted(model: Any, x: Any, y: Any, log_dir: Path | None, **options: Any) -> Any:
    callbacks = [] if log_dir is None else [recorder(log_dir, every=1)]
    options = {"epochs": 2, "batch_size": 12, "shuffle": False, "verbose": 0, **options}
    history = model.fit(x, y, callbacks=callbacks, **options)
    for callback in callbacks:
        assert not callback.turned_off, "a part of the recorder was turned off"
    return history


def short(row: str) -> str:
    """Keras 3 begins a variable's name with that of a model built before its first step."""
    return row.removeprefix("net/")


def told(layer: facts.Layer) -> tuple[Any, ...]:
    """What both generations say of a layer; each has settings of its own beside."""
    return (
        *(layer.name, layer.class_name, layer.activation, layer.units, layer.parameters),
        *(layer.is_output, layer.trainable, tuple(map(short, layer.variables))),
    )


@pytest.mark.skipif(
    BEFORE_3_7,
    reason="before Keras 3.7 the losses of each output were told otherwise",
)
@pytest.mark.parametrize(("name", "way"), ROWS)
def test_the_record_is_that_of_keras_3(name: str, way: str, tmp_path: Path) -> None:
    logs: list[Log] = []
    for k in (keras, tf_keras):
        model, x, y = made(k, name, **WAYS[way])
        fitted(model, x, y, tmp_path / k.__name__)
        logs.append(read(tmp_path / k.__name__))
    three, two = logs
    for kind in KINDS:
        assert two.steps(kind) == three.steps(kind) == list(range(8)), kind
        for theirs, ours in zip(three.tables[kind], two.tables[kind], strict=True):
            if kind != "progress":
                assert ours.layout.columns == theirs.layout.columns
                rows = tuple(map(short, theirs.layout.rows))
                # An eager first step of Keras 3 does not show the loss of each output.
                assert ours.layout.rows[: len(rows)] == rows
                np.testing.assert_allclose(
                    ours.values[: len(rows)], theirs.values, rtol=2e-3, atol=1e-5,
                    err_msg=f"{kind} at step {ours.step}",
                )  # fmt: skip
    assert list(map(told, two.contract().layers)) == list(map(told, three.contract().layers))
    assert two.contract().outputs == three.contract().outputs
    assert two.contract().versions["keras"] == tf_keras.__version__


@pytest.mark.parametrize(("name", "way"), ROWS)
def test_training_is_the_same_to_the_bit(name: str, way: str, tmp_path: Path) -> None:
    found, histories = [], []
    for log_dir in (tmp_path, None):
        model, x, y = made(tf_keras, name, metrics=None, **WAYS[way])
        histories.append(fitted(model, x, y, log_dir, validation_split=0.25).history)
        found.append((weights(model), int(model._train_counter.numpy())))
    assert found[0] == found[1]
    assert histories[0] == histories[1]


def test_a_loss_scale_and_the_steps_it_leaves_out(tmp_path: Path) -> None:
    tf_keras.utils.set_random_seed(1)
    model = tf_keras.Sequential([tf_keras.layers.Dense(1, name="out", dtype="mixed_float16")])
    inner = tf_keras.optimizers.SGD(0.01)
    optimizer = tf_keras.mixed_precision.LossScaleOptimizer(inner, initial_scale=2.0**20)
    model.compile(optimizer, "mse")
    fitted(model, X, X[:, :1], tmp_path, epochs=4)
    log = read(tmp_path)
    scales = [table("loss", "loss_scale") for table in log.tables["loss"]]
    assert scales[0] == 2.0**20
    assert min(scales) < scales[0]
    skipped = log.tables["progress"][-1]("progress", "skipped_steps")
    assert skipped == len(scales) - inner.iterations.numpy()
    last = log.tables["gradients"][-1]
    assert 0.0 < last(last.layout.rows[0], "rms") < 100.0  # unscaled


def test_the_rate_of_a_schedule_is_that_of_the_step(tmp_path: Path) -> None:
    schedule = tf_keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.1, 0.01])
    model, x, y = made(tf_keras, "an MLP", optimizer=tf_keras.optimizers.SGD(schedule))
    fitted(model, x, y, tmp_path)
    rates = [table("loss", "learning_rate") for table in read(tmp_path).tables["loss"]]
    np.testing.assert_allclose(rates, [0.1] * 4 + [0.01] * 4)


def test_a_fit_that_is_stopped_says_by_whom(tmp_path: Path) -> None:
    model, x, y = made(tf_keras, "an MLP")
    stop = tf_keras.callbacks.EarlyStopping(monitor="loss", min_delta=9.0, patience=1)
    model.fit(x, y, epochs=9, batch_size=12, verbose=0, callbacks=[recorder(tmp_path), stop])
    end = read(tmp_path).end()
    assert (end.how, end.by) == ("stopped", "EarlyStopping")


def test_after_fit_the_model_is_saved_and_used(tmp_path: Path) -> None:
    model, x, y = made(tf_keras, "a CNN")
    fitted(model, x, y, tmp_path / "log")
    assert untouched(model)
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "saved_model")
    expected = model.predict(x, verbose=0)
    for name in ("model.keras", "saved_model"):
        loaded = tf_keras.models.load_model(tmp_path / name)
        np.testing.assert_array_equal(loaded.predict(x, verbose=0), expected)
    tf_keras.models.clone_model(model)


def untouched(model: Any) -> bool:
    """Whether no hook is left on a model, its layers, its loss or its optimizer."""
    loss = model.compiled_loss
    held = [model, model.optimizer, loss, *loss.metrics, *model._flatten_layers()]
    functions = type(model.train_function), type(model.test_function)
    return not any(is_patched(thing, name) for thing in held for name in vars(thing)) and not any(
        function.__module__.startswith("tb_zeroacc") for function in functions
    )
