"""A learning rate of 10 and, apart from it, a layer that was dead from the start.

Two hidden layers stand side by side. One starts with biases of -50, is dead before the first update
and stays so: it is no consequence of the rate, which ruins the other one within a few steps.
Mending either fault alone would not do.
"""

from __future__ import annotations

import keras

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA504", "ZA701")
ALSO = ("ZA504", "ZA701")


def faulty(log_dir: str, seed: int) -> None:
    train(10.0, keras.initializers.Constant(-50.0), log_dir)


def mended(log_dir: str, seed: int) -> None:
    train(0.003, "zeros", log_dir)


def train(rate: float, bias: str | keras.initializers.Initializer, log_dir: str) -> None:
    """Two hidden layers side by side."""
    x, y = digits()
    pixels = keras.Input((64,))
    left = keras.layers.Dense(64, activation="relu")(pixels)
    right = keras.layers.Dense(64, activation="relu", bias_initializer=bias)(pixels)
    both = keras.layers.Concatenate()([left, right])
    model = keras.Model(pixels, keras.layers.Dense(10, activation="softmax")(both))
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
