"""Programs whose gradients, activations or losses leave the numbers that train."""

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
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty

ops = keras.ops
initializers = keras.initializers

# --- not finite -----------------------------------------------------------------------------------


@faulty("ZA501", "ZA506")
def the_root_of_no_distance(log: Path, least: float = 0.0) -> None:
    """The slope of a root at 0 is infinite, and the first pixel is 0 in every image."""
    x, y = digits()
    root = layers.Lambda(lambda pixels: ops.sqrt(pixels * pixels + least))
    given = keras.Input((64,))
    hidden = root(Dense(32, use_bias=False)(given) * given[:, :1])
    model = keras.Model(given, Dense(10, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=4)


@faulty("ZA501", "ZA506")
def divided_by_the_spread_of_nothing(log: Path) -> None:
    """Blank images are kept: each image is divided by its own spread, and theirs is 0."""

    class Standardised(layers.Layer):
        def call(self, given: Any) -> Any:
            mean = ops.mean(given, axis=-1, keepdims=True)
            return (given - mean) / ops.std(given, axis=-1, keepdims=True)

    x, y = digits()
    x = x.copy()
    x[::50] = 0
    train(classifier(Standardised(), Dense(32, activation="relu")), log, x, y, epochs=4)


@faulty("ZA501", "ZA506")
def relative_error_of_nothing(log: Path, least: float = 0.0) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.abs(labels - outputs) / (tf.abs(labels) + least)

    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 5)).astype("float32")
    y = rng.poisson(np.exp(1 + 0.5 * x[:, :1])).astype("float32")
    loop(keras.Sequential([Dense(16, activation="relu"), Dense(1)]), log, x, y, loss, epochs=5)


@faulty("ZA506", "ZA501")
def cross_entropy_by_hand(log: Path, least: float = 0.0) -> None:
    def loss(labels: Any, outputs: Any) -> Any:
        labels = ops.cast(labels, "float32")
        told = labels * ops.log(outputs + least) + (1 - labels) * ops.log(1 - outputs + least)
        return -ops.mean(told)

    x, y = breast_cancer()
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss=loss, optimizer=adam(0.05))
    train(model, log, x, y[:, None], epochs=30)


@faulty("ZA506", "ZA501")
def softmax_that_overflows(log: Path, scale: float = 30.0) -> None:
    def softmax(scores: Any) -> Any:
        raised = ops.exp(scale * scores)
        return raised / ops.sum(raised, axis=-1, keepdims=True)

    x, y = digits()
    wide = initializers.RandomNormal(stddev=0.5)
    stack = (Dense(64, activation="relu"), Dense(10, activation=softmax, kernel_initializer=wide))
    loss = keras.losses.SparseCategoricalCrossentropy()
    loop(keras.Sequential(list(stack)), log, x, y, loss, epochs=5)


@faulty("ZA506", "ZA501")
def a_likelihood_without_a_floor(log: Path, least: float = 0.0) -> None:
    """Mean and spread are told, and nothing keeps the spread off 0."""

    def loss(labels: Any, outputs: Any) -> Any:
        spread = ops.relu(outputs[:, 1]) + least
        return ops.mean(ops.log(spread) + ((labels[:, 0] - outputs[:, 0]) / spread) ** 2)

    x, y = diabetes()
    given = keras.Input((10,))
    model = keras.Model(given, Dense(2)(Dense(16, activation="relu")(given)))
    model.compile(adam(0.01), loss)
    train(model, log, x, y[:, None], epochs=6)


@faulty("ZA507", "ZA501")
def half_precision_throughout(log: Path, kind: str = "float16") -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu", dtype=kind), Dense(10, activation="softmax", dtype=kind))
    train(built(*stack), log, x, y)


@faulty("ZA507")
def a_small_loss_in_half_precision(log: Path, kind: str = "mixed_float16") -> None:
    """A loop of one's own scales no loss: what comes back through the layers is under 6e-8."""

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        told = tf.cast(outputs, tf.float32)
        return 1e-6 * keras.losses.sparse_categorical_crossentropy(labels, told, from_logits=True)

    x, y = images()
    stack = (
        layers.Conv2D(8, 3, activation="relu", dtype=kind), layers.Flatten(dtype=kind),
        Dense(32, activation="relu", dtype=kind), Dense(10, dtype=kind),
    )  # fmt: skip
    loop(keras.Sequential(list(stack)), log, x, y, loss, epochs=8)


@faulty("ZA507", "ZA501", "ZA506")
def squares_summed_in_half_precision(log: Path, kind: str = "float16") -> None:
    """65 504 is the largest half: the sum of the squares of 64 pixels of 0 to 255 is beyond it."""
    x, y = digits()
    given = keras.Input((64,))
    length = layers.Lambda(
        lambda pixels: ops.sqrt(ops.sum(ops.square(ops.cast(pixels, kind)), -1, keepdims=True))
    )
    normed = given / (1 + ops.cast(length(given), "float32"))
    model = keras.Model(given, Dense(10, activation="softmax")(Dense(32, "relu")(normed)))
    model.compile(adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, 255 * x, y)


# --- exploding, vanishing -------------------------------------------------------------------------


@faulty("ZA502", "ZA602", beside=("ZA501", "ZA703", "ZA701"))
def a_recurrence_that_grows(log: Path, gain: float = 1.6) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(600, 40, 2)).astype("float32")
    y = (x[:, :, 0].mean(axis=1) > 0).astype("int32")
    grown = initializers.Identity(gain)
    stack = (
        layers.SimpleRNN(16, activation="relu", recurrent_initializer=grown),
        Dense(1, activation="sigmoid"),
    )
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.003))
    train(model, log, x, y, epochs=8)


@faulty("ZA502", beside=("ZA501", "ZA602", "ZA703"))
def shortcuts_that_add_up(log: Path, share: float = 1.0) -> None:
    """Thirty blocks, none normalised: each doubles what it is given."""
    x, y = digits()
    given = keras.Input((64,))
    seen = Dense(64)(given)
    for _ in range(30):
        seen = seen + share * Dense(64, activation="relu", kernel_initializer="he_normal")(seen)
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=6)


@faulty("ZA503")
def a_deep_net_of_tanh_of_sigmoids(log: Path, gain: str = "sigmoid") -> None:
    class Deep(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = [Dense(24, activation=gain) for _ in range(10)]
            self.told = Dense(2)

        def call(self, given: tf.Tensor) -> tf.Tensor:
            for layer in self.hidden:
                given = layer(given)
            return self.told(given)

    x, y = breast_cancer()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(Deep(), log, x, y, loss, optimizer=keras.optimizers.SGD(0.05))


@faulty("ZA503")
def the_first_word_of_a_long_line(log: Path, length: int = 100) -> None:
    """What decides stands a hundred steps back."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(500, length, 1)).astype("float32")
    x[:, 0, 0] = rng.choice([-1.0, 1.0], 500)
    y = (x[:, 0, 0] > 0).astype("int32")
    stack = (layers.SimpleRNN(12), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, epochs=8, validation_split=0.2)


@faulty("ZA503")
def convolutions_one_behind_the_other(log: Path, activation: str = "sigmoid") -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = given
    for _ in range(9):
        seen = layers.Conv2D(8, 3, padding="same", activation=activation)(seen)
    told = Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(seen))
    model = keras.Model(given, told)
    sgd = keras.optimizers.SGD(0.1)
    model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=6)


# --- dead, saturated ------------------------------------------------------------------------------


@faulty("ZA504")
def relu_of_a_logarithm_of_shares(log: Path) -> None:
    """The logarithm of a share is never above 0."""
    x, y = digits()
    given = keras.Input((64,))
    shares = Dense(32, activation="log_softmax")(given)
    model = keras.Model(given, Dense(10, activation="softmax")(layers.ReLU()(shares)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y)


@faulty("ZA504")
def a_bias_that_was_meant_for_the_output(log: Path, bias: float = -8.0) -> None:
    x, y = images()
    start = initializers.Constant(bias)
    stack = (layers.Conv2D(16, 3, activation="relu", bias_initializer=start), layers.Flatten())
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(32)
    train(classifier(*stack), log, data, epochs=8)


@faulty("ZA504")
def weights_kept_positive_below_zero(log: Path) -> None:
    """Inputs are -1 to 0, and a constraint keeps every weight positive."""
    x, y = breast_cancer()
    x = (x - x.max(axis=0)) / 12
    positive = keras.constraints.NonNeg()
    hidden = Dense(
        16,
        activation="relu",
        kernel_constraint=positive,
        kernel_initializer=initializers.RandomUniform(0.1, 1.0),
    )
    model = keras.Sequential([hidden, Dense(1, activation="sigmoid")])
    loop(model, log, x, y[:, None], keras.losses.BinaryCrossentropy())


@faulty("ZA505", beside=("ZA602",))
def uniform_kernels_from_minus_five(log: Path, most: float = 5.0) -> None:
    x, y = digits()
    start = initializers.RandomUniform(-most, most)
    stack = [Dense(32, activation="tanh", kernel_initializer=start) for _ in range(3)]
    train(classifier(*stack), log, x, y)


@faulty("ZA505", beside=("ZA602",))
def a_steep_sigmoid(log: Path, steep: float = 1000.0) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(4, 3)(given))
    for _ in range(2):
        seen = layers.Lambda(lambda told: ops.sigmoid(steep * told))(Dense(24)(seen))
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y)


@faulty("ZA505")
def gates_held_open(log: Path, bias: float = 25.0) -> None:
    x, y = breast_cancer()
    given = keras.Input((30,))
    start = initializers.Constant(bias)
    seen = Dense(24, activation="sigmoid", bias_initializer=start)(given)
    seen = Dense(24, activation="sigmoid", bias_initializer=start)(seen)
    model = keras.Model(given, Dense(1)(seen))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    loop(model, log, x, y[:, None], loss)
