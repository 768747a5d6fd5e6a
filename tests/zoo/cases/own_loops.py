"""Programs with a loop of their own that does not do what it was meant to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import (
    Dense,
    adam,
    breast_cancer,
    diabetes,
    digits,
    images,
    layers,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty

SparseCrossentropy = keras.losses.SparseCategoricalCrossentropy

# --- weights that never move ----------------------------------------------------------------------


@faulty("ZA708")
def gradients_that_nobody_applies(log: Path) -> None:
    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    model.build((None, 64))
    loss, optimizer = SparseCrossentropy(from_logits=True), adam(0.003)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(64)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss, verbose=0) as monitor:
        for _ in range(6):
            values = []
            for a, b in data:
                with tf.GradientTape() as tape:
                    outputs = model(a, training=True)
                    value = loss(b, outputs)
                gradients = tape.gradient(value, model.trainable_variables)
                monitor.record(inputs=a, labels=b, outputs=outputs, loss=value, gradients=gradients)
                values.append(float(value))
            monitor.end_epoch({"loss": float(np.mean(values))})


@faulty("ZA708")
def updates_of_a_copy(log: Path, is_copied: bool = True) -> None:
    """Plain descent on arrays that `numpy()` copied."""
    x, y = breast_cancer()
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    model.build((None, 30))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    data = tf.data.Dataset.from_tensor_slices((x, y[:, None])).shuffle(569).batch(32)
    with Monitor(log, model=model, loss=loss, verbose=0) as monitor:
        for _ in range(8):
            values = []
            for a, b in data:
                with tf.GradientTape() as tape:
                    outputs = model(a, training=True)
                    value = loss(b, outputs)
                weights = model.trainable_variables
                gradients = tape.gradient(value, weights)
                monitor.record(inputs=a, labels=b, outputs=outputs, loss=value, gradients=gradients)
                for weight, gradient in zip(weights, gradients, strict=True):
                    if is_copied:
                        array = np.array(weight.numpy())
                        array -= 0.05 * gradient.numpy()
                    else:
                        weight.assign_sub(0.05 * gradient)
                values.append(float(value))
            monitor.end_epoch({"loss": float(np.mean(values))})


@faulty("ZA708", beside=("ZA406",))
def a_train_step_without_its_last_line(log: Path) -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.told = Dense(32, activation="relu"), Dense(10, activation="softmax")

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.hidden(given))

        def train_step(self, data: Any) -> dict[str, Any]:
            given, labels = data
            with tf.GradientTape() as tape:
                told = self(given, training=True)
                loss = self.compute_loss(y=labels, y_pred=told)
            tape.gradient(loss, self.trainable_variables)
            return self.compute_metrics(given, labels, told) | {"loss": loss}

    x, y = digits()
    model = Net()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=8)


@faulty("ZA708")
def clipped_to_a_length_of_nothing(log: Path, length: float = 1e-30) -> None:
    x, y = images()
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10)])
    sgd = keras.optimizers.SGD(0.05, global_clipnorm=length)
    loop(model, log, x, y, SparseCrossentropy(from_logits=True), optimizer=sgd, epochs=6)


# --- gradients that are lost ----------------------------------------------------------------------


@faulty("ZA314")
def numpy_in_the_middle(log: Path, is_numpy: bool = True) -> None:
    """Nothing passes back through an array: what stands before it is never reached."""
    x, y = digits()
    encoder = keras.Sequential([Dense(3, activation="tanh", name="code")])
    head = keras.Sequential([Dense(10)])
    given = keras.Input((64,))
    model = keras.Model(given, head(encoder(given)))
    loss, optimizer = SparseCrossentropy(from_logits=True), adam(0.01)
    optimizer.build(model.trainable_variables)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(64)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss, verbose=0) as monitor:
        for _ in range(8):
            values = []
            for a, b in data:
                with tf.GradientTape() as tape:
                    code = encoder(a)
                    outputs = head(code.numpy() if is_numpy else code)
                    value = loss(b, outputs)
                weights = model.trainable_variables
                gradients = tape.gradient(value, weights)
                monitor.record(inputs=a, labels=b, outputs=outputs, loss=value, gradients=gradients)
                found = zip(gradients, weights, strict=True)
                optimizer.apply_gradients([(g, w) for g, w in found if g is not None])
                values.append(float(value))
            monitor.end_epoch({"loss": float(np.mean(values))})


# --- batches --------------------------------------------------------------------------------------


@faulty("ZA110")
def a_zip_that_is_used_up(log: Path) -> None:
    """It yields its batches once: later epochs pass without a step."""
    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    model.build((None, 64))
    loss, optimizer = SparseCrossentropy(from_logits=True), keras.optimizers.SGD(0.02)
    batches = zip(np.array_split(x, 56), np.array_split(y, 56), strict=True)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss, verbose=0) as monitor:
        value = tf.zeros(())
        for _ in range(8):
            for a, b in batches:
                with tf.GradientTape() as tape:
                    outputs = model(a, training=True)
                    value = loss(b, outputs)
                gradients = tape.gradient(value, model.trainable_variables)
                optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
                monitor.record(inputs=a, labels=b, outputs=outputs, loss=value)
            monitor.end_epoch({"loss": float(value)})


@faulty("ZA106")
def a_batch_drawn_outside_of_the_loop(log: Path) -> None:
    x, y = images()
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10)])
    model.build((None, 8, 8, 1))
    loss, optimizer = SparseCrossentropy(from_logits=True), adam(0.01)
    optimizer.build(model.trainable_variables)
    data = tf.data.Dataset.from_tensor_slices((x[:1400], y[:1400])).shuffle(1400).batch(32)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss, verbose=0) as monitor:

        @tf.function
        def step(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                outputs = model(a, training=True)
                value = loss(b, outputs)
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            monitor.record(inputs=a, labels=b, outputs=outputs, loss=value)
            return value

        a, b = next(iter(data))
        for _ in range(8):
            values = [float(step(a, b)) for _ in range(len(data))]
            held_out = float(loss(y[1400:], model(x[1400:], training=False)))
            monitor.end_epoch({"loss": float(np.mean(values)), "val_loss": held_out})


@faulty("ZA206")
def inputs_and_labels_shuffled_apart(log: Path) -> None:
    """Two data sets, each shuffled, and then zipped."""
    x, y = digits()
    seen = tf.data.Dataset.from_tensor_slices(x).shuffle(1797)
    told = tf.data.Dataset.from_tensor_slices(y).shuffle(1797)
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    model.build((None, 64))
    loss, optimizer = SparseCrossentropy(from_logits=True), adam(0.003)
    optimizer.build(model.trainable_variables)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss, verbose=0) as monitor:

        @tf.function(reduce_retracing=True)
        def step(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                outputs = model(a, training=True)
                value = loss(b, outputs)
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            monitor.record(inputs=a, labels=b, outputs=outputs, loss=value)
            return value

        for _ in range(12):
            values = [step(a, b) for a, b in tf.data.Dataset.zip((seen, told)).batch(32)]
            monitor.end_epoch({"loss": float(tf.reduce_mean(values))})


# --- penalties, modes, rates ----------------------------------------------------------------------


@faulty("ZA609")
def a_hundred_times_every_squared_weight(log: Path, weight: float = 100.0) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        penalty = tf.add_n([tf.reduce_sum(tf.square(w)) for w in model.trainable_variables])
        return tf.reduce_mean(tf.square(labels - outputs)) + weight * penalty

    x, y = diabetes()
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    loop(model, log, x, y[:, None], loss, epochs=15)


@faulty("ZA701", beside=("ZA501",))
def the_rate_of_another_optimizer(log: Path, rate: float = 1.0) -> None:
    """What suits plain descent on a small problem, given to Adam."""
    x, y = digits()
    model = keras.Sequential(
        [Dense(64, activation="relu"), Dense(64, activation="relu"), Dense(10)]
    )
    loop(
        model,
        log,
        x,
        y,
        SparseCrossentropy(from_logits=True),
        optimizer=adam(10 * rate),
        epochs=8,
        batch=32,
    )


@faulty("ZA702")
def divided_by_the_batch_once_too_often(log: Path, times: int = 2) -> None:
    """The mean over the batch is divided by its length, twice."""

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        value = keras.losses.sparse_categorical_crossentropy(labels, outputs, from_logits=True)
        return tf.reduce_mean(value) / 64.0**times

    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loop(model, log, x, y, loss, optimizer=keras.optimizers.SGD(0.05), batch=64)
