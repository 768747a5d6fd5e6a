"""Digits whose labels were shuffled apart from the images.

Gradients and updates are healthy, and still the loss hardly leaves 2.3, that of ten equally likely
classes: accuracy .18 after ten epochs is memory, not knowledge.
"""

from __future__ import annotations

import keras
import numpy as np

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA206",)


def faulty(log_dir: str, seed: int) -> None:
    x, y = digits()
    train(x, np.random.default_rng(seed).permutation(y), log_dir)


def mended(log_dir: str, seed: int) -> None:
    x, y = digits()
    together = np.random.default_rng(seed).permutation(len(x))
    train(x[together], y[together], log_dir)


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
