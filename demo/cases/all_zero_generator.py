"""A generator that yields zeros, as inputs and as labels.

Accuracy is 1.0 from the first step, not zero: the only class there is is easily guessed. Nothing
has been learned; without inputs only the last bias moves.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA102",)
ALSO = ("ZA202",)


def faulty(log_dir: str, seed: int) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield np.zeros((32, 64), "float32"), np.zeros(32, "int64")

    train(batches(), 2, log_dir)


def mended(log_dir: str, seed: int) -> None:
    x, y = digits()
    rng = np.random.default_rng(seed)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            drawn = rng.integers(0, len(x), 32)
            yield x[drawn], y[drawn]

    train(batches(), 10, log_dir)


def train(
    batches: Iterator[tuple[np.ndarray, np.ndarray]], classes: int, log_dir: str
) -> None:
    """56 batches of 32 an epoch."""
    model = keras.Sequential(
        [
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        batches, steps_per_epoch=56, epochs=10, verbose=0,
        callbacks=[ZeroAccuracyCallback(log_dir)],
    )
