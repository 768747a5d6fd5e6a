"""Adam with a rate of 10 on an easy problem.

The first update is about 70 times as large as the weights. The loss jumps to several hundred and
the net ends as a constant: accuracy .49 to .77, the share of a class, never zero. Three seeds of
eighteen learn all the same.
"""

from __future__ import annotations

import keras
import numpy as np

from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA701",)
LEARNS_IN_SOME_SEEDS = True


def faulty(log_dir: str, seed: int) -> None:
    train(10.0, log_dir, seed)


def mended(log_dir: str, seed: int) -> None:
    train(0.01, log_dir, seed)


def train(rate: float, log_dir: str, seed: int) -> None:
    """Is x + y above 1?"""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(1000, 2)).astype("float32")
    y = (x.sum(axis=1) > 1).astype("int64")
    model = keras.Sequential(
        [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(rate), loss="binary_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
