"""Programs that learn with optimizers, rates, batches and precisions of many kinds."""

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
from tests.zoo.program import healthy

optimizers = keras.optimizers
schedules = optimizers.schedules


def _digits_with(log: Path, optimizer: Any, *, epochs: int = 15, **more: Any) -> None:
    """A small network of digits, with an optimizer, and a fifth held out."""
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=optimizer)
    train(model, log, x, y, epochs=epochs, validation_split=0.2, **more)


@healthy
def nesterovs_momentum(log: Path) -> None:
    _digits_with(log, optimizers.SGD(0.02, momentum=0.9, nesterov=True))


@healthy
def plain_gradient_descent(log: Path) -> None:
    _digits_with(log, optimizers.SGD(0.1), epochs=20)


@healthy
def adagrad(log: Path) -> None:
    _digits_with(log, optimizers.Adagrad(0.05))


@healthy
def rmsprop_that_is_centred(log: Path) -> None:
    _digits_with(log, optimizers.RMSprop(0.001, momentum=0.5, centered=True))


@healthy
def lion(log: Path) -> None:
    _digits_with(log, optimizers.Lion(3e-4, weight_decay=0.01))


@healthy
def adamw_that_decays_a_lot(log: Path) -> None:
    _digits_with(log, optimizers.AdamW(0.003, weight_decay=0.1))


@healthy
def nadam_whose_gradients_are_clipped(log: Path) -> None:
    _digits_with(log, optimizers.Nadam(0.002, global_clipnorm=1.0))


@healthy
def an_average_of_the_weights(log: Path) -> None:
    _digits_with(log, optimizers.Adam(0.003, use_ema=True, ema_momentum=0.98), epochs=12)


@healthy
def a_cosine_that_restarts(log: Path) -> None:
    rate = schedules.CosineDecayRestarts(0.01, 90, t_mul=1.5, alpha=0.001)
    _digits_with(log, optimizers.SGD(rate, momentum=0.9), epochs=20)


@healthy
def a_rate_that_ends_at_zero(log: Path) -> None:
    rate = schedules.PolynomialDecay(0.005, 45 * 12, end_learning_rate=0.0)
    _digits_with(log, optimizers.Adam(rate), epochs=15)


@healthy
def a_rate_that_steps_down(log: Path) -> None:
    rate = schedules.PiecewiseConstantDecay([270, 540], [0.1, 0.01, 0.001])
    _digits_with(log, optimizers.SGD(rate, momentum=0.9), epochs=18)


@healthy
def a_rate_reduced_on_a_plateau(log: Path) -> None:
    x, y = diabetes()
    reduced = keras.callbacks.ReduceLROnPlateau(patience=3, factor=0.3)
    model = built(Dense(16, activation="relu", kernel_regularizer="l2"), Dense(1), loss="mse",
                  optimizer=adam(0.01), metrics=["mae"])  # fmt: skip
    train(model, log, x, y, epochs=30, validation_split=0.2, callbacks=[reduced])


@healthy
def stopped_and_set_back_to_its_best(log: Path) -> None:
    stopping = keras.callbacks.EarlyStopping("val_accuracy", patience=4, restore_best_weights=True)
    _digits_with(log, adam(0.01), epochs=60, callbacks=[stopping])


@healthy
def one_cycle_of_the_rate(log: Path) -> None:
    def cycle(epoch: int, rate: float) -> float:
        return 0.001 + 0.099 * (1 - abs(epoch - 6) / 6) if epoch < 12 else 0.0005

    scheduler = keras.callbacks.LearningRateScheduler(cycle)
    _digits_with(log, optimizers.SGD(0.001, momentum=0.85), epochs=14, callbacks=[scheduler])


@healthy
def gradients_that_are_accumulated(log: Path) -> None:
    optimizer = optimizers.Adam(0.005, gradient_accumulation_steps=4)
    _digits_with(log, optimizer, batch_size=8, epochs=8)


@healthy
def all_rows_in_one_batch(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.01))
    train(model, log, x, y, epochs=120, batch_size=len(x))


@healthy
def batches_of_one_row(log: Path) -> None:
    x, y = breast_cancer()
    model = built(Dense(8, activation="relu"), Dense(1, activation="sigmoid"),
                  loss="binary_crossentropy", optimizer=optimizers.SGD(0.01))  # fmt: skip
    train(model, log, x, y, epochs=6, batch_size=1, validation_split=0.2)


@healthy
def half_precision_with_a_scaled_loss(log: Path) -> None:
    x, y = images()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten(),
                 Dense(32, activation="relu"), Dense(10, dtype="float32"))  # fmt: skip
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model = built(*stack, loss=loss, optimizer=adam(0.003))
        train(model, log, x, y, epochs=8, batch_size=64, validation_split=0.2)
    finally:
        keras.config.set_dtype_policy(before)


@healthy
def brain_floats(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu", dtype="mixed_bfloat16"),)
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=12, validation_split=0.2)


class WideAndDeep(keras.Model):
    """A linear model and a network whose logits are added, each with its own optimizer."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.hidden, self.deep = Dense(1), Dense(16, activation="relu"), Dense(1)
        self.of_wide, self.of_deep = optimizers.Ftrl(0.1), optimizers.Adagrad(0.05)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.wide(x) + self.deep(self.hidden(x))

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        x, y = data
        with tf.GradientTape() as tape:
            told = self(x, training=True)
            loss = self.compute_loss(x, y, told)
        wide = self.wide.trainable_variables
        deep = self.hidden.trainable_variables + self.deep.trainable_variables
        gradients = tape.gradient(loss, wide + deep)
        self.of_wide.apply_gradients(zip(gradients[: len(wide)], wide, strict=True))
        self.of_deep.apply_gradients(zip(gradients[len(wide) :], deep, strict=True))
        for metric in self.metrics:
            metric.update_state(loss) if metric.name == "loss" else metric.update_state(y, told)
        return self.get_metrics_result()


@healthy
def wide_and_deep_with_two_optimizers(log: Path) -> None:
    x, y = breast_cancer()
    model = WideAndDeep()
    model.compile(
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    train(model, log, x, y[:, None].astype("float32"), epochs=15, validation_split=0.2)


@healthy
def a_rare_column_with_ftrl(log: Path) -> None:
    x = (np.random.random((3000, 100)) < 0.03).astype("float32")
    signal = x @ np.random.default_rng(0).normal(size=100) * 2
    y = (signal + np.random.normal(0, 0.3, 3000) > 0).astype("int32")
    model = built(Dense(1, activation="sigmoid"), loss="binary_crossentropy",
                  optimizer=optimizers.Ftrl(0.3, l1_regularization_strength=0.001))  # fmt: skip
    train(model, log, x, y, epochs=12, validation_split=0.2)
