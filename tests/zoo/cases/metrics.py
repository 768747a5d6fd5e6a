"""Programs whose metric cannot see what the model learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    adam,
    breast_cancer,
    built,
    classifier,
    diabetes,
    digits,
    images,
    layers,
    standardised,
    table,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty

ops = keras.ops


@faulty("ZA401")
def accuracy_of_a_forecast(log: Path) -> None:
    rng = np.random.default_rng(1)
    x = np.cumsum(rng.normal(size=(700, 12, 1)), axis=1).astype("float32")
    y = x[:, -1, 0] + 0.1 * rng.normal(size=700)
    given = keras.Input((12, 1))
    model = keras.Model(given, Dense(1)(layers.GRU(12)(given)))
    model.compile(adam(0.01), "mse", metrics=["acc"])
    train(model, log, x, y.astype("float32"), validation_split=0.2)


@faulty("ZA401", beside=("ZA402",))
def accuracy_as_a_class_on_numbers(log: Path) -> None:
    x, y = diabetes()
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(442).batch(32)
    stack = (Dense(16, activation="relu"), Dense(1))
    model = built(*stack, loss=keras.losses.Huber(), metrics=[keras.metrics.Accuracy()])
    train(model, log, data, epochs=25)


@faulty("ZA401")
def accuracy_of_how_far_it_went(log: Path) -> None:
    class Fitted(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.told = Dense(16, activation="tanh"), Dense(1)

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.hidden(given))

    x, y = diabetes()
    model = Fitted()
    model.compile(adam(0.01), keras.losses.LogCosh(), metrics=["accuracy"])
    train(model, log, x, y[:, None], validation_split=0.2)


@faulty("ZA402")
def equal_to_a_share(log: Path) -> None:
    x, y = digits()
    model = classifier(
        Dense(64, activation="relu"), loss="categorical_crossentropy",
        metrics=[keras.metrics.Accuracy()],
    )  # fmt: skip
    train(model, log, x, keras.utils.to_categorical(y))


@faulty("ZA402")
def equal_to_how_likely_it_is(log: Path) -> None:
    x, y = breast_cancer()
    given = keras.Input((30,))
    model = keras.Model(given, Dense(1, activation="sigmoid")(Dense(16, activation="relu")(given)))
    accuracy = keras.metrics.Accuracy(name="accuracy")
    model.compile("adam", "binary_crossentropy", metrics=[accuracy])
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA402")
def nine_of_ten_coins_are_always_right(log: Path) -> None:
    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    model = classifier(
        *stack, loss="categorical_crossentropy", metrics=[keras.metrics.BinaryAccuracy()],
        optimizer=keras.optimizers.SGD(0.001),
    )  # fmt: skip
    train(model, log, x, keras.utils.to_categorical(y), epochs=8)


@faulty("ZA402")
def half_as_the_threshold_of_a_logit(log: Path) -> None:
    x, y = breast_cancer()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    metrics = [keras.metrics.BinaryAccuracy(), keras.metrics.Precision()]
    sgd = keras.optimizers.SGD(0.003)
    stack = (Dense(16, activation="tanh"), Dense(1))
    train(built(*stack, loss=loss, metrics=metrics, optimizer=sgd), log, x, y)


@faulty("ZA402")
def overlap_of_shares(log: Path) -> None:
    """`MeanIoU` takes class numbers, and two shares a pixel are none."""
    x, _ = images()
    y = (x[..., 0] > 0.5).astype("int32")
    given = keras.Input((8, 8, 1))
    seen = layers.Conv2D(8, 3, padding="same", activation="relu")(given)
    model = keras.Model(given, layers.Conv2D(1, 1, activation="sigmoid")(seen))
    model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.MeanIoU(num_classes=2)])
    train(model, log, x, y[..., None], epochs=6)


@faulty("ZA403", beside=("ZA402",))
def a_metric_of_ones_own_without_rounding(log: Path) -> None:
    def accuracy(labels: Any, outputs: Any) -> Any:
        return ops.mean(ops.cast(ops.equal(ops.cast(labels, outputs.dtype), outputs), "float32"))

    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy", metrics=[accuracy]), log, x, y)


@faulty("ZA403")
def the_largest_of_the_batch(log: Path, axis: int = 0) -> None:
    """Which example of the batch has the largest share, where which class has it was meant."""

    def hits(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        largest = tf.argmax(outputs, axis=axis)
        return tf.cast(labels[: tf.size(largest)] == largest[: tf.size(labels)], tf.float32)

    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x, y, loss, metric=hits)


@faulty("ZA403", beside=("ZA402",))
def labels_one_hot_in_the_metric_alone(log: Path) -> None:
    """The metric compares the first column of what is one-hot with the class that is told."""

    def accuracy(labels: Any, outputs: Any) -> Any:
        told = ops.cast(ops.argmax(outputs, axis=-1), "float32")
        return ops.cast(ops.equal(labels[:, 0] + 5, told), "float32")

    x, y = table("wine")
    data = (standardised(x), keras.utils.to_categorical(y))
    model = classifier(
        Dense(16, activation="relu"), classes=3, loss="categorical_crossentropy",
        metrics=[accuracy], optimizer=adam(0.003),
    )  # fmt: skip
    train(model, log, *data, validation_split=0.2)
