"""Batches that are unlike the others, or too small, and small ones that learn."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    adam,
    breast_cancer,
    built,
    classifier,
    diabetes,
    digits,
    images,
    layers,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty, healthy


@faulty("ZA508", beside=("ZA709", "ZA502", "ZA208"))
def some_salaries_in_pence(log: Path, factor: float = 300.0) -> None:
    x, y = diabetes()
    y = y.copy()
    y[::90] *= factor
    stack = (Dense(24, activation="relu"), Dense(1))
    sgd = keras.optimizers.SGD(0.0005)
    model = built(*stack, loss="mse", optimizer=sgd, metrics=["mae"])
    train(model, log, x, y, batch_size=32, epochs=20)


@faulty("ZA508", beside=("ZA709", "ZA502", "ZA701"))
def a_few_patients_count_four_thousand_times(log: Path, heavy: float = 4000.0) -> None:
    x, y = breast_cancer()
    weights = np.ones(len(y), "float32")
    weights[::190] = heavy
    stack = (Dense(24, activation="relu"), Dense(1, activation="sigmoid"))
    sgd = keras.optimizers.SGD(0.02, momentum=0.9)
    model = built(*stack, loss="binary_crossentropy", optimizer=sgd)
    train(model, log, x, y, sample_weight=weights, epochs=12)


@faulty("ZA508", beside=("ZA709", "ZA501", "ZA502", "ZA103", "ZA104", "ZA701"))
def rows_of_another_unit(log: Path, factor: float = 60.0) -> None:
    """A few rows came from a site that counts seconds where the others count minutes."""
    x, y = diabetes()
    x = x.copy()
    x[::120] *= factor
    stack = (Dense(16, activation="relu"), Dense(1))
    sgd = keras.optimizers.SGD(0.01)
    model = built(*stack, loss="mse", optimizer=sgd, metrics=["mae"])
    train(model, log, x, y, batch_size=16, epochs=12)


@faulty("ZA508", beside=("ZA709", "ZA502", "ZA208"))
def a_loop_over_a_few_typing_errors(log: Path, factor: float = 200.0) -> None:
    rng = np.random.default_rng(12)
    x = rng.normal(size=(1200, 6)).astype("float32")
    y = (x[:, :1] - x[:, 1:2]).astype("float32")
    y[::170] *= factor
    model = keras.Sequential([Dense(32, activation="relu"), Dense(1)])
    sgd = keras.optimizers.SGD(0.002)
    loop(model, log, x, y, lambda a, b: tf.square(a - b), optimizer=sgd, epochs=12)


@faulty("ZA709", beside=("ZA701",))
def two_rows_and_a_momentum(log: Path, batch: int = 2) -> None:
    x, y = diabetes()
    stack = (Dense(24, activation="relu"), Dense(1))
    sgd = keras.optimizers.SGD(0.012, momentum=0.9)
    model = built(*stack, loss="mse", optimizer=sgd, metrics=["mae"])
    train(model, log, x, y, batch_size=batch, epochs=8, validation_split=0.2)


@faulty("ZA709", beside=("ZA701",))
def one_digit_a_step(log: Path, batch: int = 1) -> None:
    x, y = digits()
    model = classifier(Dense(32, activation="relu"), optimizer=keras.optimizers.SGD(0.6))
    train(model, log, x[:700], y[:700], batch_size=batch, epochs=5)


@faulty("ZA709", beside=("ZA701",))
def three_series_a_batch(log: Path, batch: int = 3) -> None:
    rng = np.random.default_rng(15)
    x = rng.normal(size=(600, 12, 1)).astype("float32")
    y = (x[:, :, 0].sum(axis=1) + 3 * rng.normal(size=600) > 0).astype("int32")
    stack = (layers.LSTM(10), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(0.08))
    train(model, log, x, y, batch_size=batch, epochs=6)


@faulty("ZA709", beside=("ZA701",))
def a_loop_of_four_images(log: Path, batch: int = 4) -> None:
    x, y = images()
    stack = [
        layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(32, activation="relu"),
        Dense(10),
    ]  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = keras.Sequential(stack)
    loop(model, log, x[:900], y[:900], loss, optimizer=adam(0.1), batch=batch, epochs=5)


@healthy
def four_rows_a_batch_at_a_low_rate(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1))
    sgd = keras.optimizers.SGD(0.002, momentum=0.9)
    model = built(*stack, loss="mse", optimizer=sgd, metrics=["mae"])
    train(model, log, x, y, batch_size=4, epochs=12, validation_split=0.2)


@healthy
def one_digit_a_step_and_a_low_rate(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(32, activation="relu"), optimizer=keras.optimizers.SGD(0.02))
    train(model, log, x[:700], y[:700], batch_size=1, epochs=6)


@healthy
def a_weak_signal_in_small_batches(log: Path) -> None:
    """Most of what is asked is noise, so that the loss stays high in health."""
    rng = np.random.default_rng(17)
    x = rng.normal(size=(900, 5)).astype("float32")
    y = (x @ np.array([1.0, -1.0, 0.5, 0.0, 0.0]) + 1.5 * rng.normal(size=900)).astype("float32")
    stack = (Dense(8, activation="relu"), Dense(1))
    model = built(*stack, loss="mse", optimizer=adam(0.002), metrics=["mae"])
    train(model, log, x, y, batch_size=4, epochs=10, validation_split=0.2)


@healthy
def prices_with_a_long_tail(log: Path) -> None:
    """A few are far above the others, and the logarithm of all is learned."""
    rng = np.random.default_rng(18)
    x = rng.normal(size=(1000, 6)).astype("float32")
    prices = np.exp(1.5 * x[:, 0] - x[:, 1] + 0.3 * rng.normal(size=1000))
    stack = (Dense(24, activation="relu"), Dense(1))
    model = built(*stack, loss="mse", optimizer=adam(0.005), metrics=["mae"])
    train(model, log, x, np.log(prices).astype("float32"), epochs=15, validation_split=0.2)
