"""Binary cross-entropy on real-valued targets.

Cross-entropy holds its targets for probabilities. With targets around 11 it has no lowest point:
depending on the seed the loss falls to about -150 and stands there, or stands at about +178 for
ever, because Keras clips the output and no gradient is left.
"""

from __future__ import annotations

import keras
import numpy as np

from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA309",)


def faulty(log_dir: str, seed: int) -> None:
    x, y = line(seed)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(x, y, epochs=20, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])


def mended(log_dir: str, seed: int) -> None:
    x, y = line(seed)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
    model.fit(x, y, epochs=20, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])


def line(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A line, y = 2x + 1, with noise of variance .25; x and y of shape (1000, 1)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 10, (1000, 1)).astype("float32")
    return x, (2 * x + 1 + rng.normal(0, 0.5, x.shape)).astype("float32")
