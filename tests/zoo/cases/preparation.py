"""Preprocessing, initial weights and what is trained, wrong from the start."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    breast_cancer,
    built,
    classifier,
    diabetes,
    digits,
    images,
    layers,
    table,
    train,
)
from tests.zoo.program import faulty


@faulty("ZA108")
def a_table_that_is_scaled_for_training(log: Path) -> None:
    x, y = table("breast_cancer")
    order = np.random.permutation(len(x))
    x, y = x[order], y[order]
    scaled = (x[:400] - x[:400].mean(0)) / x[:400].std(0)
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.005))
    train(model, log, scaled, y[:400], validation_data=(x[400:], y[400:]), epochs=20)


@faulty("ZA112")
def shares_for_a_model_of_bytes(log: Path) -> None:
    x, y = images()
    inputs = keras.Input((8, 8, 1))
    h = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    h = layers.Conv2D(16, 3, activation="relu")(h)
    h = layers.GlobalMaxPooling2D()(layers.Conv2D(32, 3, activation="relu")(h))
    model = keras.Model(inputs, Dense(10, activation="softmax")(h))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=8)


@faulty("ZA114")
def words_counted_from_one(log: Path) -> None:
    x = np.random.randint(1, 41, (600, 12))
    stack = (layers.Embedding(40, 8), layers.GlobalAveragePooling1D())
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(*stack, classes=2), log, x, (x == 7).any(axis=1).astype("int32"))


@faulty("ZA111")
def files_read_folder_by_folder(log: Path) -> None:
    x, y = images()
    order = np.random.permutation(len(x))
    held, kept = order[:300], order[300:]
    kept = kept[np.argsort(y[kept], kind="stable")]
    stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    model = classifier(*stack, optimizer=keras.optimizers.Adam(0.02))
    train(model, log, x[kept], y[kept], epochs=4, shuffle=False, validation_data=(x[held], y[held]))


@faulty("ZA314")
def cast_to_integers_in_the_middle(log: Path) -> None:
    x, y = breast_cancer()

    def coded(h: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.cast(h, tf.int32), tf.float32)

    stack = (Dense(16, activation="relu"), layers.Lambda(coded), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy", optimizer="sgd"), log, x / 4, y)


@faulty("ZA607")
def frozen_as_a_whole(log: Path) -> None:
    x, y = images()
    model = classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    model.build((None, 8, 8, 1))
    model.trainable = False
    train(model, log, x, y, epochs=6)


@faulty("ZA608")
def averages_of_twelve_steps(log: Path) -> None:
    x, y = digits()
    norm = layers.BatchNormalization
    stack = (Dense(64), norm(), layers.ReLU(), Dense(64), norm(), layers.ReLU())
    model = classifier(*stack, optimizer=keras.optimizers.Adam(0.02))
    train(model, log, 20 * x + 30, y, batch_size=480, epochs=4, validation_split=0.2)


@faulty("ZA609")
def a_penalty_that_wins(log: Path) -> None:
    x, y = diabetes()
    large = keras.regularizers.L2(30.0)
    stack = (
        Dense(32, activation="relu", kernel_regularizer=large), Dense(1, kernel_regularizer=large),
    )  # fmt: skip
    model = built(*stack, loss="mse", metrics=(), optimizer=keras.optimizers.Adam(0.003))
    train(model, log, x, y, epochs=40)


@faulty("ZA602")
def wide_initial_weights(log: Path) -> None:
    x, y = images()
    wide = keras.initializers.RandomNormal(stddev=2.0)
    convolutions = [
        layers.Conv2D(16, 3, padding="same", activation="relu", kernel_initializer=wide)
        for _ in range(5)
    ]
    slow = keras.optimizers.SGD(1e-4, clipnorm=1.0)
    train(classifier(*convolutions, layers.Flatten(), optimizer=slow), log, x, y, epochs=6)


@faulty("ZA602")
def a_recurrent_kernel_that_grows(log: Path) -> None:
    x = np.random.normal(size=(800, 50, 3)).astype("float32")
    twice = keras.initializers.Orthogonal(gain=1.5)
    cell = layers.SimpleRNN(24, activation="relu", recurrent_initializer=twice)
    model = built(cell, Dense(1), loss="mse", metrics=())
    train(model, log, x, x[:, :, 0].mean(axis=1), epochs=8)


@faulty("ZA507")
def tiny_targets_in_half_precision(log: Path) -> None:
    x, y = diabetes()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = built(Dense(32, activation="tanh"), Dense(1, dtype="float32"), metrics=())
        model.compile(keras.optimizers.SGD(0.01), "mse", loss_weights=[1e-8], auto_scale_loss=False)
        train(model, log, x, y)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


@faulty("ZA603")
def rings_and_straight_lines(log: Path) -> None:
    x = np.random.normal(size=(2000, 2)).astype("float32")
    y = (np.hypot(x[:, 0], x[:, 1]) > 1.18).astype("int32")
    stack = (Dense(32), layers.Dropout(0.1), Dense(32), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y)


@faulty("ZA105", "ZA206")
def a_join_that_found_nothing(log: Path) -> None:
    """What is left of the inputs tells nothing of the labels."""
    x, y = diabetes()
    empty = np.full((len(x), 30), -1, "float32")
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", metrics=())
    train(model, log, np.concatenate([0.3 * x[:, :1], empty], axis=1), y, epochs=60)
