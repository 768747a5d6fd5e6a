"""Twelve layers of sigmoid units.

Each layer passes on a quarter of the gradient at best. What reaches the first is some 1e-8 of what
the last one gets, so the first layers stand still: loss 2.30, accuracy .10. The units are not
saturated; they all say about one half.
"""

from __future__ import annotations

import keras

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA503",)
NEVER = ("ZA505",)


def faulty(log_dir: str, seed: int) -> None:
    hidden = [keras.layers.Dense(32, activation="sigmoid") for _ in range(12)]
    train(hidden, keras.optimizers.SGD(), 10, log_dir)


def mended(log_dir: str, seed: int) -> None:
    hidden = [
        keras.layers.Dense(32, activation="relu", kernel_initializer="he_normal")
        for _ in range(12)
    ]
    train(hidden, keras.optimizers.Adam(3e-4), 20, log_dir)


def train(
    hidden: list[keras.layers.Layer],
    optimizer: keras.optimizers.Optimizer,
    epochs: int,
    log_dir: str,
) -> None:
    """Digits through the given hidden layers."""
    x, y = digits()
    model = keras.Sequential([*hidden, keras.layers.Dense(10, activation="softmax")])
    model.compile(
        optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
