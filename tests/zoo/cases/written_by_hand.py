"""Softmaxes, losses and steps that are written by hand, as they should be and not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

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
from tests.zoo.program import faulty, healthy

SparseCrossentropy = keras.losses.SparseCategoricalCrossentropy


@keras.saving.register_keras_serializable("zoo")
def shares(logits: Any) -> Any:
    """A softmax, written out."""
    raised = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    return raised / ops.sum(raised, axis=-1, keepdims=True)


# --- softmax --------------------------------------------------------------------------------------


@faulty("ZA312")
def shares_of_a_lambda_taken_for_logits(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10), layers.Lambda(shares))
    train(built(*stack, loss=SparseCrossentropy(from_logits=True)), log, x, y)


@faulty("ZA312")
def shares_of_a_model_before_a_loss_of_logits(log: Path) -> None:
    """The softmax is the last line of `call`; TensorFlow's loss applies another one."""

    class Shared(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.told = Dense(32, activation="relu"), Dense(3)

        def call(self, given: tf.Tensor) -> tf.Tensor:
            raised = tf.exp(self.told(self.hidden(given)))
            return raised / tf.reduce_sum(raised, axis=-1, keepdims=True)

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)

    x, y = table("wine")
    loop(Shared(), log, standardised(x), y, loss, epochs=15)


@healthy
def shares_of_a_lambda(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10), layers.Lambda(shares))
    train(built(*stack, loss=SparseCrossentropy(from_logits=False)), log, x, y)


@healthy
def logarithms_of_shares_as_logits(log: Path) -> None:
    """A softmax of logarithms of shares gives these shares: nothing is applied twice."""
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10), layers.Activation("log_softmax"))
    train(built(*stack, loss=SparseCrossentropy(from_logits=True)), log, x, y)


# --- what has no gradient -------------------------------------------------------------------------


@faulty("ZA314")
def wrong_answers_counted(log: Path) -> None:
    """The share of wrong answers is what is wanted, and has no gradient."""

    def loss(labels: Any, outputs: Any) -> Any:
        told = ops.cast(outputs > 0.5, "float32")
        return ops.mean(ops.abs(ops.cast(labels, "float32") - told))

    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    with suppress(ValueError):
        train(built(*stack, loss=loss), log, x, y[:, None].astype("float32"))


@faulty("ZA314")
def rounded_before_it_is_compared(log: Path) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.square(tf.cast(labels, tf.float32)[:, None] - tf.round(outputs)))

    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(1)])
    with suppress(ValueError):
        loop(model, log, x, y, loss)


# --- comparisons of all with all ------------------------------------------------------------------


class Stepped(keras.Model):  # type: ignore[misc]
    """A regression with a step of its own, whose loss is that of a function."""

    def __init__(self, error: Any) -> None:
        super().__init__()
        self.error = error
        self.hidden, self.told = Dense(16, activation="relu"), Dense(1)

    def call(self, given: tf.Tensor) -> tf.Tensor:
        return self.told(self.hidden(given))

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        given, wanted = data
        with tf.GradientTape() as tape:
            loss = self.error(wanted, self(given, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


@faulty("ZA313", beside=("ZA406",))
def squares_of_a_step_of_its_own(log: Path) -> None:
    """A column of outputs less a row of targets, in a step that no loss of Keras sees."""
    x, y = diabetes()
    model = Stepped(lambda wanted, told: tf.reduce_mean(tf.square(wanted - told)))
    model.compile(adam(0.01))
    train(model, log, x, y)


class Tracked(Stepped):
    """The same, with a tracker of its loss as Keras' guides have it."""

    def __init__(self, error: Any) -> None:
        super().__init__(error)
        self.tracker = keras.metrics.Mean(name="loss")

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        self.tracker.update_state(super().train_step(data)["loss"])
        return {"loss": self.tracker.result()}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.tracker]


@faulty("ZA313")
def differences_of_a_step_with_a_tracker(log: Path) -> None:
    x, y = diabetes()
    model = Tracked(lambda wanted, told: tf.reduce_mean(tf.math.log(tf.cosh(wanted - told))))
    model.compile(adam(0.01))
    train(model, log, x, y)


@healthy
def differences_of_a_step_that_fits(log: Path) -> None:
    x, y = diabetes()
    model = Tracked(lambda wanted, told: tf.reduce_mean(tf.abs(wanted[:, None] - told)))
    model.compile(adam(0.01))
    train(model, log, x, y, epochs=40)


# --- sums -----------------------------------------------------------------------------------------


@faulty("ZA315", beside=("ZA701", "ZA502", "ZA703", "ZA501"))
def squares_added_up_by_a_function(log: Path) -> None:
    """A rate that suits the mean of 64 squares, given to their sum."""

    def loss(labels: Any, outputs: Any) -> Any:
        return ops.sum(ops.square(labels - outputs))

    x, y = diabetes()
    model = built(
        Dense(16, activation="relu"), Dense(1), loss=loss, metrics=["mae"],
        optimizer=keras.optimizers.SGD(0.05),
    )  # fmt: skip
    train(model, log, x, y, batch_size=64)


@faulty("ZA315", beside=("ZA701", "ZA502", "ZA703", "ZA501", "ZA504"))
def logarithms_added_up_in_a_loop(log: Path) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)
        return tf.reduce_sum(each)

    x, y = images()
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10)])
    loop(model, log, x, y, loss, optimizer=keras.optimizers.SGD(0.5), batch=128, epochs=6)


@healthy
def squares_of_three_columns_added_up(log: Path) -> None:
    """Summed over the columns, and the mean over the examples."""

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.reduce_mean(tf.square(labels - outputs), axis=0))

    x, y = diabetes()
    targets = np.column_stack([y, 2 * y, 1 - y]).astype("float32")
    model = keras.Sequential([Dense(32, activation="relu"), Dense(3)])
    loop(model, log, x, targets, loss, optimizer=keras.optimizers.SGD(0.02), epochs=30)


@healthy
def a_sum_divided_by_what_was_summed(log: Path) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)
        return tf.reduce_sum(each) / tf.cast(tf.shape(labels)[0], tf.float32)

    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loop(model, log, x, y, loss, optimizer=keras.optimizers.SGD(0.2), batch=64, epochs=12)


# --- a metric of another axis ---------------------------------------------------------------------


@faulty("ZA403")
def hits_of_classes_counted_from_one(log: Path) -> None:
    """What is compared with the labels is the rank of the class, counted from 1."""

    def hits(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        told = tf.argmax(outputs, axis=-1) + 1
        return tf.cast(labels == told, tf.float32)

    x, y = images()
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10)])
    loop(model, log, x, y, SparseCrossentropy(from_logits=True), metric=hits)


@faulty("ZA403")
def accuracy_of_shuffled_rows(log: Path) -> None:
    """The metric compares what was told of one example with the label of the next."""

    def accuracy(labels: Any, outputs: Any) -> Any:
        told = ops.cast(ops.argmax(outputs, axis=-1), "float32")
        meant = ops.cast(ops.reshape(labels, (-1,)), "float32")
        return ops.mean(ops.cast(ops.equal(ops.roll(meant, 1), told), "float32"))

    x, y = digits()
    model = classifier(Dense(64, activation="relu"), metrics=[accuracy])
    train(model, log, x, y, validation_split=0.2)
