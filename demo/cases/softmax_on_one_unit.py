"""Softmax over a single unit.

Softmax makes its units add up to 1; a single one is always 1. Accuracy stands at .627, the share of
the larger class, whatever the net learns. The loss falls all the same, from about .7 to below .1:
Keras computes it from the logits behind the softmax, so a falling loss is no proof of health.
"""

from __future__ import annotations

import keras

from demo.data import breast_cancer
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA301",)


def faulty(log_dir: str, seed: int) -> None:
    train("softmax", log_dir)


def mended(log_dir: str, seed: int) -> None:
    train("sigmoid", log_dir)


def train(activation: str, log_dir: str) -> None:
    """Benign or malignant, with the given activation on the one output."""
    x, y = breast_cancer()
    model = keras.Sequential(
        [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation=activation)]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, y, epochs=20, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
