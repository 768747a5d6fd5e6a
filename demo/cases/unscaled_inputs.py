"""Inputs between 0 and 1 000 meet a layer made for inputs around 1.

The loss starts near 100 and, twenty epochs later, still stands 4 to 14 times above that of a coin.
Accuracy is not zero, as one often reads: with more weights than examples the net memorises .72 to
.86 of these labels, which are random and would not be learnable either way.
"""

from __future__ import annotations

import keras
import numpy as np

from demo.data import standardised
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA103",)
RIVALS = ("ZA206",)  # after scaling, it has to be seen whether the labels depend on the inputs


def faulty(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1000, (1000, 100)).astype("float32")
    y = rng.integers(0, 2, (1000, 1))
    train(x, y, log_dir)


def mended(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = standardised(rng.uniform(0, 1000, (1000, 100)))
    y = (x @ rng.normal(size=(100, 1)) > 0).astype("int64")  # labels that depend on x
    train(x, y, log_dir)


def train(x: np.ndarray, y: np.ndarray, log_dir: str) -> None:
    """One hidden layer, as in the question."""
    model = keras.Sequential(
        [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=20, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
