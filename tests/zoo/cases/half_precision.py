"""Programs that compute in half precision: gradients that it cannot hold, and some that it can."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

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
from tests.zoo.program import faulty, healthy

# --- gradients below the smallest number ----------------------------------------------------------


@faulty("ZA507")
def a_mean_over_every_pixel(log: Path, kind: str = "mixed_float16") -> None:
    """A loop of one's own divides by all pixels of a batch, and scales nothing back."""
    rng = np.random.default_rng(11)
    x = rng.uniform(size=(64, 64, 64, 1)).astype("float32")
    y = 1e-3 * (x > 0.5).astype("float32")
    stack = (
        layers.Conv2D(6, 3, padding="same", activation="relu", dtype=kind),
        layers.Conv2D(1, 1, dtype=kind, kernel_initializer="zeros"),
    )

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((labels - tf.cast(outputs, tf.float32)) ** 2)

    loop(keras.Sequential(list(stack)), log, x, y, loss, batch=32, epochs=30)


@faulty("ZA507")
def a_small_share_of_the_loss(log: Path, share: float = 1e-6) -> None:
    """The weight of the loss is meant for a sum with others, of which there is none."""
    x, y = digits()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        given = keras.Input((64,))
        seen = Dense(48, activation="relu")(Dense(48, activation="relu")(given))
        model = keras.Model(given, Dense(10, activation="softmax", dtype="float32")(seen))
        model.compile(
            adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"],
            loss_weights=[share], auto_scale_loss=False,
        )  # fmt: skip
        train(model, log, x, y, epochs=8)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


@faulty("ZA507")
def sizes_in_metres_that_are_nanometres(log: Path, kind: str = "mixed_float16") -> None:
    """Targets in a unit that is too large: what is missing is below the smallest half."""
    x, y = diabetes()
    stack = (
        Dense(32, activation="relu", dtype=kind),
        Dense(1, dtype=kind, kernel_initializer="zeros"),
    )
    lively = keras.optimizers.Adam(1e-3, epsilon=1e-12)

    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return keras.losses.mean_squared_error(labels, tf.cast(outputs, tf.float32))

    model = keras.Sequential(list(stack))
    loop(model, log, x, 1e-7 * y[:, None], loss, optimizer=lively, epochs=12)


@faulty("ZA507")
def no_scale_behind_thirty_channels(log: Path, share: float = 3e-7) -> None:
    """An auxiliary loss alone: its factor is on the loss, and nothing brings it back."""
    x, y = images()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        given = keras.Input((8, 8, 1))
        seen = layers.Conv2D(8, 3, activation="relu")(given)
        seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(seen))
        model = keras.Model(given, Dense(10, dtype="float32")(seen))
        told = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(
            keras.optimizers.RMSprop(1e-3), told, metrics=["accuracy"], loss_weights=[share],
            auto_scale_loss=False,
        )  # fmt: skip
        data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(64)
        train(model, log, data, epochs=8)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


# --- numbers that are rounded to 1 ----------------------------------------------------------------


@faulty("ZA507", beside=("ZA708", "ZA702"))
def adam_among_brain_floats(log: Path, kind: str = "bfloat16") -> None:
    """A beta of .999 is 1 in bfloat16, and so Adam's correction of its bias makes each step 0."""
    x, y = digits()
    keras.config.set_dtype_policy(kind)
    try:
        given = keras.Input((64,))
        seen = Dense(64, activation="relu")(given)
        model = keras.Model(given, Dense(10, activation="softmax")(seen))
        model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        train(model, log, x, y, epochs=8, validation_split=0.2)
    finally:
        keras.config.set_dtype_policy("float32")


@faulty("ZA507", beside=("ZA708", "ZA702"))
def decay_and_brain_floats_in_a_loop(log: Path, kind: str = "bfloat16") -> None:
    x, y = images()
    stack = (
        layers.Conv2D(12, 3, activation="relu", dtype=kind), layers.Flatten(dtype=kind),
        Dense(10, dtype=kind),
    )  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    decaying = keras.optimizers.AdamW(0.002, weight_decay=0.0)
    loop(keras.Sequential(list(stack)), log, x, y, loss, optimizer=decaying, epochs=6)


@faulty("ZA507", "ZA501")
def nesterovs_adam_in_brain_floats(log: Path, kind: str = "bfloat16") -> None:
    x, y = breast_cancer()
    keras.config.set_dtype_policy(kind)
    try:
        model = keras.Sequential([Dense(24, activation="relu"), Dense(1, activation="sigmoid")])
        model.compile(keras.optimizers.Nadam(0.01), "binary_crossentropy", metrics=["accuracy"])
        train(model, log, x, y, epochs=8)
    finally:
        keras.config.set_dtype_policy("float32")


# --- what few bits hold ---------------------------------------------------------------------------


@healthy
def a_loss_that_is_scaled_in_half_precision(log: Path) -> None:
    x, y = images()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        given = keras.Input((8, 8, 1))
        seen = layers.Conv2D(16, 3, activation="relu")(given)
        seen = Dense(32, activation="relu")(layers.Flatten()(seen))
        model = keras.Model(given, Dense(10, activation="softmax", dtype="float32")(seen))
        model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        train(model, log, x, y, epochs=10, validation_split=0.2)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


@healthy
def half_precision_that_needs_no_scale(log: Path) -> None:
    x, y = digits()
    kind = "mixed_float16"
    stack = (Dense(64, activation="relu", dtype=kind), Dense(10, dtype="float32"))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(keras.Sequential(list(stack)), log, x, y, loss, optimizer=adam(0.003), epochs=12)


@healthy
def small_kernels_in_half_precision(log: Path) -> None:
    """At first nothing reaches the first layer; the others grow, and then it does."""
    x, y = breast_cancer()
    small = keras.initializers.RandomNormal(stddev=0.1)
    kind = "mixed_float16"
    stack = [
        Dense(24, activation="tanh", dtype=kind, kernel_initializer=small) for _ in range(4)
    ]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model = keras.Sequential([*stack, Dense(1, dtype=kind)])
    loop(model, log, x, y[:, None].astype("float32"), loss, optimizer=adam(1e-3), epochs=15)


@healthy
def brain_floats_and_a_large_step(log: Path) -> None:
    """Everything is bfloat16, and steps are large enough to arrive."""
    x, y = digits()
    keras.config.set_dtype_policy("bfloat16")
    try:
        given = keras.Input((64,))
        seen = Dense(64, activation="relu")(given)
        model = keras.Model(given, Dense(10, activation="softmax")(seen))
        sgd = keras.optimizers.SGD(0.1, momentum=0.9)
        model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
        train(model, log, x, y, epochs=12, validation_split=0.2)
    finally:
        keras.config.set_dtype_policy("float32")
