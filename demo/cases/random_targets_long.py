"""Random targets, enough epochs and a validation split: now it can be told.

Training goes below the variance of its targets, because the net memorises them; on the examples
held back it never does better than their mean.
"""

from __future__ import annotations

import keras
import numpy as np

from tb_zeroacc import ZeroAccuracyCallback

# Where the examples held back vary less than the others, their loss alone comes below the prior.
FIRST = ("ZA206", "ZA605")
RIVALS = ("ZA206",)


def faulty(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(1000, 10)).astype("float32")
    train(x, rng.uniform(size=(1000, 1)), log_dir)


def mended(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(1000, 10)).astype("float32")
    y = x @ rng.normal(size=(10, 1)) + rng.normal(0, 0.1, (1000, 1))  # targets that depend on x
    train(x, y, log_dir)


def train(x: np.ndarray, y: np.ndarray, log_dir: str) -> None:
    """One hidden layer, 200 epochs, three examples of ten held back."""
    model = keras.Sequential([keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(
        x, y.astype("float32"), epochs=200, validation_split=0.3, verbose=0,
        callbacks=[ZeroAccuracyCallback(log_dir)],
    )
