"""Random targets and five epochs of four steps.

One often reads that gradients vanish here. They do not: the loss falls from about .4 to .09, to the
variance of the targets, .083. So far the net is no better than the mean of the targets, and after
twenty steps nothing can tell whether the targets are learnable or whether it only had too little
time; a validation split and more epochs would.
"""

from __future__ import annotations

import keras
import numpy as np

from demo.data import diabetes
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA705", "ZA704")
RIVALS = ("ZA206",)
NEVER = ("ZA503",)


def faulty(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(100, 10)).astype("float32")
    y = rng.uniform(size=(100, 1)).astype("float32")
    model = keras.Sequential([keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(x, y, epochs=5, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])


def mended(log_dir: str, seed: int) -> None:
    x, y = diabetes()
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
    model.fit(x, y, epochs=30, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
