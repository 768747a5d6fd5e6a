"""Tanh layers that start with weights of standard deviation 4.

Whatever comes in, nearly every unit says -1 or 1, where tanh is flat: 95 of 100 pairs of unit and
example have less than a hundredth of the slope at 0. The hidden layers stand still and the loss
begins near 60; after ten epochs accuracy is about .25, the last layer's work on fixed random codes.
"""

from __future__ import annotations

import keras

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA505",)


def faulty(log_dir: str, seed: int) -> None:
    train(keras.initializers.RandomNormal(stddev=4.0), log_dir)


def mended(log_dir: str, seed: int) -> None:
    train("glorot_uniform", log_dir)


def train(initializer: str | keras.initializers.Initializer, log_dir: str) -> None:
    """Three tanh layers, all weights started in the same way."""
    x, y = digits()
    model = keras.Sequential(
        [
            keras.layers.Dense(128, activation="tanh", kernel_initializer=initializer),
            keras.layers.Dense(128, activation="tanh", kernel_initializer=initializer),
            keras.layers.Dense(128, activation="tanh", kernel_initializer=initializer),
            keras.layers.Dense(10, activation="softmax", kernel_initializer=initializer),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
