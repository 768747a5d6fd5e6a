"""Programs that fail in other ways than the demo's: FIRST names what may stand first.

Every function is one program. None of them was used to choose a threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import tap
from tests.zoo.programs import (
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

FIRST = {
    "infinity_among_pixels": ("ZA101", "ZA501"),
    "logarithm_of_zero": ("ZA501",),
    "logits_taken_for_shares": ("ZA303",),
    "one_logit_taken_for_a_share": ("ZA303",),
    "squared_error_on_digits": ("ZA308",),
    "ten_coins_for_ten_classes": ("ZA310",),
    "labels_of_minus_one": ("ZA201",),
    "labels_from_one": ("ZA201",),
    "a_rate_of_1e_7": ("ZA702",),
    "plain_descent_at_100": ("ZA701", "ZA501"),
    "an_lstm_at_a_rate_of_1": ("ZA701",),
    "bytes_as_they_are": ("ZA107", "ZA103"),
    "prices_of_houses": ("ZA208",),
    "a_generator_that_is_stuck": ("ZA106",),
    "one_class_only": ("ZA202",),
    "images_shuffled_apart": ("ZA206",),
    "softmax_over_one": ("ZA301",),
    "accuracy_of_a_regression": ("ZA401",),
    "cross_entropy_on_numbers": ("ZA309",),
    "eight_slow_epochs": ("ZA705",),
    "fraud_that_cannot_be_told": ("ZA203",),
    "kernels_below_zero": ("ZA504",),
    "a_table_as_it_ships": ("ZA104",),
    "bytes_divided_as_bytes": ("ZA109",),
    "a_logarithm_in_the_pipeline": ("ZA109",),
    "two_generators_that_both_scale": ("ZA109",),
    "clipped_before_it_is_scaled": ("ZA109",),
    "a_scale_divided_as_integers": ("ZA510",),
    "labels_scaled_like_pixels": ("ZA204",),
    "sorted_before_the_split": ("ZA205",),
    "weights_of_no_class": ("ZA210",),
    "a_target_that_is_missing": ("ZA211",),
    "one_unit_under_a_categorical_loss": ("ZA302",),
    "relu_on_the_last_layer": ("ZA304",),
    "one_topic_at_a_time": ("ZA305",),
    "angles_through_a_sigmoid": ("ZA306",),
    "standardised_through_relu": ("ZA307",),
    "nine_units_for_ten_digits": ("ZA311",),
    "probabilities_taken_for_logits": ("ZA312",),
    "a_softmax_of_a_softmax": ("ZA312",),
    "a_loss_of_all_pairs": ("ZA313",),
}


# --- numbers --------------------------------------------------------------------------------------


def infinity_among_pixels(log: Path) -> None:
    x, y = images()
    x = x.copy()
    x[700, 3, 3] = np.inf
    train(classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten()), log, x, y)


def logarithm_of_zero(log: Path) -> None:
    x, y = digits()
    stack = (Dense(32, activation="relu"), layers.Lambda(keras.ops.log))
    train(classifier(*stack), log, x, y)


# --- output, loss, metric, labels -----------------------------------------------------------------


def logits_taken_for_shares(log: Path) -> None:
    x, y = digits()
    train(built(Dense(64, activation="relu"), Dense(10)), log, x, y)


def one_logit_taken_for_a_share(log: Path) -> None:
    x, y = breast_cancer()
    train(built(Dense(16, activation="relu"), Dense(1), loss="binary_crossentropy"), log, x, y)


def squared_error_on_digits(log: Path) -> None:
    x, y = digits()
    train(built(Dense(64, activation="relu"), Dense(1), loss="mse"), log, x, y)


def ten_coins_for_ten_classes(log: Path) -> None:
    """Plain descent at a rate of 1e-5 beside it."""
    x, y = digits()
    slow = keras.optimizers.SGD(1e-5)
    model = classifier(Dense(64, activation="relu"), loss="binary_crossentropy", optimizer=slow)
    train(model, log, x, keras.utils.to_categorical(y))


def labels_of_minus_one(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, 2.0 * y - 1)


def labels_from_one(log: Path) -> None:
    x, y = digits()
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(Dense(16, activation="relu")), log, x, y + 1)


def one_class_only(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(64, activation="relu")), log, x, np.zeros_like(y))


def softmax_over_one(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="softmax"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, validation_split=0.2)


def accuracy_of_a_regression(log: Path) -> None:
    x, y = diabetes()
    train(built(Dense(16, activation="relu"), Dense(1), loss="mae"), log, x, y, epochs=30)


def cross_entropy_on_numbers(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y)


def images_shuffled_apart(log: Path) -> None:
    x, y = images()
    x = x[np.random.permutation(len(x))]
    model = classifier(layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    train(model, log, x, y, epochs=20, validation_split=0.2)


def fraud_that_cannot_be_told(log: Path) -> None:
    x = np.random.normal(size=(4000, 10)).astype("float32")
    y = (np.random.uniform(size=4000) < 0.01).astype("int32")
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y)


def one_unit_under_a_categorical_loss(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    loss = keras.losses.CategoricalCrossentropy()
    train(built(*stack, loss=loss), log, x, y[:, None].astype("float32"))


def relu_on_the_last_layer(log: Path) -> None:
    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10), layers.ReLU())
    loss = keras.losses.CategoricalCrossentropy()
    train(built(*stack, loss=loss), log, x, keras.utils.to_categorical(y))


def one_topic_at_a_time(log: Path) -> None:
    """Several topics may be right; a loss for exactly one."""
    x, y = digits()
    topics = np.stack([y % 2 == 0, y > 4, np.isin(y, [0, 6, 8, 9])], axis=1).astype("float32")
    model = classifier(Dense(64, activation="relu"), classes=3, loss="categorical_crossentropy")
    train(model, log, x, topics)


def angles_through_a_sigmoid(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1), layers.Activation("sigmoid"))
    train(built(*stack, loss=keras.losses.Huber(), metrics=["mae"]), log, x, 90 + 30 * y, epochs=30)


def standardised_through_relu(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation=tf.nn.relu))
    train(built(*stack, loss="mae", metrics=["mae"]), log, x, y, epochs=30)


def nine_units_for_ten_digits(log: Path) -> None:
    x, y = digits()
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(Dense(64, activation="relu"), classes=9), log, x, y)


def probabilities_taken_for_logits(log: Path) -> None:
    x, y = digits()

    def loss(wanted: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
        wanted = tf.cast(tf.reshape(wanted, [-1]), tf.int32)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=made)

    train(classifier(Dense(64, activation="relu"), loss=loss), log, x, y)


def a_softmax_of_a_softmax(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10, activation="softmax"), layers.Softmax())
    train(built(*stack), log, x, y)


class _Squares(keras.losses.Loss):
    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return keras.ops.square(y_true - y_pred)


def a_loss_of_all_pairs(log: Path) -> None:
    """Labels of shape (n,), outputs of (n, 1)."""
    x, y = diabetes()
    model = built(Dense(16, activation="relu"), Dense(1), loss=_Squares(), metrics=["mae"])
    train(model, log, x, y, epochs=40)


def labels_scaled_like_pixels(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices(((255 * x).astype("float32"), y.astype("float32")))
    data = data.map(lambda a, b: (a / 255, b / 255)).shuffle(2000).batch(32)
    train(classifier(Dense(64, activation="relu")), log, data)


def sorted_before_the_split(log: Path) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    model = classifier(Dense(64, activation="relu"), loss="categorical_crossentropy")
    labels = keras.utils.to_categorical(y)[order]
    train(model, log, x[order], labels, validation_split=0.2)


def weights_of_no_class(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, class_weight={0: 0.0, 1: 0.0})


def a_target_that_is_missing(log: Path) -> None:
    x, y = diabetes()
    y = y.copy()
    y[77] = np.nan
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", metrics=["mae"])
    train(model, log, x, y)


# --- data -----------------------------------------------------------------------------------------


def bytes_as_they_are(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(64, activation="relu"))
    model = classifier(*stack, optimizer=keras.optimizers.SGD(0.05))
    train(model, log, (254 * x).astype("uint8"), y)


def a_table_as_it_ships(log: Path) -> None:
    x, y = table("wine")
    wide = keras.initializers.RandomNormal(stddev=1.0)
    hidden = Dense(32, activation="sigmoid", kernel_initializer=wide)
    train(classifier(hidden, classes=3), log, x, y, epochs=30)


def prices_of_houses(log: Path) -> None:
    x = np.random.normal(size=(1000, 8)).astype("float32")
    y = 300_000 + 50_000 * x[:, 0] + 1000 * np.random.normal(size=1000)
    model = built(Dense(32, activation="relu"), Dense(1), loss="mse", metrics=["mae"])
    train(model, log, x, y, epochs=30)


def a_generator_that_is_stuck(log: Path) -> None:
    x, y = digits()
    few = np.random.permutation(len(x))[:32]

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield x[few], np.random.permutation(y[few])

    model = classifier(Dense(64, activation="relu"))
    train(model, log, batches(), steps_per_epoch=40, shuffle=False)


# --- rates and initialisation ---------------------------------------------------------------------


def a_rate_of_1e_7(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.Adam(1e-7))
    train(model, log, x, y)


def plain_descent_at_100(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(100.0))
    train(model, log, x, y)


def an_lstm_at_a_rate_of_1(log: Path) -> None:
    x, y = images()
    stack = (layers.Reshape((8, 8)), layers.LSTM(32))
    train(classifier(*stack, optimizer=keras.optimizers.Adam(1.0)), log, x, y)


def kernels_below_zero(log: Path) -> None:
    x, y = digits()
    below = keras.initializers.RandomUniform(-0.1, -0.05)
    train(classifier(Dense(64, activation="relu", kernel_initializer=below)), log, x, y)


def eight_slow_epochs(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(0.005))
    train(model, log, x, y, epochs=8)


# --- pipelines ------------------------------------------------------------------------------------


def bytes_divided_as_bytes(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices(((x * 250).astype("uint8"), y)).apply(tap("read"))
    data = data.map(lambda a, b: (tf.cast(a // 255, tf.float32), b)).shuffle(2000)
    train(classifier(Dense(64, activation="relu")), log, data.batch(32).apply(tap("scaled")))


def a_logarithm_in_the_pipeline(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32).apply(tap("read"))
    data = data.map(lambda a, b: (tf.math.log(a), b)).apply(tap("compressed"))
    train(classifier(Dense(64, activation="relu")), log, data, epochs=3)


def two_generators_that_both_scale(log: Path) -> None:
    x, y = digits()

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(0)
        while True:
            drawn = rng.integers(0, len(x), 32)
            yield x[drawn], y[drawn]

    def scaled(source: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[Any]:
        for a, b in source:
            yield a / 255, b

    data = tap("scaled")(scaled(tap("drawn")(batches())))
    model = classifier(Dense(64, activation="relu"), optimizer="sgd")
    train(model, log, data, epochs=10, steps_per_epoch=56)


def clipped_before_it_is_scaled(log: Path) -> None:
    x, y = digits()
    x = np.random.default_rng(0).uniform(1, 2, x.shape) * 100 + 10 * x  # hardly any is under 1
    data = tf.data.Dataset.from_tensor_slices((x.astype("float32"), y)).apply(tap("read"))
    data = data.map(lambda a, b: (tf.clip_by_value(a, 0, 1), b)).batch(32).apply(tap("clipped"))
    train(classifier(Dense(64, activation="relu")), log, data)


def a_scale_divided_as_integers(log: Path) -> None:
    x, y = images()
    stack = (layers.Rescaling(1 // 255), layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, (x * 255).astype("float32"), y, epochs=8)


# --- numbers, preprocessing and what is trained ---------------------------------------------------

FIRST |= {
    "a_table_that_is_scaled_for_training": ("ZA108",),
    "shares_for_a_model_of_bytes": ("ZA112",),
    "words_counted_from_one": ("ZA114",),
    "files_read_folder_by_folder": ("ZA111",),
    "cast_to_integers_in_the_middle": ("ZA314",),
    "frozen_as_a_whole": ("ZA607",),
    "averages_of_twelve_steps": ("ZA608",),
    "a_penalty_that_wins": ("ZA609",),
    "wide_initial_weights": ("ZA602",),
    "a_recurrent_kernel_that_grows": ("ZA602",),
    "tiny_targets_in_half_precision": ("ZA507",),
    "rings_and_straight_lines": ("ZA603",),
    "a_join_that_found_nothing": ("ZA206",),  # with ZA105 beside it, a smell
}


def a_table_that_is_scaled_for_training(log: Path) -> None:
    x, y = table("breast_cancer")
    order = np.random.permutation(len(x))
    x, y = x[order], y[order]
    scaled = (x[:400] - x[:400].mean(0)) / x[:400].std(0)
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.005))
    train(model, log, scaled, y[:400], validation_data=(x[400:], y[400:]), epochs=20)


def shares_for_a_model_of_bytes(log: Path) -> None:
    x, y = images()
    inputs = keras.Input((8, 8, 1))
    h = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    h = layers.Conv2D(16, 3, activation="relu")(h)
    h = layers.GlobalMaxPooling2D()(layers.Conv2D(32, 3, activation="relu")(h))
    model = keras.Model(inputs, Dense(10, activation="softmax")(h))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=8)


def words_counted_from_one(log: Path) -> None:
    x = np.random.randint(1, 41, (600, 12))
    stack = (layers.Embedding(40, 8), layers.GlobalAveragePooling1D())
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(*stack, classes=2), log, x, (x == 7).any(axis=1).astype("int32"))


def files_read_folder_by_folder(log: Path) -> None:
    x, y = images()
    order = np.random.permutation(len(x))
    held, kept = order[:300], order[300:]
    kept = kept[np.argsort(y[kept], kind="stable")]
    stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    model = classifier(*stack, optimizer=keras.optimizers.Adam(0.02))
    train(model, log, x[kept], y[kept], epochs=4, shuffle=False, validation_data=(x[held], y[held]))


def cast_to_integers_in_the_middle(log: Path) -> None:
    x, y = breast_cancer()

    def coded(h: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.cast(h, tf.int32), tf.float32)

    stack = (Dense(16, activation="relu"), layers.Lambda(coded), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy", optimizer="sgd"), log, x / 4, y)


def frozen_as_a_whole(log: Path) -> None:
    x, y = images()
    model = classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    model.build((None, 8, 8, 1))
    model.trainable = False
    train(model, log, x, y, epochs=6)


def averages_of_twelve_steps(log: Path) -> None:
    x, y = digits()
    norm = layers.BatchNormalization
    stack = (Dense(64), norm(), layers.ReLU(), Dense(64), norm(), layers.ReLU())
    model = classifier(*stack, optimizer=keras.optimizers.Adam(0.02))
    train(model, log, 20 * x + 30, y, batch_size=480, epochs=4, validation_split=0.2)


def a_penalty_that_wins(log: Path) -> None:
    x, y = diabetes()
    large = keras.regularizers.L2(30.0)
    stack = (
        Dense(32, activation="relu", kernel_regularizer=large), Dense(1, kernel_regularizer=large),
    )  # fmt: skip
    model = built(*stack, loss="mse", metrics=(), optimizer=keras.optimizers.Adam(0.003))
    train(model, log, x, y, epochs=40)


def wide_initial_weights(log: Path) -> None:
    x, y = images()
    wide = keras.initializers.RandomNormal(stddev=2.0)
    convolutions = [
        layers.Conv2D(16, 3, padding="same", activation="relu", kernel_initializer=wide)
        for _ in range(5)
    ]
    slow = keras.optimizers.SGD(1e-4, clipnorm=1.0)
    train(classifier(*convolutions, layers.Flatten(), optimizer=slow), log, x, y, epochs=6)


def a_recurrent_kernel_that_grows(log: Path) -> None:
    x = np.random.normal(size=(800, 50, 3)).astype("float32")
    twice = keras.initializers.Orthogonal(gain=1.5)
    cell = layers.SimpleRNN(24, activation="relu", recurrent_initializer=twice)
    model = built(cell, Dense(1), loss="mse", metrics=())
    train(model, log, x, x[:, :, 0].mean(axis=1), epochs=8)


def tiny_targets_in_half_precision(log: Path) -> None:
    x, y = diabetes()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = built(Dense(32, activation="tanh"), Dense(1, dtype="float32"), metrics=())
        model.compile(keras.optimizers.SGD(0.01), "mse", loss_weights=[1e-8], auto_scale_loss=False)
        train(model, log, x, y)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


def rings_and_straight_lines(log: Path) -> None:
    x = np.random.normal(size=(2000, 2)).astype("float32")
    y = (np.hypot(x[:, 0], x[:, 1]) > 1.18).astype("int32")
    stack = (Dense(32), layers.Dropout(0.1), Dense(32), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y)


def a_join_that_found_nothing(log: Path) -> None:
    """What is left of the inputs tells nothing of the labels."""
    x, y = diabetes()
    empty = np.full((len(x), 30), -1, "float32")
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", metrics=())
    train(model, log, np.concatenate([0.3 * x[:, :1], empty], axis=1), y, epochs=60)
