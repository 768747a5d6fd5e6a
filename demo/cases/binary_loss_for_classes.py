"""Three classes as integers, three sigmoid units and binary cross-entropy.

Keras 3 does not train this at all: labels of shape (n,) do not fit outputs of shape (n, 3), and
`fit` raises ValueError while it traces the first step. What the labels look like is on record all
the same.
"""

from __future__ import annotations

import keras
import numpy as np

from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA209",)
RAISES = "ValueError"


def faulty(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(600, 10)).astype("float32")
    y = rng.integers(0, 3, 600)
    model = keras.Sequential(
        [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(3, activation="sigmoid")]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])


def mended(log_dir: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(600, 10)).astype("float32")
    y = x[:, :3].argmax(axis=1)  # labels that depend on x
    model = keras.Sequential(
        [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(3, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.005),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=15, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
