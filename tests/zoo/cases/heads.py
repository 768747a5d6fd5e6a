"""Programs with several outputs, of which one fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, digits, images, layers, train
from tests.zoo.program import faulty


def _two_heads(kind: Any, size: Any, width: int = 48) -> keras.Model:
    """Digits: which one it is, and how dark it is."""
    given = keras.Input((64,))
    hidden = Dense(width, activation="relu")(given)
    return keras.Model(given, {"kind": kind(hidden), "dark": size(hidden)})


def _kind() -> layers.Layer:
    return Dense(10, activation="softmax", name="kind")


def _labels() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    x, y = digits()
    dark = x.mean(axis=1)
    return x, {"kind": y, "dark": ((dark - dark.mean()) / dark.std())[:, None]}


@faulty("ZA405", "ZA208")
def grams_beside_a_class(log: Path, unit: float = 1e4) -> None:
    """The squares of what is told in grams drown the cross-entropy of the class."""
    x, y = _labels()
    model = _two_heads(_kind(), Dense(1, name="dark"))
    model.compile(
        keras.optimizers.SGD(1e-3, clipnorm=1.0),
        {"kind": "sparse_categorical_crossentropy", "dark": "mse"},
        metrics={"kind": "accuracy"},
    )
    train(model, log, x, {**y, "dark": unit * y["dark"]})


@faulty("ZA405")
def a_head_whose_weight_is_nothing(log: Path, weight: float = 0.0) -> None:
    x, y = _labels()
    model = _two_heads(_kind(), Dense(1, name="dark"))
    model.compile(
        adam(0.003), {"kind": "sparse_categorical_crossentropy", "dark": "mse"},
        loss_weights={"kind": weight, "dark": 1.0}, metrics={"kind": "accuracy"},
    )  # fmt: skip
    train(model, log, x, y)


@faulty("ZA303")
def one_head_lost_its_softmax(log: Path) -> None:
    x, y = _labels()
    model = _two_heads(Dense(10, name="kind"), Dense(1, name="dark"))
    model.compile(
        adam(0.003), {"kind": "sparse_categorical_crossentropy", "dark": "mse"},
        metrics={"kind": "accuracy", "dark": "mae"},
    )  # fmt: skip
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA307")
def relu_on_the_head_of_numbers(log: Path, told: str | None = "relu") -> None:
    x, y = _labels()
    model = _two_heads(_kind(), Dense(1, activation=told, name="dark"))
    model.compile("adam", {"kind": "sparse_categorical_crossentropy", "dark": "mae"})
    data = tf.data.Dataset.from_tensor_slices((x, {**y, "dark": y["dark"] - 1}))
    train(model, log, data.shuffle(1797).batch(32))


@faulty("ZA401")
def accuracy_of_the_head_of_numbers(log: Path) -> None:
    x, y = _labels()
    model = _two_heads(_kind(), Dense(1, name="dark"))
    model.compile(
        adam(0.003), {"kind": "sparse_categorical_crossentropy", "dark": "mse"},
        metrics={"kind": ["accuracy"], "dark": ["accuracy"]},
    )  # fmt: skip
    train(model, log, x, y)


@faulty("ZA206", "ZA405")
def labels_of_one_head_from_another_file(log: Path) -> None:
    x, y = _labels()
    given = keras.Input((64,))
    hidden = Dense(48, activation="relu")(given)
    other = Dense(3, activation="softmax", name="writer")(hidden)
    model = keras.Model(given, [_kind()(hidden), other])
    loss = ["sparse_categorical_crossentropy", "sparse_categorical_crossentropy"]
    model.compile(adam(0.003), loss, metrics=["accuracy", "accuracy"])
    writers = np.random.default_rng(1).integers(0, 3, len(x))
    train(model, log, x, [y["kind"], writers], epochs=20, validation_split=0.2)


@faulty("ZA202")
def one_head_with_one_answer(log: Path) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(given))
    broken = Dense(1, activation="sigmoid", name="broken")(seen)
    model = keras.Model(given, {"kind": _kind()(seen), "broken": broken})
    model.compile(
        "adam",
        {"kind": "sparse_categorical_crossentropy", "broken": "binary_crossentropy"},
        metrics={"kind": "accuracy"},
    )
    train(model, log, x, {"kind": y, "broken": np.zeros((len(y), 1), "float32")}, epochs=8)


@faulty("ZA208", "ZA303", also=("ZA208", "ZA303"))
def one_head_in_cents_and_one_of_logits(log: Path) -> None:
    x, y = _labels()
    model = _two_heads(Dense(10, name="kind"), Dense(1, name="dark"))
    model.compile(
        "adam",
        {"kind": "sparse_categorical_crossentropy", "dark": "mse"},
        metrics={"kind": "accuracy"},
    )
    train(model, log, x, {**y, "dark": 1e6 * (y["dark"] + 30)})
