"""Is it an 8? Sixteen eights among 1 639 digits.

Accuracy is .990 from the first epoch, because every answer is "no". It looks like success and is
the share of the larger class.
"""

from __future__ import annotations

import keras
import numpy as np

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA203",)


def faulty(log_dir: str, seed: int) -> None:
    x, y = digits()
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.concatenate([np.flatnonzero(y != 8), np.flatnonzero(y == 8)[:16]]))
    train(x[rows], y[rows] == 8, keras.optimizers.SGD(0.01), 10, log_dir)


def mended(log_dir: str, seed: int) -> None:
    x, y = digits()
    rng = np.random.default_rng(seed)
    eights = rng.choice(np.flatnonzero(y == 8), 800)  # drawn with replacement
    others = rng.choice(np.flatnonzero(y != 8), 800)
    rows = rng.permutation(np.concatenate([eights, others]))
    train(x[rows], y[rows] == 8, keras.optimizers.Adam(0.003), 12, log_dir)


def train(
    x: np.ndarray,
    y: np.ndarray,
    optimizer: keras.optimizers.Optimizer,
    epochs: int,
    log_dir: str,
) -> None:
    """One hidden layer, one probability."""
    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(
        x, y.astype("int64"), epochs=epochs, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)]
    )
