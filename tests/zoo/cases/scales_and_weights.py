"""Programs whose targets are far too large, or whose examples weigh what they should not."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    breast_cancer,
    built,
    classifier,
    diabetes,
    digits,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty


@faulty("ZA208")
def seconds_since_1970(log: Path, unit: float = 1.0) -> None:
    x = np.random.default_rng(9).normal(size=(900, 5)).astype("float32")
    y = (1.6e9 + 4e7 * x[:, :1] - 2e7 * x[:, 1:2]) / unit
    model = keras.Sequential([Dense(32, activation="relu"), Dense(1)])
    loop(model, log, x, y.astype("float32"), keras.losses.MeanSquaredError(), epochs=12)


@faulty("ZA208")
def inhabitants_of_countries(log: Path) -> None:
    x = np.random.default_rng(10).normal(size=(1000, 6)).astype("float32")
    y = (1e7 * np.exp(x[:, 0] + 0.3 * x[:, 1])).astype("float32")
    given = keras.Input((6,))
    model = keras.Model(given, Dense(1)(Dense(32, activation="tanh")(given)))
    model.compile("rmsprop", "mae")
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000).batch(32))


@faulty("ZA210")
def a_mask_the_wrong_way_round(log: Path) -> None:
    x, y = digits()
    is_known = np.ones(len(y), "float32")
    train(classifier(Dense(64, activation="relu")), log, x, y, sample_weight=1 - is_known)


@faulty("ZA210")
def class_weights_divided_as_integers(log: Path) -> None:
    x, y = breast_cancer()
    counts = np.bincount(y).tolist()
    weights = {kind: 1 // count for kind, count in enumerate(counts)}
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, class_weight=weights)


@faulty("ZA210")
def weights_that_lose_their_fraction(log: Path) -> None:
    x, y = diabetes()
    trust = np.random.default_rng(11).uniform(0.1, 0.9, len(y))
    data = tf.data.Dataset.from_tensor_slices((x, y, trust))
    data = data.map(lambda a, b, w: (a, b, tf.cast(tf.cast(w, tf.int32), tf.float32)))
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", metrics=["mae"])
    train(model, log, data.shuffle(442).batch(32))


@faulty("ZA212", beside=("ZA203",))
def weighed_by_how_many_there_are(log: Path, power: int = 1) -> None:
    rng = np.random.default_rng(12)
    y = (rng.uniform(size=2000) < 0.08).astype("int32")
    x = (rng.normal(size=(2000, 6)) + y[:, None]).astype("float32")
    weights = {kind: (count / 1000.0) ** power for kind, count in enumerate(np.bincount(y))}
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", metrics=["accuracy", "recall"])
    train(model, log, x, y, class_weight=weights)
