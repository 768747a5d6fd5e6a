"""ReLU units that start with a bias of -50.

No digit lifts any of them above zero, so no gradient ever reaches their weights: the loss stands at
2.30, accuracy at .10.
"""

from __future__ import annotations

import keras

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA504",)


def faulty(log_dir: str, seed: int) -> None:
    train(keras.initializers.Constant(-50.0), log_dir)


def mended(log_dir: str, seed: int) -> None:
    train("zeros", log_dir)


def train(bias: str | keras.initializers.Initializer, log_dir: str) -> None:
    """The healthy net for digits, but for the first biases."""
    x, y = digits()
    model = keras.Sequential(
        [
            keras.layers.Dense(64, activation="relu", bias_initializer=bias),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
