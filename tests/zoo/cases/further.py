"""Further guises of faults that few other programs show."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, breast_cancer, built, diabetes, digits, layers, train
from tests.zoo.program import faulty


@faulty("ZA105")
def gaps_filled_with_their_mean(log: Path) -> None:
    """What was measured is missing in this export; what is left are the numbers of the rows."""
    x, y = breast_cancer()
    rng = np.random.default_rng(4)
    filled = np.repeat(x.mean(axis=0, keepdims=True), len(x), axis=0)
    export = np.concatenate([filled, rng.normal(size=(len(x), 3))], axis=1).astype("float32")
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, export, y, epochs=10)


@faulty("ZA315", beside=("ZA701", "ZA501"))
def absolute_errors_of_a_whole_batch(log: Path) -> None:
    x, y = diabetes()
    y = ((y - y.mean()) / y.std()).astype("float32")
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(442).batch(64)
    given = keras.Input((10,))
    hidden = Dense(32, activation="relu")(layers.BatchNormalization()(given))
    model = keras.Model(given, Dense(1)(hidden))
    huber = keras.losses.Huber(delta=5.0, reduction="sum")
    model.compile(keras.optimizers.SGD(0.1), huber)
    train(model, log, data, epochs=12)


@faulty("ZA405", "ZA206")
def a_second_head_of_another_shuffle(log: Path) -> None:
    """The parity was computed from labels that had been shuffled once more."""
    x, y = digits()
    odd = np.random.default_rng(5).permutation(y % 2)
    given = keras.Input((64,))
    hidden = Dense(64, activation="relu")(given)
    outputs = {
        "digit": Dense(10, activation="softmax", name="digit")(hidden),
        "odd": Dense(1, activation="sigmoid", name="odd")(hidden),
    }
    model = keras.Model(given, outputs)
    model.compile(
        adam(0.003), {"digit": "sparse_categorical_crossentropy", "odd": "binary_crossentropy"},
        metrics={"digit": "accuracy", "odd": "accuracy"},
    )  # fmt: skip
    train(model, log, x, {"digit": y, "odd": odd}, epochs=12, validation_split=0.2)
