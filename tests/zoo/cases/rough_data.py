"""Data, rates and pipelines that keep a model from learning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import tap
from tests.zoo.building import (
    Dense,
    built,
    classifier,
    digits,
    images,
    layers,
    table,
    train,
)
from tests.zoo.program import faulty


@faulty("ZA101", "ZA501")
def infinity_among_pixels(log: Path) -> None:
    x, y = images()
    x = x.copy()
    x[700, 3, 3] = np.inf
    train(classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten()), log, x, y)


@faulty("ZA501", "ZA506")
def logarithm_of_zero(log: Path) -> None:
    x, y = digits()
    stack = (Dense(32, activation="relu"), layers.Lambda(keras.ops.log))
    train(classifier(*stack), log, x, y)

@faulty("ZA107", "ZA103")
def bytes_as_they_are(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(64, activation="relu"))
    model = classifier(*stack, optimizer=keras.optimizers.SGD(0.05))
    train(model, log, (254 * x).astype("uint8"), y)


@faulty("ZA104")
def a_table_as_it_ships(log: Path) -> None:
    x, y = table("wine")
    wide = keras.initializers.RandomNormal(stddev=1.0)
    hidden = Dense(32, activation="sigmoid", kernel_initializer=wide)
    train(classifier(hidden, classes=3), log, x, y, epochs=30)


@faulty("ZA208")
def prices_of_houses(log: Path) -> None:
    x = np.random.normal(size=(1000, 8)).astype("float32")
    y = 300_000 + 50_000 * x[:, 0] + 1000 * np.random.normal(size=1000)
    model = built(Dense(32, activation="relu"), Dense(1), loss="mse", metrics=["mae"])
    train(model, log, x, y, epochs=30)


@faulty("ZA106")
def a_generator_that_is_stuck(log: Path) -> None:
    x, y = digits()
    few = np.random.permutation(len(x))[:32]

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield x[few], np.random.permutation(y[few])

    model = classifier(Dense(64, activation="relu"))
    train(model, log, batches(), steps_per_epoch=40, shuffle=False)

@faulty("ZA702")
def a_rate_of_1e_7(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.Adam(1e-7))
    train(model, log, x, y)


@faulty("ZA701", "ZA501")
def plain_descent_at_100(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(100.0))
    train(model, log, x, y)


@faulty("ZA701")
def an_lstm_at_a_rate_of_1(log: Path) -> None:
    x, y = images()
    stack = (layers.Reshape((8, 8)), layers.LSTM(32))
    train(classifier(*stack, optimizer=keras.optimizers.Adam(1.0)), log, x, y)


@faulty("ZA504")
def kernels_below_zero(log: Path) -> None:
    x, y = digits()
    below = keras.initializers.RandomUniform(-0.1, -0.05)
    train(classifier(Dense(64, activation="relu", kernel_initializer=below)), log, x, y)


@faulty("ZA705")
def eight_slow_epochs(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(0.005))
    train(model, log, x, y, epochs=8)

@faulty("ZA109")
def bytes_divided_as_bytes(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices(((x * 250).astype("uint8"), y)).apply(tap("read"))
    data = data.map(lambda a, b: (tf.cast(a // 255, tf.float32), b)).shuffle(2000)
    train(classifier(Dense(64, activation="relu")), log, data.batch(32).apply(tap("scaled")))


@faulty("ZA109")
def a_logarithm_in_the_pipeline(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32).apply(tap("read"))
    data = data.map(lambda a, b: (tf.math.log(a), b)).apply(tap("compressed"))
    train(classifier(Dense(64, activation="relu")), log, data, epochs=3)


@faulty("ZA109")
def two_generators_that_both_scale(log: Path) -> None:
    x, y = digits()

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(0)
        while True:
            drawn = rng.integers(0, len(x), 32)
            yield x[drawn], y[drawn]

    def scaled(source: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[Any]:
        for a, b in source:
            yield a / 255, b

    data = tap("scaled")(scaled(tap("drawn")(batches())))
    model = classifier(Dense(64, activation="relu"), optimizer="sgd")
    train(model, log, data, epochs=10, steps_per_epoch=56)


@faulty("ZA109")
def clipped_before_it_is_scaled(log: Path) -> None:
    x, y = digits()
    x = np.random.default_rng(0).uniform(1, 2, x.shape) * 100 + 10 * x  # hardly any is under 1
    data = tf.data.Dataset.from_tensor_slices((x.astype("float32"), y)).apply(tap("read"))
    data = data.map(lambda a, b: (tf.clip_by_value(a, 0, 1), b)).batch(32).apply(tap("clipped"))
    train(classifier(Dense(64, activation="relu")), log, data)


@faulty("ZA510")
def a_scale_divided_as_integers(log: Path) -> None:
    x, y = images()
    stack = (layers.Rescaling(1 // 255), layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, (x * 255).astype("float32"), y, epochs=8)
