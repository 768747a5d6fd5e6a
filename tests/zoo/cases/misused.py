"""Two parts that do not fit one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.zoo.building import Dense, adam, breast_cancer, built, classifier, digits, layers, train
from tests.zoo.program import faulty


@faulty("ZA501", "ZA506")
def the_norm_of_nothing(log: Path) -> None:
    """Some pairs are twice the same: the root in their distance has no slope there."""
    x, y = digits()
    other = x[np.random.permutation(len(x))]
    other[::9] = x[::9]
    twins = layers.Dense(16, activation="tanh")
    first, second = keras.Input((64,)), keras.Input((64,))
    squares = keras.ops.sum((twins(first) - twins(second)) ** 2, axis=1, keepdims=True)
    model = keras.Model([first, second], keras.ops.sqrt(squares))
    model.compile(adam(0.001), "mse")
    train(model, log, [x, other], (y % 2).astype("float32"), epochs=3)


@faulty("ZA607")
def frozen_before_it_was_trained(log: Path) -> None:
    x, y = digits()
    body = keras.Sequential([keras.Input((64,)), Dense(32, activation="relu")])
    head = Dense(10, activation="softmax", trainable=False)
    body.trainable = False
    train(built(body, head), log, x, y, epochs=6)


@faulty("ZA402")
def logits_under_a_threshold_of_shares(log: Path) -> None:
    x, y = breast_cancer()
    model = built(
        Dense(16, activation="relu"), Dense(1), optimizer=adam(0.01),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.Precision(), keras.metrics.Recall()],
    )  # fmt: skip
    train(model, log, x, y, epochs=15)


def _spots(size: float, value: int, count: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 24 by 24 with one disc each, and their masks."""
    rows, columns = np.mgrid[:24, :24]
    centres = np.random.uniform(6, 18, (count, 2, 1, 1))
    inside = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < size**2
    noise = np.random.normal(0, 0.1, inside.shape)
    x = (0.4 + 0.15 * inside + noise).astype("float32")[..., None]
    return x, (inside * value).astype("uint8")[..., None]


def _segmenter(loss: Any, *metrics: Any) -> keras.Model:
    stack = [
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(1, 1, activation="sigmoid"),
    ]
    return built(*stack, loss=loss, optimizer=adam(0.002), metrics=metrics)


@faulty("ZA201")
def masks_as_they_are_read(log: Path) -> None:
    def focal(y: Any, shares: Any) -> Any:
        y = keras.ops.cast(y, "float32")
        return keras.ops.mean(keras.losses.binary_focal_crossentropy(y, shares))

    x, masks = _spots(5.0, 255)
    train(_segmenter(focal), log, x, masks, epochs=10, validation_split=0.2)


@faulty("ZA203")
def spots_in_a_large_picture(log: Path) -> None:
    x, masks = _spots(1.2, 1)
    train(_segmenter("binary_crossentropy", "accuracy"), log, x, masks, epochs=12)


@faulty("ZA103")
def pixels_divided_twice(log: Path) -> None:
    x, y = digits()
    hidden = Dense(64, activation="relu")
    descent = keras.optimizers.SGD(0.01)
    train(classifier(hidden, optimizer=descent), log, x / 255, y, epochs=8)


@faulty("ZA208")
def degrees_of_fahrenheit(log: Path) -> None:
    x = np.random.normal(size=(1200, 8)).astype("float32")
    y = 68.0 + 6.0 * x[:, 0] - 3.0 * x[:, 1]
    stack = (Dense(16, activation="tanh"), Dense(1))
    train(built(*stack, loss="mse", metrics=["mae"]), log, x, y, epochs=10, batch_size=48)


@faulty("ZA701")
def a_deep_net_at_a_high_rate(log: Path) -> None:
    x, y = digits()
    stack: list[Any] = []
    for _ in range(12):
        stack += [Dense(64, activation="gelu"), layers.LayerNormalization()]
    model = classifier(*stack, optimizer=adam(0.1))
    train(model, log, x, y, epochs=6, validation_split=0.2)
