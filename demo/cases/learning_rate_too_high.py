"""Adam with a rate of 10 on an easy problem.

The first update is about 70 times as large as the weights, and the loss jumps to several hundred.
Most seeds end as a constant or close to it: accuracy .49 to .77, never zero. Three of eighteen
climb back and learn all the same.
"""

from __future__ import annotations

import keras
import numpy as np

from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA701",)
LEARNS_IN_SOME_SEEDS = True


def faulty(log_dir: str, seed: int) -> None:
    train(10.0, log_dir)


def mended(log_dir: str, seed: int) -> None:
    train(0.01, log_dir)


def train(rate: float, log_dir: str) -> None:
    """Is x + y above 1?"""
    x = np.random.rand(1000, 2)
    y = (x.sum(axis=1) > 1).astype("int64")
    model = keras.Sequential(
        [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(rate), loss="binary_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, y, epochs=20, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
