"""Output, loss, metric and labels that do not fit one another."""

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
    train,
)
from tests.zoo.program import faulty


@faulty("ZA303")
def logits_taken_for_shares(log: Path) -> None:
    x, y = digits()
    train(built(Dense(64, activation="relu"), Dense(10)), log, x, y)


@faulty("ZA303")
def one_logit_taken_for_a_share(log: Path) -> None:
    x, y = breast_cancer()
    train(built(Dense(16, activation="relu"), Dense(1), loss="binary_crossentropy"), log, x, y)


@faulty("ZA308")
def squared_error_on_digits(log: Path) -> None:
    x, y = digits()
    train(built(Dense(64, activation="relu"), Dense(1), loss="mse"), log, x, y)


@faulty("ZA310", beside=("ZA702",))
def ten_coins_for_ten_classes(log: Path) -> None:
    """Plain descent at a rate of 1e-5 beside it."""
    x, y = digits()
    slow = keras.optimizers.SGD(1e-5)
    model = classifier(Dense(64, activation="relu"), loss="binary_crossentropy", optimizer=slow)
    train(model, log, x, keras.utils.to_categorical(y))


@faulty("ZA201")
def labels_of_minus_one(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, 2.0 * y - 1)


@faulty("ZA201")
def labels_from_one(log: Path) -> None:
    x, y = digits()
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(Dense(16, activation="relu")), log, x, y + 1)


@faulty("ZA202")
def one_class_only(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(64, activation="relu")), log, x, np.zeros_like(y))


@faulty("ZA301")
def softmax_over_one(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="softmax"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, validation_split=0.2)


@faulty("ZA401")
def accuracy_of_a_regression(log: Path) -> None:
    x, y = diabetes()
    train(built(Dense(16, activation="relu"), Dense(1), loss="mae"), log, x, y, epochs=30)


@faulty("ZA309")
def cross_entropy_on_numbers(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y)


@faulty("ZA206")
def images_shuffled_apart(log: Path) -> None:
    x, y = images()
    x = x[np.random.permutation(len(x))]
    model = classifier(layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    train(model, log, x, y, epochs=20, validation_split=0.2)


@faulty("ZA203")
def fraud_that_cannot_be_told(log: Path) -> None:
    x = np.random.normal(size=(4000, 10)).astype("float32")
    y = (np.random.uniform(size=4000) < 0.01).astype("int32")
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y)


@faulty("ZA302")
def one_unit_under_a_categorical_loss(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    loss = keras.losses.CategoricalCrossentropy()
    train(built(*stack, loss=loss), log, x, y[:, None].astype("float32"))


@faulty("ZA304")
def relu_on_the_last_layer(log: Path) -> None:
    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10), layers.ReLU())
    loss = keras.losses.CategoricalCrossentropy()
    train(built(*stack, loss=loss), log, x, keras.utils.to_categorical(y))


@faulty("ZA305")
def one_topic_at_a_time(log: Path) -> None:
    """Several topics may be right; a loss for exactly one."""
    x, y = digits()
    topics = np.stack([y % 2 == 0, y > 4, np.isin(y, [0, 6, 8, 9])], axis=1).astype("float32")
    model = classifier(Dense(64, activation="relu"), classes=3, loss="categorical_crossentropy")
    train(model, log, x, topics)


@faulty("ZA306")
def angles_through_a_sigmoid(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1), layers.Activation("sigmoid"))
    train(built(*stack, loss=keras.losses.Huber(), metrics=["mae"]), log, x, 90 + 30 * y, epochs=30)


@faulty("ZA307")
def standardised_through_relu(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation=tf.nn.relu))
    train(built(*stack, loss="mae", metrics=["mae"]), log, x, y, epochs=30)


@faulty("ZA311")
def nine_units_for_ten_digits(log: Path) -> None:
    x, y = digits()
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(Dense(64, activation="relu"), classes=9), log, x, y)


@faulty("ZA312")
def probabilities_taken_for_logits(log: Path) -> None:
    x, y = digits()

    def loss(wanted: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
        wanted = tf.cast(tf.reshape(wanted, [-1]), tf.int32)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=made)

    train(classifier(Dense(64, activation="relu"), loss=loss), log, x, y)


@faulty("ZA312")
def a_softmax_of_a_softmax(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10, activation="softmax"), layers.Softmax())
    train(built(*stack), log, x, y)


class _Squares(keras.losses.Loss):
    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return keras.ops.square(y_true - y_pred)


@faulty("ZA313")
def a_loss_of_all_pairs(log: Path) -> None:
    """Labels of shape (n,), outputs of (n, 1)."""
    x, y = diabetes()
    model = built(Dense(16, activation="relu"), Dense(1), loss=_Squares(), metrics=["mae"])
    train(model, log, x, y, epochs=40)


@faulty("ZA204")
def labels_scaled_like_pixels(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices(((255 * x).astype("float32"), y.astype("float32")))
    data = data.map(lambda a, b: (a / 255, b / 255)).shuffle(2000).batch(32)
    train(classifier(Dense(64, activation="relu")), log, data)


@faulty("ZA205")
def sorted_before_the_split(log: Path) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    model = classifier(Dense(64, activation="relu"), loss="categorical_crossentropy")
    labels = keras.utils.to_categorical(y)[order]
    train(model, log, x[order], labels, validation_split=0.2)


@faulty("ZA210")
def weights_of_no_class(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, class_weight={0: 0.0, 1: 0.0})


@faulty("ZA211")
def a_target_that_is_missing(log: Path) -> None:
    x, y = diabetes()
    y = y.copy()
    y[77] = np.nan
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", metrics=["mae"])
    train(model, log, x, y)
