"""Tanh layers that start with weights of standard deviation 4."""

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
