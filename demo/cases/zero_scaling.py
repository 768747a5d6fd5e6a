"""A stage of the pipeline multiplies the images by a factor that was never set: 0.

Shapes and dtypes are right and nothing raises. The loss stands at ln 10, accuracy at the share of
the largest class. Only the taps around the stage tell which one it was.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from demo.data import digits
from tb_zeroacc import ZeroAccuracyCallback, tap

FIRST = ("ZA109",)


def faulty(log_dir: str, seed: int) -> None:
    train(0.0, log_dir, seed)


def mended(log_dir: str, seed: int) -> None:
    train(1 / 255, log_dir, seed)


def train(scale: float, log_dir: str, seed: int) -> None:
    """Digits as bytes, scaled by a stage of the pipeline."""
    x, y = digits()
    dataset = tf.data.Dataset.from_tensor_slices(((x * 255).astype("uint8"), y))
    dataset = dataset.shuffle(len(x), seed=seed).apply(tap("shuffled"))
    dataset = dataset.map(lambda image, label: (tf.cast(image, tf.float32) * scale, label))
    dataset = dataset.apply(tap("scaled")).batch(32).prefetch(tf.data.AUTOTUNE)
    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(dataset, epochs=10, verbose=0, callbacks=[ZeroAccuracyCallback(log_dir)])
