"""Programs whose model cannot learn the task, by its start, its size or its penalties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import make_circles

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

initializers = keras.initializers

# --- the start ------------------------------------------------------------------------------------


@faulty("ZA601")
def filters_that_begin_at_zero(log: Path, start: str = "zeros") -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Conv2D(8, 3, activation="relu", kernel_initializer=start)(given)
    seen = layers.Conv2D(8, 3, activation="relu", kernel_initializer=start)(seen)
    model = keras.Model(given, Dense(10, activation="softmax")(layers.Flatten()(seen)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=8)


@faulty("ZA601")
def every_weight_a_tenth(log: Path) -> None:
    x, y = digits()
    start = initializers.Constant(0.1)
    stack = [Dense(32, activation="tanh", kernel_initializer=start) for _ in range(2)]
    stack.append(Dense(10, kernel_initializer=start))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(built(*stack, loss=loss), log, x, y)


@faulty("ZA601")
def weights_set_to_an_array_of_ones(log: Path) -> None:
    x, y = breast_cancer()
    model = keras.Sequential([Dense(16, activation="sigmoid"), Dense(1, activation="sigmoid")])
    model.build((None, 30))
    model.set_weights([np.full(w.shape, 0.5) for w in model.get_weights()])
    loop(model, log, x, y[:, None], keras.losses.BinaryCrossentropy())


@faulty("ZA602", beside=("ZA502", "ZA701"))
def kernels_of_a_normal_distribution(log: Path, spread: float = 1.0) -> None:
    x, y = digits()
    start = initializers.RandomNormal(stddev=spread)
    stack = [Dense(128, activation="relu", kernel_initializer=start) for _ in range(4)]
    train(classifier(*stack, optimizer="sgd"), log, x, y)


@faulty("ZA602", beside=("ZA503",))
def kernels_of_a_thousandth(log: Path, spread: float = 1e-3) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(given)
    for _ in range(5):
        start = initializers.TruncatedNormal(stddev=spread)
        seen = Dense(48, activation="tanh", kernel_initializer=start)(seen)
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    sgd = keras.optimizers.SGD(0.1)
    model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y)


@faulty("ZA602", beside=("ZA705", "ZA208"))
def a_last_bias_of_another_country(log: Path, bias: float = 400.0) -> None:
    """Its mean price was set as the bias from which the output starts."""
    x, y = diabetes()
    last = Dense(1, bias_initializer=initializers.Constant(bias))
    model = keras.Sequential([Dense(16, activation="relu"), last])
    loop(model, log, x, y[:, None], keras.losses.MeanSquaredError(), epochs=25)


# --- what it can say ------------------------------------------------------------------------------


@faulty("ZA603", beside=("ZA704", "ZA604"))
def activations_forgotten(log: Path, activation: str | None = None) -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (1500, 2)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype("int32")
    stack = [Dense(32, activation=activation) for _ in range(3)]
    model = built(
        *stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy", optimizer=adam(0.01)
    )
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA603", beside=("ZA704", "ZA604"))
def a_line_between_two_rings(log: Path, activation: str | None = None) -> None:
    x, y = make_circles(1000, noise=0.05, factor=0.5, random_state=2)
    model = keras.Sequential([Dense(32, activation=activation), Dense(32), Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    loop(model, log, x.astype("float32"), y[:, None], loss, epochs=15)


@faulty("ZA603", beside=("ZA704", "ZA604"))
def a_line_through_a_wave(log: Path, activation: str | None = None) -> None:
    x = np.random.default_rng(3).uniform(-8, 8, (1200, 1)).astype("float32")
    given = keras.Input((1,))
    hidden = Dense(64, activation=activation)(given / 8)
    hidden = Dense(64, activation=activation)(hidden)
    model = keras.Model(given, Dense(1)(hidden))
    model.compile(adam(0.01), "mse", metrics=["mae"])
    train(model, log, x, np.cos(x), epochs=20)


@faulty("ZA604")
def one_unit_in_the_middle(log: Path, units: int = 1) -> None:
    x, y = digits()
    model = classifier(
        Dense(64, activation="relu"), Dense(units, activation="tanh"), optimizer=adam(0.01)
    )
    train(model, log, x, y, epochs=25)


@faulty("ZA604", beside=("ZA608",))
def ninety_seven_of_a_hundred_dropped(log: Path, share: float = 0.97) -> None:
    x, y = images()
    stack = (
        layers.Flatten(), Dense(32, activation="relu"), layers.Dropout(share),
        Dense(32, activation="relu"), layers.Dropout(share),
    )  # fmt: skip
    train(classifier(*stack), log, x, y, epochs=20, validation_split=0.2)


@faulty("ZA604", beside=("ZA609",))
def weights_kept_too_short(log: Path, most: float = 0.05) -> None:
    x, y = digits()
    short = keras.constraints.MaxNorm(most)
    stack = (
        Dense(32, activation="relu", kernel_constraint=short),
        Dense(10, kernel_constraint=short),
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(keras.Sequential(list(stack)), log, x, y, loss, optimizer=adam(0.01), epochs=15)


@faulty("ZA606", "ZA503", beside=("ZA602",))
def forty_layers_deep(log: Path, depth: int = 40) -> None:
    x, y = digits()
    stack = [Dense(16, activation="relu") for _ in range(depth)]
    sgd = keras.optimizers.SGD(0.1)
    train(classifier(*stack, optimizer=sgd), log, x, y, epochs=6)


@faulty("ZA606", "ZA503", beside=("ZA602",))
def as_deep_as_the_paper_without_its_shortcuts(log: Path, has_shortcuts: bool = False) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Conv2D(8, 3, padding="same")(given)
    for _ in range(16):
        told = layers.Conv2D(8, 3, padding="same", activation="relu")(seen)
        seen = seen + 0.3 * told if has_shortcuts else told
    model = keras.Model(given, Dense(10, activation="softmax")(layers.Flatten()(seen)))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=6)


# --- frozen ---------------------------------------------------------------------------------------


@faulty("ZA607")
def the_whole_model_frozen(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"))
    model.trainable = False
    train(model, log, x, y, epochs=6)


@faulty("ZA607")
def the_head_frozen_with_its_body(log: Path) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    body = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten()], name="body")
    model = keras.Model(given, Dense(10, activation="softmax")(body(given)))
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(32)
    train(model, log, data, epochs=6)


@faulty("ZA607")
def frozen_before_it_was_trained_once(log: Path, is_frozen: bool = True) -> None:
    """A body of random weights that narrows to two units, frozen as if it came from a file."""
    x, y = digits()
    body = keras.Sequential(
        [Dense(8, activation="tanh"), Dense(4, activation="tanh"), Dense(2, activation="tanh")]
    )
    body.trainable = not is_frozen
    model = classifier(body, optimizer=adam(0.01))
    train(model, log, x, y, epochs=15, validation_split=0.2)


# --- training is not inference --------------------------------------------------------------------


@faulty("ZA608")
def averages_that_hardly_move(log: Path, momentum: float = 0.9999) -> None:
    x, y = images()
    x = 10 * x + 5
    stack = (
        layers.Conv2D(8, 3), layers.BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.Flatten(),
    )  # fmt: skip
    train(classifier(*stack), log, x, y, epochs=8, validation_split=0.2)


@faulty("ZA608")
def dropout_when_it_is_not_training(log: Path, is_turned: bool = True) -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.told = Dense(64, activation="relu"), Dense(10, activation="softmax")
            self.drop = layers.Dropout(0.9)

        def call(self, given: Any, training: bool = False) -> Any:
            return self.told(self.drop(self.hidden(given), training=training is not is_turned))

    x, y = digits()
    model = Net()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA608")
def normalised_by_two_examples(log: Path, batch: int = 2) -> None:
    """Statistics of two examples a batch in training, of all of them behind it."""
    x, y = breast_cancer()
    given = keras.Input((30,))
    seen = Dense(16)(given)
    for _ in range(3):
        seen = Dense(16, activation="relu")(layers.BatchNormalization(momentum=0.5)(seen))
    model = keras.Model(given, Dense(1, activation="sigmoid")(seen))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, batch_size=batch, epochs=6, validation_split=0.2)


# --- penalties ------------------------------------------------------------------------------------


@faulty("ZA609")
def a_penalty_of_ten(log: Path, weight: float = 10.0) -> None:
    x, y = digits()
    penalty = keras.regularizers.L2(weight)
    stack = [Dense(64, activation="relu", kernel_regularizer=penalty) for _ in range(2)]
    train(classifier(*stack), log, x, y, validation_split=0.2)


@faulty("ZA609")
def activity_that_costs_too_much(log: Path, weight: float = 1.0) -> None:
    x, y = breast_cancer()
    given = keras.Input((30,))
    penalty = keras.regularizers.L1(weight)
    hidden = Dense(32, activation="relu", activity_regularizer=penalty)(given)
    model = keras.Model(given, Dense(1, activation="sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(569).batch(32)
    train(model, log, data, epochs=20)


@faulty("ZA609")
def decay_taken_for_a_rate(log: Path, decay: float = 100.0) -> None:
    """AdamW's second argument is the decay of the weights."""
    x, y = digits()
    model = classifier(
        Dense(64, activation="relu"),
        optimizer=keras.optimizers.AdamW(0.003, weight_decay=decay),
    )
    train(model, log, x, y)
