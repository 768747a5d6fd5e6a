"""What the programs of the zoo share: small data, short ways to build and to train a model."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn import datasets

from demo.data import breast_cancer, diabetes, digits, standardised
from tb_zeroacc import ZeroAccuracyCallback

__all__ = [
    "Dense", "Fitting", "adam", "breast_cancer", "built", "classifier", "diabetes", "digits",
    "edit_fitting", "images", "layers", "standardised", "table", "train",
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


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a program hands to `fit`.

    Attributes:
        model: The compiled model.
        x: Inputs, or a dataset or generator of batches.
        y: Labels; None beside a dataset.
        arguments: Further arguments of `fit`, but for the recorder's callback.
    """

    model: keras.Model
    x: Any
    y: Any
    arguments: dict[str, Any]


edit_fitting: ContextVar[Callable[[Fitting], Fitting] | None] = ContextVar(
    "edit_fitting", default=None
)
"""What may change a program just before it trains: what a fix says, say."""


def train(
    model: keras.Model, log_dir: Path, x: Any, y: Any = None, *, epochs: int = 15, **more: Any
) -> None:
    """Trains a model, watched."""
    fitting, edit = Fitting(model, x, y, {"epochs": epochs, **more}), edit_fitting.get()
    fitting = edit(fitting) if edit is not None else fitting
    arguments = dict(fitting.arguments)
    callbacks = [*arguments.pop("callbacks", ()), ZeroAccuracyCallback(log_dir, verbose=0)]
    fitting.model.fit(fitting.x, fitting.y, verbose=0, callbacks=callbacks, **arguments)
