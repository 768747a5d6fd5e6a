"""Where the user has made all warnings errors, recording is the same as elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import diagnose, facts, tap
from tests.keras.loop import loops
from tests.keras.models import classes, features, recorder
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(48)
Y = classes(X)
WITH_INFINITE = X.copy()
WITH_INFINITE[17, 0] = np.inf


def dataset(x: np.ndarray = X) -> Any:
    found = tf.data.Dataset.from_tensor_slices((x, Y)).apply(tap("loaded"))
    return found.map(lambda a, b: (2 * a, b)).apply(tap("scaled")).batch(12)


def sequences() -> Any:
    ragged = tf.RaggedTensor.from_row_lengths(X, [1, 3] * 12)
    return tf.data.Dataset.from_tensor_slices((ragged, Y[:24])).batch(12)


def dense(library: Any, **compiled: Any) -> Any:
    """Dense, normalised, softmax over 3, of either generation of Keras."""
    library.utils.set_random_seed(7)
    model = library.Sequential(
        [
            library.layers.Input((6,)),
            library.layers.Dense(8, activation="relu"),
            library.layers.BatchNormalization(),
            library.layers.Dense(3, activation="softmax", dtype="float32"),
        ]
    )
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", **compiled})
    return model


def pooling() -> Any:
    model = keras.Sequential(
        [
            keras.layers.Input((None, 6)),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def of_keras_2() -> Any:
    return dense(pytest.importorskip("tf_keras"))


def scheduled() -> Any:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 4, 0.9)
    return dense(keras, optimizer=keras.optimizers.Adam(schedule))


WAYS: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "a graph": (lambda: dense(keras), dataset, "float32"),
    "eager": (lambda: dense(keras, run_eagerly=True), dataset, "float32"),
    "steps in one execution": (lambda: dense(keras, steps_per_execution=2), dataset, "float32"),
    "a schedule": (scheduled, dataset, "float32"),
    "mixed precision": (lambda: dense(keras), dataset, "mixed_float16"),
    "ragged inputs": (pooling, sequences, "float32"),
    "infinite inputs": (lambda: dense(keras), lambda: dataset(WITH_INFINITE), "float32"),
    "Keras 2": (of_keras_2, dataset, "float32"),
}


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Of the oldest Keras 2 itself, as it draws a seed.
        warnings.filterwarnings("ignore", "non-integer arguments to randrange")
        yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.mark.parametrize("way", WAYS)
def test_of_fit(way: str, tmp_path: Path) -> None:
    build, data, policy = WAYS[way]
    keras.mixed_precision.set_global_policy(policy)
    callback = recorder(tmp_path)
    asked = {"epochs": 2, "shuffle": False, "verbose": 0}  # Keras warns of what it does not shuffle
    build().fit(data(), validation_data=data(), callbacks=[callback], **asked)
    assert not callback.turned_off
    epochs = read(tmp_path).facts(facts.Epoch)
    assert [epoch.learning_rate is None for epoch in epochs] == [False, False]
    failed = {
        code: answer
        for code, answer in diagnose(str(tmp_path))[0].checks.items()
        if "failed on this run" in getattr(answer, "reason", "")
    }
    assert not failed


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_of_a_loop_of_ones_own(graph: bool, tmp_path: Path) -> None:
    loops.train(tmp_path, graph=graph, build=lambda: dense(keras))
    assert [epoch.learning_rate for epoch in read(tmp_path).facts(facts.Epoch)] == [
        pytest.approx(0.001)
    ] * 2
