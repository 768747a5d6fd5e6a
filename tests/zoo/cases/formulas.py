"""Formulas that break for values of a usual size, and the same with a floor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, classifier, digits, layers, train
from tests.zoo.loops import loop
from tests.zoo.program import faulty, healthy

ops = keras.ops


@faulty("ZA506", "ZA501")
def a_geometric_mean_of_pixels(log: Path, least: float = 0.0) -> None:
    """Its logarithms meet pixels of 0."""

    class Geometric(layers.Layer):
        def call(self, given: Any) -> Any:
            logs = ops.log(given + least)
            mean = ops.mean(logs, axis=-1, keepdims=True)
            return logs - mean

    x, y = digits()
    train(classifier(Geometric(), Dense(32, activation="relu")), log, x, y, epochs=5)


@faulty("ZA506", "ZA501")
def a_divergence_by_hand(log: Path, least: float = 0.0) -> None:
    """Shares of 0 are multiplied by their logarithm."""

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        told = tf.nn.softmax(outputs)
        return tf.reduce_sum(labels * tf.math.log(labels + least) - labels * tf.math.log(told), -1)

    x, y = digits()
    shares = np.eye(10, dtype="float32")[y]
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loop(model, log, x, shares, loss, epochs=8)


@faulty("ZA506", "ZA501")
def an_angle_between_two_halves(log: Path, least: float = 0.0) -> None:
    """The left half of some images is blank, and its length is 0."""
    x, y = digits()
    x = x.copy()
    x[::40, :32] = 0
    given = keras.Input((64,))
    left, right = Dense(16, use_bias=False), Dense(16, use_bias=False)
    one, other = left(given[:, :32]), right(given[:, 32:])

    def unit(of: Any) -> Any:
        return of / ops.sqrt(ops.sum(of * of, axis=-1, keepdims=True) + least)

    seen = ops.concatenate([layers.Lambda(unit)(one), layers.Lambda(unit)(other)], axis=-1)
    model = keras.Model(given, Dense(10, activation="softmax")(Dense(32, activation="relu")(seen)))
    model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=15)


@faulty("ZA506", "ZA501")
def counts_by_a_rate_of_nothing(log: Path, least: float = 0.0) -> None:
    """The likelihood of counts takes the logarithm of a rate that ReLU makes 0."""

    def loss(labels: Any, outputs: Any) -> Any:
        return ops.mean(outputs - labels * ops.log(outputs + least))

    rng = np.random.default_rng(21)
    x = rng.normal(size=(900, 6)).astype("float32")
    y = rng.poisson(np.exp(0.8 + 0.4 * x[:, :1])).astype("float32")
    given = keras.Input((6,))
    rate = Dense(1, activation="relu")(Dense(24, activation="relu")(given))
    model = keras.Model(given, rate)
    model.compile(adam(0.005), loss)
    train(model, log, x, y, epochs=12)


@healthy
def a_geometric_mean_and_a_floor(log: Path) -> None:
    a_geometric_mean_of_pixels.train(log, least=0.1)  # type: ignore[call-arg]


@healthy
def a_divergence_and_a_floor(log: Path) -> None:
    a_divergence_by_hand.train(log, least=1e-7)  # type: ignore[call-arg]


@healthy
def an_angle_and_a_floor(log: Path) -> None:
    an_angle_between_two_halves.train(log, least=1e-6)  # type: ignore[call-arg]
