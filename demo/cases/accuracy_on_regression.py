"""A regression that is watched by its accuracy.

The loss falls from 1.04 to .41 while accuracy is exactly 0.000 from the first epoch to the last:
it counts predictions that equal their real-valued targets. Here the metric fails, not the model.
"""

from __future__ import annotations

import keras

from demo.data import diabetes
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA401",)


def faulty(log_dir: str, seed: int) -> None:
    train("accuracy", log_dir)


def mended(log_dir: str, seed: int) -> None:
    train("mae", log_dir)


def train(metric: str, log_dir: str) -> None:
    """The progress of diabetes after a year."""
    x, y = diabetes()
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse", metrics=[metric])
    model.fit(x, y, epochs=30, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
