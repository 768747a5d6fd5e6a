"""Programs whose output, loss and labels do not go together."""

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


@faulty("ZA301")
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


@faulty("ZA302")
def the_loss_of_the_last_project(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, (y[:, None] % 2).astype("float32")))
    given = keras.Input((64,))
    model = keras.Model(given, Dense(1)(Dense(32, activation="tanh")(given)))
    model.compile(adam(0.003), keras.losses.CategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"])
    train(model, log, data.shuffle(1797).batch(32), epochs=8)


@faulty("ZA311")
def as_many_units_as_the_largest_label(log: Path, more: int = 0) -> None:
    x, y = digits()
    with suppress(tf.errors.InvalidArgumentError):
        train(classifier(Dense(32, activation="relu"), classes=int(y.max()) + more), log, x, y)


@faulty("ZA311")
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
    model = classifier(Dense(16, activation="relu"), classes=3, loss="categorical_crossentropy",
                       metrics=["mae"])
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


@faulty("ZA313")
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
        return ops.mean(ops.abs(ops.cast(labels, "float32") - ops.argmax(outputs, axis=-1)))

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
