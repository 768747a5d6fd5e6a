"""A learning rate of 10 and, apart from it, a layer that was dead from the start.

The second hidden layer starts with biases of -50 and never speaks; a shortcut passes by it, and on
that way the rate does its own damage. Mending one of the two would not do: the layer was dead
before the first update, so it is no consequence of the rate.
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
    """Two hidden layers with a shortcut around the second."""
    x, y = digits()
    pixels = keras.Input((64,))
    first = keras.layers.Dense(64, activation="relu")(pixels)
    second = keras.layers.Dense(64, activation="relu", bias_initializer=bias)(first)
    both = keras.layers.Add()([first, second])
    model = keras.Model(pixels, keras.layers.Dense(10, activation="softmax")(both))
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
