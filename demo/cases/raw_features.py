"""Thirty measurements as they come, from .004 to 900.

One column is thousands of times as large as another. Plain SGD leaps: the loss of one step is in
the thousands, and within a few steps every ReLU is dead. Accuracy stays at .627, the share of the
larger class, for ever.
"""

from __future__ import annotations

import keras
import numpy as np

from demo.data import breast_cancer, breast_cancer_raw
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA104", "ZA103")


def faulty(log_dir: str, seed: int) -> None:
    x, y = breast_cancer_raw()
    train(x, y, keras.optimizers.SGD(), log_dir)


def mended(log_dir: str, seed: int) -> None:
    x, y = breast_cancer()
    train(x, y, keras.optimizers.Adam(0.003), log_dir)


def train(
    x: np.ndarray, y: np.ndarray, optimizer: keras.optimizers.Optimizer, log_dir: str
) -> None:
    """Benign or malignant."""
    model = keras.Sequential(
        [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=20, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
