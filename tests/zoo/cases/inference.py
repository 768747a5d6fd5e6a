"""Models that behave otherwise in inference than in training, and some that only seem to."""

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
    built,
    classifier,
    diabetes,
    digits,
    images,
    layers,
    train,
)
from tests.zoo.program import faulty, healthy

ops = keras.ops
BatchNormalization = layers.BatchNormalization

# --- averages that have not settled ---------------------------------------------------------------


@faulty("ZA608")
def averages_of_large_batches(log: Path, momentum: float = 0.99) -> None:
    """After six steps an epoch, eight epochs long, the averages are mostly what they began as."""
    x, y = images()
    stack = (
        layers.Conv2D(16, 3, padding="same"), BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.Conv2D(16, 3, padding="same"), BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.Flatten(),
    )  # fmt: skip
    model = classifier(*stack, optimizer=adam(0.01))
    train(model, log, x * 255, y, batch_size=240, epochs=8, validation_split=0.2)


@faulty("ZA608")
def a_momentum_for_a_million_steps(log: Path, momentum: float = 0.9997) -> None:
    """The momentum of a recipe for large data, on a table of 569 rows."""
    x, y = breast_cancer()
    x = 30 * x + 100
    stack = (
        BatchNormalization(momentum=momentum), Dense(16), BatchNormalization(momentum=momentum),
        layers.ReLU(), Dense(1, activation="sigmoid"),
    )  # fmt: skip
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, x, y, epochs=12, validation_split=0.2)


@faulty("ZA608")
def yields_after_a_few_dozen_steps(log: Path, momentum: float = 0.99) -> None:
    x, y = diabetes()
    scale, shift = np.linspace(1, 50, x.shape[1]), np.linspace(-200, 200, x.shape[1])
    stack = (
        BatchNormalization(momentum=momentum), Dense(32, activation="relu"),
        BatchNormalization(momentum=momentum), Dense(1),
    )  # fmt: skip
    model = built(*stack, loss="mse", optimizer=adam(0.05), metrics=("mae",))
    x = (x * scale + shift).astype("float32")
    train(model, log, x, y, batch_size=88, epochs=12, validation_split=0.2)


@faulty("ZA608")
def a_short_loop_and_its_averages(log: Path, momentum: float = 0.995) -> None:
    x, y = digits()
    x, y = x * 16, y.astype("int32")
    held_x, held_y, x, y = x[:360], y[:360], x[360:], y[360:]
    stack = [
        keras.Input((64,)), Dense(64), BatchNormalization(momentum=momentum), layers.ReLU(),
        Dense(64), BatchNormalization(momentum=momentum), layers.ReLU(), Dense(10),
    ]  # fmt: skip
    model, optimizer = keras.Sequential(stack), adam(0.01)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(2000).batch(120)
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

        for _ in range(8):
            losses = [float(step(a, b)) for a, b in data]
            held = model(held_x, training=False)
            right = np.mean(np.argmax(held, axis=1) == held_y)
            logs = {"loss": np.mean(losses), "val_loss": float(loss(held_y, held))}
            monitor.end_epoch({**logs, "val_accuracy": float(right)})


@faulty("ZA608")
def averages_of_small_filters_on_large_numbers(log: Path, momentum: float = 0.999) -> None:
    """Thirty steps an epoch look like many; the momentum of a thousand forgets nothing by then."""
    x, y = images()
    stack = (
        layers.Conv2D(8, 3), BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.DepthwiseConv2D(3), BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.Conv2D(16, 1), BatchNormalization(momentum=momentum), layers.ReLU(),
        layers.GlobalAveragePooling2D(),
    )  # fmt: skip
    model = classifier(*stack, optimizer=adam(0.01))
    train(model, log, 16 * x, y, batch_size=48, epochs=8, validation_split=0.2)


# --- the flag is turned ---------------------------------------------------------------------------


@faulty("ZA608")
def noise_in_inference_alone(log: Path, is_turned: bool = True) -> None:
    class Noise(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.drop = layers.Dropout(0.8)

        def call(self, given: Any, training: bool = False) -> Any:
            return self.drop(given, training=training is not is_turned)

    x, y = images()
    stack = (
        layers.Conv2D(16, 3, activation="relu"), layers.Flatten(), Noise(),
        Dense(32, activation="relu"), Noise(),
    )  # fmt: skip
    train(classifier(*stack), log, x, y, epochs=10, validation_split=0.2)


@faulty("ZA608")
def normalised_in_training_alone(log: Path, is_complete: bool = False) -> None:
    """A layer of one's own takes mean and spread of the batch, and in inference nothing."""

    class Normalised(layers.Layer):
        def call(self, given: Any, training: bool = False) -> Any:
            if not training and not is_complete:
                return given
            mean = ops.mean(given, axis=0, keepdims=True)
            return (given - mean) / (ops.std(given, axis=0, keepdims=True) + 1e-3)

    x, y = digits()
    stack = (Dense(64), Normalised(), layers.ReLU(), Dense(32), Normalised(), layers.ReLU())
    train(classifier(*stack), log, 16 * x, y, epochs=10, validation_split=0.2)


# --- what only seems to ---------------------------------------------------------------------------


@healthy
def averages_that_lag_and_catch_up(log: Path) -> None:
    """Validation is bad for some epochs, until the averages have settled."""
    x, y = images()
    stack = (
        layers.Conv2D(16, 3), BatchNormalization(), layers.ReLU(),
        layers.Conv2D(16, 3), BatchNormalization(), layers.ReLU(), layers.Flatten(),
    )  # fmt: skip
    model = classifier(*stack, optimizer=adam(0.003))
    train(model, log, 16 * x, y, epochs=16, validation_split=0.2)


@healthy
def few_steps_over_standardised_columns(log: Path) -> None:
    """The averages begin at what fits: mean 0 and variance 1."""
    x, y = breast_cancer()
    stack = (BatchNormalization(), Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.02))
    train(model, log, x, y, batch_size=64, epochs=10, validation_split=0.2)


@healthy
def a_momentum_for_a_short_training(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(16, 3), BatchNormalization(momentum=0.8), layers.ReLU(), layers.Flatten(),
        Dense(32), BatchNormalization(momentum=0.8), layers.ReLU(),
    )  # fmt: skip
    model = classifier(*stack, optimizer=adam(0.01))
    train(model, log, 255 * x, y, batch_size=120, epochs=8, validation_split=0.2)


@healthy
def better_in_inference_than_in_training(log: Path) -> None:
    """Seven tenths are dropped in training; validation sees the whole net."""
    x, y = images()
    stack = (
        layers.Conv2D(24, 3, activation="relu"), layers.Flatten(), layers.Dropout(0.7),
        Dense(64, activation="relu"), layers.Dropout(0.5),
    )  # fmt: skip
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, validation_split=0.2)
