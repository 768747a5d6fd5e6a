"""One class that is right, or several labels at once, and outputs that are made for the other."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    adam,
    built,
    classifier,
    digits,
    images,
    layers,
    standardised,
    table,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty, healthy


def _traits(y: np.ndarray) -> np.ndarray:
    """Five traits of a digit, 2.2 of which it has on average; (examples, 5)."""
    sets = ([0, 2, 4, 6, 8], [5, 6, 7, 8, 9], [0, 6, 8, 9], [2, 3, 5, 7], [1, 4, 7])
    return np.stack([np.isin(y, some) for some in sets], axis=1).astype("float32")


def _tags(several: float) -> tuple[np.ndarray, np.ndarray]:
    """Eight tags of 20 numbers: the largest of eight directions, and for a share the second."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2000, 20)).astype("float32")
    order = np.argsort(x @ rng.normal(size=(20, 8)), axis=1)
    y = np.eye(8, dtype="float32")[order[:, -1]]
    more = rng.random(len(x)) < several
    y[more] += np.eye(8, dtype="float32")[order[more, -2]]
    return x, y


# --- several labels at once, and units that compete -----------------------------------------------


@faulty("ZA305")
def traits_that_compete_in_a_softmax(log: Path) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(given))
    model = keras.Model(given, layers.Softmax()(Dense(5)(seen)))
    model.compile("adam", keras.losses.BinaryCrossentropy(), metrics=["binary_accuracy"])
    train(model, log, x, _traits(y), epochs=12)


@faulty("ZA305")
def two_tags_of_which_one_may_be_right(log: Path) -> None:
    """Every example has two tags, and the loss makes their logits compete."""
    x, y = _tags(1.0)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    loop(keras.Sequential([Dense(32, activation="relu"), Dense(8)]), log, x, y, loss, epochs=8)


@faulty("ZA305")
def sigmoids_for_traits_and_a_loss_for_one(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, _traits(y))).shuffle(1797).batch(64)
    model = built(
        Dense(64, activation="relu"), Dense(5, activation="sigmoid"), optimizer=adam(0.003),
        loss="categorical_crossentropy", metrics=["binary_accuracy"],
    )  # fmt: skip
    train(model, log, data)


@faulty("ZA305")
def tags_in_a_row_of_a_recurrence(log: Path) -> None:
    x, y = images()
    model = classifier(
        layers.GRU(24), classes=5, loss="categorical_crossentropy", optimizer=adam(0.003)
    )
    train(model, log, x[..., 0], _traits(y), epochs=8, validation_split=0.2)


# --- one class, and units that are asked one by one -----------------------------------------------


@faulty("ZA305")
def sigmoids_for_the_kind_of_iris(log: Path) -> None:
    x, y = table("iris")
    model = built(
        Dense(16, activation="tanh"), Dense(3, activation="sigmoid"), optimizer=adam(0.01),
        loss="categorical_crossentropy",
    )  # fmt: skip
    train(model, log, standardised(x), keras.utils.to_categorical(y), epochs=20)


@faulty("ZA305")
def a_sigmoid_behind_a_recurrence(log: Path) -> None:
    x, y = images()
    model = keras.Sequential([layers.LSTM(24), Dense(10), layers.Activation("sigmoid")])
    model.compile(adam(0.005), keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    train(model, log, x[..., 0], y, epochs=10, validation_split=0.2)


@faulty("ZA305", "ZA103")
def sigmoids_that_all_say_one(log: Path) -> None:
    """Of bytes the logits are so large that several sigmoids are 1, and the largest is a draw."""
    x, y = digits()
    train(built(Dense(64, activation="relu"), Dense(10, activation="sigmoid")), log, 255 * x, y,
          epochs=8)  # fmt: skip


# --- as it should be ------------------------------------------------------------------------------


@healthy
def tags_that_hardly_ever_meet(log: Path) -> None:
    """Several may be right, and for 97 of 100 examples one is."""
    x, y = _tags(0.03)
    model = built(
        Dense(64, activation="relu"), Dense(8, activation="sigmoid"), optimizer=adam(0.005),
        loss="binary_crossentropy", metrics=["binary_accuracy"],
    )  # fmt: skip
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def traits_of_which_some_have_none(log: Path) -> None:
    x, y = images()
    traits = _traits(y)[:, 2:]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(3))
    metrics = [keras.metrics.BinaryAccuracy(threshold=0.0)]
    train(built(*stack, loss=loss, metrics=metrics), log, x, traits, validation_split=0.2)


@healthy
def two_tags_that_share_what_is_right(log: Path) -> None:
    """Rows that sum to 1: a softmax learns that each of two tags has a half."""
    x, y = _tags(0.5)
    y = y / y.sum(axis=1, keepdims=True)
    model = classifier(
        Dense(64, activation="relu"), classes=8, loss="categorical_crossentropy",
        optimizer=adam(0.005),
    )  # fmt: skip
    train(model, log, x, y, epochs=20, validation_split=0.2)
