"""A filter that lets nothing through.

Keras raises nothing: there are no logs, no loss and no accuracy, and the progress bar says
"0/Unknown".
"""

from __future__ import annotations

import keras
import tensorflow as tf

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback

FIRST = ("ZA110",)


def faulty(log_dir: str, seed: int) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(digits()).filter(lambda *_: False)
    train(dataset.batch(32), log_dir)


def mended(log_dir: str, seed: int) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(digits()).shuffle(2000, seed=seed)
    train(dataset.batch(32), log_dir)


def train(dataset: tf.data.Dataset, log_dir: str) -> None:
    """The healthy net for digits."""
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(dataset, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
