"""A Python generator that ends after one epoch, in a training of five.

The first epoch trains on 57 batches, each later one on two. Keras warns once and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA110",)


def faulty(log_dir: str, seed: int) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        x, y = digits()
        for start in range(0, len(x), 32):
            yield x[start : start + 32], y[start : start + 32]

    train(batches(), None, 5, log_dir)


def mended(log_dir: str, seed: int) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        x, y = digits()
        while True:
            for start in range(0, len(x), 32):
                yield x[start : start + 32], y[start : start + 32]

    train(batches(), 57, 10, log_dir)


def train(
    batches: Iterator[tuple[np.ndarray, np.ndarray]],
    steps_per_epoch: int | None,
    epochs: int,
    log_dir: str,
) -> None:
    """The healthy net for digits."""
    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        batches, steps_per_epoch=steps_per_epoch, epochs=epochs, verbose=0,
        callbacks=[ZeroAccuracyCallback(log_dir)],
    )
