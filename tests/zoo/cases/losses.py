"""Programs whose loss belongs to another task, or does not reach the weights."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    adam,
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

# --- losses for another task ----------------------------------------------------------------------


@faulty("ZA308", "ZA306")
def shares_against_class_numbers(log: Path) -> None:
    """Ten shares, and the square of what each lacks to the number of the class."""
    x, y = digits()
    train(classifier(Dense(64, activation="relu"), loss="mse"), log, x, y[:, None])


@faulty("ZA308")
def the_kind_of_iris_as_a_number(log: Path) -> None:
    x, y = table("iris")
    given = keras.Input((4,))
    model = keras.Model(given, Dense(1)(Dense(8, activation="relu")(given)))
    model.compile(adam(0.003), keras.losses.MeanAbsoluteError(), metrics=["accuracy"])
    train(model, log, standardised(x), y, validation_split=0.2, shuffle=True)


@faulty("ZA309")
def cross_entropy_on_degrees(log: Path) -> None:
    x = np.random.default_rng(4).normal(size=(800, 5)).astype("float32")
    y = 15 + 8 * x[:, :1]
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    loop(model, log, x, y, keras.losses.BinaryCrossentropy(from_logits=True))


@faulty("ZA309")
def categorical_cross_entropy_on_three_measures(log: Path) -> None:
    x, y = diabetes()
    targets = np.column_stack([y, y**2, -y]).astype("float32")
    model = classifier(
        Dense(16, activation="relu"), classes=3, loss="categorical_crossentropy", metrics=["mae"]
    )
    train(model, log, x, targets)


@faulty("ZA310")
def binary_loss_on_one_hot_wines(log: Path) -> None:
    x, y = table("wine")
    stack = (Dense(16, activation="relu"), Dense(3, activation="sigmoid"))
    model = built(*stack, loss=keras.losses.BinaryCrossentropy())
    train(model, log, standardised(x), keras.utils.to_categorical(y), validation_split=0.2)


@faulty("ZA310", "ZA201", "ZA311")
def one_coin_for_ten_digits(log: Path) -> None:
    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    model = built(*stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    train(model, log, x, y, epochs=8)


# --- shapes, gradients, sums ----------------------------------------------------------------------


@faulty("ZA313")
def a_column_minus_a_row(log: Path, is_column: bool = False) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.square(labels - outputs))

    x, y = diabetes()
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    loop(model, log, x, y[:, None] if is_column else y, loss, epochs=15)


@faulty("ZA313")
def a_loss_class_that_subtracts(log: Path) -> None:
    class Logcosh(keras.losses.Loss):
        def call(self, labels: Any, outputs: Any) -> Any:
            return ops.mean(ops.log(ops.cosh(outputs - labels)))

    x, y = diabetes()
    given = keras.Input((10,))
    told = Dense(1)(Dense(16, activation="relu")(given))
    model = keras.Model(given, told)
    model.compile(adam(0.003), Logcosh())
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).shuffle(442).batch(32))


@faulty("ZA313", beside=("ZA406",))
def a_train_step_that_subtracts(log: Path, is_flat: bool = False) -> None:
    class Fitted(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.told = Dense(16, activation="relu"), Dense(1)

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.hidden(given))

        def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
            given, wanted = data
            with tf.GradientTape() as tape:
                told = self(given, training=True)
                told = told[:, 0] if is_flat else told
                loss = tf.reduce_mean(tf.abs(told - wanted))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"loss": loss}

    x, y = diabetes()
    model = Fitted()
    model.compile(adam(0.01))
    train(model, log, x, y)


@faulty("ZA314")
def rounded_before_the_loss(log: Path, is_rounded: bool = True) -> None:
    """Only what stands behind the rounding is trained."""
    x, y = digits()
    given = keras.Input((64,))
    hidden = Dense(8, activation="sigmoid")(given)
    hidden = layers.Lambda(ops.round)(hidden) if is_rounded else hidden
    model = keras.Model(given, Dense(10, activation="softmax")(hidden))
    model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y)


@faulty("ZA314")
def an_encoder_that_was_cut_off(log: Path, is_cut: bool = True) -> None:
    class Both(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = keras.Sequential([Dense(4, activation="relu", name="code")])
            self.head = Dense(10, activation="softmax")

        def call(self, given: tf.Tensor) -> tf.Tensor:
            code = self.encoder(given)
            return self.head(ops.stop_gradient(code) if is_cut else code)

    x, y = digits()
    model = Both()
    model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA314")
def the_largest_instead_of_the_shares(log: Path) -> None:
    """`argmax` has no gradient: nothing of the model is reached, and Keras says so."""

    def loss(labels: Any, outputs: Any) -> Any:
        told = ops.cast(ops.argmax(outputs, axis=-1), "float32")
        return ops.mean(ops.abs(ops.cast(labels, "float32") - told))

    x, y = table("iris")
    model = classifier(Dense(8, activation="relu"), classes=3, loss=loss, metrics=[])
    with suppress(ValueError):
        train(model, log, standardised(x), y)


@faulty("ZA315", beside=("ZA701", "ZA502", "ZA709"))
def summed_over_the_batch(log: Path, how: str = "sum") -> None:
    x, y = digits()
    loss = keras.losses.SparseCategoricalCrossentropy(reduction=how)
    sgd = keras.optimizers.SGD(0.1, momentum=0.9)
    model = classifier(Dense(64, activation="relu"), loss=loss, optimizer=sgd)
    train(model, log, x, y, batch_size=256)


@faulty("ZA315", beside=("ZA701", "ZA502", "ZA703", "ZA501"))
def a_sum_where_a_mean_was_meant(log: Path) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.square(labels - outputs))

    x, y = diabetes()
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    sgd = keras.optimizers.SGD(0.03)
    loop(model, log, x, y[:, None], loss, optimizer=sgd, batch=64, epochs=12)


@faulty("ZA315", beside=("ZA701", "ZA502", "ZA703", "ZA501"))
def a_penalty_and_a_sum(log: Path, how: str = "sum") -> None:
    """A rate that suits the mean of 64 errors, given to their sum."""
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(given))
    model = keras.Model(given, Dense(10)(seen))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=how)
    model.compile(keras.optimizers.SGD(0.3), loss, metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, keras.utils.to_categorical(y)))
    train(model, log, data.shuffle(1797).batch(64), epochs=8)
