"""Digits with one single NaN among 115 008 pixels.

Weights are NaN from the very step whose batch holds it, for good. So is the loss, unless TensorFlow
fuses the ReLU with the product before it (oneDNN on CPUs, its default): that ReLU turns NaN into 0,
the loss stands at 2.30, and nothing shows the NaN but the numbers inside.
"""

from __future__ import annotations

import keras
import numpy as np

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA101",)


def faulty(log_dir: str, seed: int) -> None:
    x, y = digits()
    x[600, 20] = np.nan
    train(x, y, log_dir)


def mended(log_dir: str, seed: int) -> None:
    x, y = digits()
    x[600, 20] = np.nan
    train(np.nan_to_num(x), y, log_dir)


def train(x: np.ndarray, y: np.ndarray, log_dir: str) -> None:
    """The healthy net for digits."""
    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
