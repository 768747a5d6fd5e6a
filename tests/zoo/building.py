"""What the programs of the zoo share: small data, short ways to build and to train a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn import datasets

from demo.data import breast_cancer, diabetes, digits, standardised
from tb_zeroacc import ZeroAccuracyCallback

__all__ = [
    "Dense", "adam", "breast_cancer", "built", "classifier", "diabetes", "digits", "images",
    "layers", "standardised", "table", "train",
]  # fmt: skip

layers = keras.layers
Dense = layers.Dense
SPARSE = "sparse_categorical_crossentropy"


def adam(rate: float) -> keras.optimizers.Optimizer:
    """Adam at a rate."""
    return keras.optimizers.Adam(rate)


def images() -> tuple[np.ndarray, np.ndarray]:
    """Digits as images: x (1797, 8, 8, 1) in [0, 1], y (1797,)."""
    x, y = digits()
    return x.reshape(-1, 8, 8, 1), y


def table(name: str) -> tuple[np.ndarray, np.ndarray]:
    """One of scikit-learn's tables as it ships: x float32, y int64."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return x.astype("float32"), y.astype("int64")


def built(
    *stack: Any, loss: Any = SPARSE, optimizer: Any = "adam", metrics: Any = ("accuracy",)
) -> keras.Model:
    """A compiled chain of layers."""
    model = keras.Sequential(list(stack))
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def classifier(*hidden: Any, classes: int = 10, **compiled: Any) -> keras.Model:
    """A compiled chain that ends in softmax."""
    return built(*hidden, Dense(classes, activation="softmax"), **compiled)


def train(
    model: keras.Model, log_dir: Path, x: Any, y: Any = None, *, epochs: int = 15, **more: Any
) -> None:
    """Trains a model, watched."""
    callbacks = [*more.pop("callbacks", ()), ZeroAccuracyCallback(log_dir, verbose=0)]
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=callbacks, **more)
