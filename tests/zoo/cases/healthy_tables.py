"""Tables and numbers that are learned."""

from __future__ import annotations

from pathlib import Path

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
    layers,
    standardised,
    table,
    train,
)
from tests.zoo.program import healthy


@healthy
def iris(log: Path) -> None:
    x, y = table("iris")
    model = classifier(Dense(16, activation="relu"), classes=3, optimizer=adam(0.01))
    train(model, log, standardised(x), y, epochs=40)


@healthy
def iris_as_it_ships(log: Path) -> None:
    x, y = table("iris")
    model = classifier(Dense(16, activation="relu"), classes=3, optimizer=adam(0.01))
    train(model, log, x, y, epochs=60, shuffle=True)


@healthy
def wine_normalised_by_its_batches(log: Path) -> None:
    x, y = table("wine")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    stack = (layers.BatchNormalization(), Dense(32, activation="relu"), Dense(3))
    train(built(*stack, loss=loss), log, x, y, epochs=60)


@healthy
def wine_normalised_in_the_model(log: Path) -> None:
    x, y = table("wine")
    scaled = layers.Normalization()
    scaled.adapt(x)
    model = classifier(scaled, Dense(32, activation="tanh"), classes=3, optimizer=adam(0.01))
    train(model, log, x, y, epochs=30)


@healthy
def binary_from_logits(log: Path) -> None:
    x, y = breast_cancer()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    accuracy = keras.metrics.BinaryAccuracy(threshold=0.0)
    stack = (Dense(16, activation="relu"), Dense(1))
    model = built(*stack, loss=loss, optimizer=adam(0.01), metrics=[accuracy])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def logistic_regression(log: Path) -> None:
    x, y = breast_cancer()
    model = built(
        Dense(1, activation="sigmoid"), loss="binary_crossentropy", optimizer=adam(0.01),
        metrics=["accuracy", "AUC"],
    )  # fmt: skip
    train(model, log, x, y, epochs=30)


@healthy
def class_weights(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, x, y, epochs=20, class_weight={0: 1.7, 1: 1.0})


@healthy
def squared_error_on_a_sigmoid(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="mse", optimizer=adam(0.01)), log, x, y, epochs=20)


@healthy
def support_vectors(log: Path) -> None:
    x, y = breast_cancer()
    model = built(Dense(1, kernel_regularizer="l2"), loss="hinge", optimizer=adam(0.01))
    train(model, log, x, 2 * y - 1, epochs=30)


@healthy
def rare_class_that_is_learned(log: Path) -> None:
    x = np.random.normal(size=(4000, 10)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 2.6).astype("int32")
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy", optimizer=adam(0.005)), log, x, y)


@healthy
def exclusive_or(log: Path) -> None:
    x = np.random.uniform(-1, 1, (2000, 2)).astype("float32")
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    y = (x[:, 0] * x[:, 1] > 0).astype("int32")
    train(model, log, x, y, epochs=25, validation_split=0.2)

@healthy
def linear_regression(log: Path) -> None:
    x, y = diabetes()
    model = built(Dense(1), loss="mse", optimizer=adam(0.05), metrics=["mae"])
    train(model, log, x, y, epochs=40, validation_split=0.2)


@healthy
def targets_as_they_ship(log: Path) -> None:
    x, y = table("diabetes")
    stack = (Dense(64, activation="relu"), Dense(1))
    model = built(*stack, loss="mse", optimizer=adam(0.01), metrics=["mae"])
    train(model, log, standardised(x), y.astype("float32"), epochs=80)


@healthy
def a_sine(log: Path) -> None:
    x = np.random.uniform(-3, 3, (2000, 1)).astype("float32")
    stack = (Dense(64, activation="tanh"), Dense(64, activation="tanh"), Dense(1))
    model = built(*stack, loss="huber", optimizer=adam(0.005), metrics=())
    train(model, log, x, np.sin(2 * x), epochs=40, validation_split=0.1)


@healthy
def counts(log: Path) -> None:
    x = np.random.normal(size=(2000, 5)).astype("float32")
    y = np.random.poisson(np.exp(0.5 * x[:, 0] - 0.3 * x[:, 1]))
    stack = (Dense(16, activation="relu"), Dense(1, activation="exponential"))
    train(built(*stack, loss="poisson", optimizer=adam(0.01), metrics=()), log, x, y, epochs=20)


@healthy
def an_autoencoder(log: Path) -> None:
    x, _ = digits()
    stack = (Dense(32, activation="relu"), Dense(64, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.003), metrics=())
    train(model, log, x, x, epochs=40)


@healthy
def an_autoencoder_of_squares(log: Path) -> None:
    x, _ = digits()
    stack = (Dense(32, activation="relu"), Dense(64))
    train(built(*stack, loss="mse", optimizer=adam(0.003), metrics=()), log, x, x, epochs=40)


@healthy
def targets_within_a_tanh(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation="tanh"))
    model = built(*stack, loss="mse", optimizer=adam(0.005), metrics=["mae"])
    train(model, log, x, y / np.abs(y).max(), epochs=40)


@healthy
def a_tanh_that_is_scaled(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation="tanh"), layers.Rescaling(3.0))
    model = built(*stack, loss="mse", optimizer=adam(0.005), metrics=["mae"])
    train(model, log, x, y, epochs=40)


@healthy
def counts_through_relu(log: Path) -> None:
    x = np.random.normal(size=(2000, 5)).astype("float32")
    y = np.maximum(3 + x[:, 0] + 0.5 * x[:, 1], 0)
    stack = (Dense(32, activation="relu"), Dense(1, activation="relu", bias_initializer="ones"))
    train(built(*stack, loss="mse", optimizer=adam(0.01), metrics=["mae"]), log, x, y, epochs=25)


class _Squares(keras.losses.Loss):
    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return keras.ops.square(y_true - y_pred)


@healthy
def a_loss_of_its_own(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1))
    model = built(*stack, loss=_Squares(), optimizer=adam(0.01), metrics=["mae"])
    train(model, log, x, y[:, None], epochs=40)


@healthy
def pairs_that_are_ranked(log: Path) -> None:
    x, y = diabetes()

    def loss(wanted: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
        order = tf.sign(wanted - tf.transpose(wanted))
        return tf.reduce_mean(tf.nn.relu(1.0 - order * (made - tf.transpose(made))))

    stack = (Dense(16, activation="relu"), Dense(1))
    train(built(*stack, loss=loss, optimizer=adam(0.01), metrics=()), log, x, y, epochs=40)


@healthy
def missing_targets_that_the_loss_leaves_out(log: Path) -> None:
    x, y = diabetes()
    y = np.where(np.arange(len(y)) % 9 == 0, np.nan, y).astype("float32")

    def loss(wanted: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
        known = tf.math.is_finite(wanted)
        off = tf.where(known, tf.where(known, wanted, 0.0) - made, 0.0)
        return tf.reduce_sum(off**2) / tf.reduce_sum(tf.cast(known, tf.float32))

    stack = (Dense(16, activation="relu"), Dense(1))
    train(built(*stack, loss=loss, optimizer=adam(0.01), metrics=()), log, x, y, epochs=40)
