"""Programs whose output is not what their loss and labels take it for."""

from __future__ import annotations

from contextlib import suppress
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
    images,
    layers,
    standardised,
    table,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty

ops = keras.ops

# --- one unit for several classes -----------------------------------------------------------------


@faulty("ZA301", beside=("ZA308",))
def softmax_in_a_layer_of_its_own(log: Path) -> None:
    x, y = breast_cancer()
    given = keras.Input((30,))
    told = layers.Softmax()(Dense(1)(Dense(16, activation="relu")(given)))
    model = keras.Model(given, told)
    model.compile("rmsprop", "mse", metrics=["accuracy"])
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).shuffle(569).batch(32))


@faulty("ZA301")
def one_unit_of_a_template_for_ten(log: Path) -> None:
    class Told(keras.Model):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.hidden = Dense(16, activation="relu")
            self.told = Dense(units, activation=keras.activations.softmax)

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.hidden(given))

    x, y = breast_cancer()
    loop(Told(1), log, x, y[:, None], keras.losses.BinaryCrossentropy())


@faulty("ZA302")
def categorical_loss_for_yes_or_no(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="categorical_crossentropy"), log, x, y[:, None].astype("float32"))


@faulty("ZA302", beside=("ZA402",))
def the_loss_of_the_last_project(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, (y[:, None] % 2).astype("float32")))
    given = keras.Input((64,))
    model = keras.Model(given, Dense(1)(Dense(32, activation="tanh")(given)))
    model.compile(
        adam(0.003), keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    train(model, log, data.shuffle(1797).batch(32), epochs=8)


@faulty("ZA302")
def one_unit_of_a_net_for_many(log: Path) -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.seen, self.told = layers.LSTM(12), Dense(1, activation="sigmoid")

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.seen(given))

    x, y = images()
    model = Net()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x[..., 0], (y[:, None] > 4).astype("float32"), epochs=6)


@faulty("ZA311", beside=("ZA201",))
def as_many_units_as_the_largest_label(log: Path, more: int = 0) -> None:
    x, y = digits()
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(Dense(32, activation="relu"), classes=int(y.max()) + more), log, x, y)


@faulty("ZA311", beside=("ZA201",))
def units_counted_in_a_sample(log: Path) -> None:
    x, y = images()
    kinds = len(set(y[:6].tolist()))
    stack = (layers.Flatten(), Dense(32, activation="relu"), Dense(kinds))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with suppress(tf.errors.InvalidArgumentError):
        loop(keras.Sequential(list(stack)), log, x, y, loss, epochs=3)


# --- logits and shares ----------------------------------------------------------------------------


@faulty("ZA303")
def the_activation_was_forgotten(log: Path) -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.seen = layers.Conv2D(8, 3, activation="relu")
            self.flat = layers.Flatten()
            self.told = Dense(10)

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.flat(self.seen(given)))

    x, y = images()
    model = Net()
    model.compile("adam", keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    train(model, log, x, keras.utils.to_categorical(y), epochs=8)


@faulty("ZA303")
def logits_in_a_loop(log: Path, is_told: bool = False) -> None:
    x, y = table("wine")
    model = keras.Sequential([Dense(16, activation="relu"), Dense(3, activation=None)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=is_told)
    metric = keras.metrics.sparse_categorical_accuracy
    loop(model, log, standardised(x), y, loss, epochs=20, metric=metric)


@faulty("ZA312")
def softmax_and_another_softmax(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10, activation="softmax"), layers.Softmax())
    train(built(*stack), log, x, y)


@faulty("ZA312")
def softmax_by_hand_and_from_logits(log: Path) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(given))
    raised = ops.exp(Dense(10)(seen))
    model = keras.Model(given, raised / ops.sum(raised, axis=-1, keepdims=True))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    train(model, log, x, keras.utils.to_categorical(y))


@faulty("ZA312")
def softmax_in_the_model_and_in_the_loss(log: Path) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)

    x, y = digits()
    model = keras.Sequential([Dense(64, activation="relu"), Dense(10, activation="softmax")])
    loop(model, log, x, y, loss, metric=keras.metrics.sparse_categorical_accuracy)


# --- activations that cannot say what is wanted ---------------------------------------------------


@faulty("ZA304")
def relu_all_the_way(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10, activation="relu"))
    train(built(*stack), log, x, y)


@faulty("ZA304")
def relu_for_yes_or_no(log: Path) -> None:
    x, y = breast_cancer()
    given = keras.Input((30,))
    model = keras.Model(given, layers.ReLU()(Dense(1)(Dense(16, activation="relu")(given))))
    model.compile("adam", keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA304")
def relu_behind_a_recurrence(log: Path) -> None:
    x, y = images()
    model = keras.Sequential([layers.GRU(24), Dense(10, activation="relu")])
    loop(model, log, x[..., 0], y, keras.losses.SparseCategoricalCrossentropy(), epochs=6)


@faulty("ZA305")
def sigmoid_for_three_wines(log: Path) -> None:
    x, y = table("wine")
    stack = (Dense(16, activation="relu"), Dense(3, activation="sigmoid"))
    train(built(*stack, optimizer=adam(0.003)), log, standardised(x), y)


@faulty("ZA305")
def ten_sigmoids_with_a_categorical_loss(log: Path) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(given))
    model = keras.Model(given, layers.Activation("sigmoid")(Dense(10)(seen)))
    model.compile("sgd", keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, keras.utils.to_categorical(y)))
    train(model, log, data.shuffle(1797).batch(32), epochs=8)


@faulty("ZA305")
def a_sigmoid_kept_from_the_binary_task(log: Path) -> None:
    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10, activation="sigmoid")])
    loss = keras.losses.SparseCategoricalCrossentropy()
    metric = keras.metrics.sparse_categorical_accuracy
    loop(model, log, x, y, loss, metric=metric, optimizer=keras.optimizers.SGD(0.01))


@faulty("ZA306")
def sigmoid_against_standardised_targets(log: Path, told: str | None = "sigmoid") -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation=told))
    train(built(*stack, loss="mse", metrics=["mae"]), log, x, y, epochs=25)


@faulty("ZA306")
def tanh_against_degrees(log: Path, told: str | None = "tanh") -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(900, 10, 3)).astype("float32")
    y = 15 + 8 * x[:, -1, 0] + rng.normal(size=900)
    given = keras.Input((10, 3))
    model = keras.Model(given, Dense(1, activation=told)(layers.LSTM(16)(given)))
    model.compile(adam(0.01), "mae")
    train(model, log, x, y.astype("float32"), epochs=10)


@faulty("ZA306")
def softmax_over_three_measures(log: Path) -> None:
    x, y = diabetes()
    targets = np.column_stack([y, -2 * y, y + 3]).astype("float32")
    model = keras.Sequential([Dense(16, activation="relu"), Dense(3, activation="softmax")])
    loop(model, log, x, targets, keras.losses.MeanSquaredError(), epochs=15)


@faulty("ZA307")
def relu_against_standardised_targets(log: Path, told: str | None = "relu") -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation=told))
    train(built(*stack, loss="mae", metrics=["mse"]), log, x, y, validation_split=0.2, epochs=25)


@faulty("ZA307")
def losses_and_gains_by_relu(log: Path) -> None:
    x = np.random.default_rng(2).normal(size=(900, 6)).astype("float32")
    y = 2 * x[:, :1] - 3
    model = keras.Sequential([Dense(32, activation="tanh"), Dense(1), layers.ReLU()])
    loop(model, log, x, y, keras.losses.MeanSquaredError())


@faulty("ZA307")
def frosty_days_by_relu(log: Path) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(800, 8, 2)).astype("float32")
    y = (-10 + 5 * x[:, -1, 0]).astype("float32")
    given = keras.Input((8, 2))
    seen = layers.Flatten()(layers.Conv1D(8, 3, activation="relu")(given))
    model = keras.Model(given, Dense(1, activation="relu")(seen))
    model.compile("adam", keras.losses.Huber())
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).batch(32))
