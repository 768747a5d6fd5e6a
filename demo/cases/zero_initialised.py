"""All kernels start at zero.

Every hidden unit is the same as every other and all of them say 0. Their gradients are exactly 0
for ever; only the last bias moves, and learns how often each class occurs: loss 2.30.
"""

from __future__ import annotations

import keras

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA601",)


def faulty(log_dir: str, seed: int) -> None:
    train("zeros", log_dir)


def mended(log_dir: str, seed: int) -> None:
    train("glorot_uniform", log_dir)


def train(kernels: str, log_dir: str) -> None:
    """The healthy net for digits, but for the kernels' start."""
    x, y = digits()
    model = keras.Sequential(
        [
            keras.layers.Dense(64, activation="relu", kernel_initializer=kernels),
            keras.layers.Dense(10, activation="softmax", kernel_initializer=kernels),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
