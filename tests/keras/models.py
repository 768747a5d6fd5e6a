"""Small models and data that tests train for a few steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_zeroacc import ZeroAccuracyCallback

layers = keras.layers
BEFORE_3_7 = tuple(map(int, keras.__version__.split(".")[:2])) < (3, 7)


def matrix(*axes: Iterable[str], once: Callable[..., bool]) -> list[Any]:
    """Every combination as parameters; those that `once` leaves out run with the long tests.

    Args:
        *axes: Names, of models and ways to train, say.
        once: Whether a combination is needed to see every behaviour once.
    """
    return [
        pytest.param(*row, marks=[] if once(*row) else [pytest.mark.long])
        for row in itertools.product(*axes)
    ]


def features(examples: int = 64, width: int = 6, seed: int = 0) -> np.ndarray:
    """Standard normal inputs, float32 of shape (examples, width)."""
    return np.random.default_rng(seed).normal(size=(examples, width)).astype("float32")


def classes(x: np.ndarray, count: int = 3) -> np.ndarray:
    """Class ids that depend on the inputs, int32 of shape (examples,)."""
    return x[:, :count].argmax(axis=1).astype("int32")


def mlp(*, units: int = 3, metrics: Any = ("accuracy",), **compiled: Any) -> keras.Model:
    """Dense 8 ReLU, dropout, batch normalisation, Dense 8 tanh, softmax; seeded."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(8, activation="relu", name="first"),
            layers.Dropout(0.25),
            layers.BatchNormalization(name="norm"),
            layers.Dense(8, activation="tanh", name="second"),
            layers.Dense(units, activation="softmax", name="out"),
        ],
        name="net",
    )
    compiled = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam", **compiled}
    model.compile(metrics=list(metrics), **compiled)
    return model


def cnn(**compiled: Any) -> keras.Model:
    """One convolution, pooled, softmax over 3; seeded."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="net",
    )
    model.compile("sgd", "sparse_categorical_crossentropy", **compiled)
    return model


def lstm(**compiled: Any) -> keras.Model:
    """Nine tokens embedded, one LSTM, softmax over 3; seeded."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(9, 4, name="embedding"),
            layers.LSTM(6, name="lstm"),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="net",
    )
    model.compile("adam", "sparse_categorical_crossentropy", **compiled)
    return model


def linear(loss: Any = "mse", width: int = 6, **compiled: Any) -> keras.Model:
    """One Dense unit; seeded."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential([layers.Input((width,)), layers.Dense(1, name="out")], name="net")
    model.compile(compiled.pop("optimizer", "sgd"), loss, **compiled)
    return model


class OwnStep(keras.Model):
    """A step of the user's own, which cannot be replayed: hooks see it."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.out = layers.Dense(3, activation="softmax", name="out")

    def call(self, x: Any, training: bool = False) -> Any:
        """Softmax over 3."""
        return self.out(x)

    def train_step(self, data: Any) -> Any:
        """Keras' own, but overridden."""
        return super().train_step(data)


def own_step(**compiled: Any) -> keras.Model:
    """A model that overrides `train_step`; seeded."""
    keras.utils.set_random_seed(7)
    model = OwnStep()
    model.compile("adam", "sparse_categorical_crossentropy", **compiled)
    return model


def weights(model: keras.Model) -> list[bytes]:
    """All weights, to the bit."""
    return [value.tobytes() for value in model.get_weights()]


def recorder(log_dir: Path, **options: Any) -> ZeroAccuracyCallback:
    """A silent callback."""
    return ZeroAccuracyCallback(log_dir, **{"verbose": 0, **options})
