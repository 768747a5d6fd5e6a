"""Adam with a rate of 10 on handwritten digits.

The first update is many times as large as the weights themselves, the loss leaps from 2.3 into the
hundreds or thousands, and nearly every hidden unit is dead afterwards.
"""

from __future__ import annotations

import keras

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA701",)


def faulty(log_dir: str, seed: int) -> None:
    train(10.0, log_dir)


def mended(log_dir: str, seed: int) -> None:
    train(0.003, log_dir)


def train(rate: float, log_dir: str) -> None:
    """The healthy net for digits at the given learning rate."""
    x, y = digits()
    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
