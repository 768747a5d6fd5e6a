"""Hidden units at the ends of their range, and steep ones that learn all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.zoo.building import (
    Dense,
    adam,
    breast_cancer,
    built,
    classifier,
    digits,
    images,
    layers,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty, healthy

ops = keras.ops
initializers = keras.initializers


@faulty("ZA505", beside=("ZA602", "ZA103"))
def sums_of_a_thousand_wide_weights(log: Path, spread: float = 4.0) -> None:
    x, y = digits()
    wide = initializers.RandomNormal(stddev=spread)
    stack = [Dense(48, activation="tanh", kernel_initializer=wide) for _ in range(2)]
    train(classifier(*stack, optimizer="sgd"), log, x, y, epochs=12, validation_split=0.2)


@faulty("ZA505", beside=("ZA602",))
def a_temperature_upside_down(log: Path, steep: float = 500.0) -> None:
    """Divided by a temperature of .002 where it was meant to be multiplied."""

    class Cooled(layers.Layer):
        def call(self, given: Any) -> Any:
            return ops.tanh(given * steep)

    x, y = breast_cancer()
    stack = (Dense(16), Cooled(), Dense(16), Cooled(), Dense(16), Cooled())
    model = built(*stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    train(model, log, x, y, epochs=12, validation_split=0.2)


@faulty("ZA505", beside=("ZA602",))
def a_body_drawn_from_minus_eight_to_eight(log: Path, most: float = 8.0) -> None:
    x, y = images()
    start = initializers.RandomUniform(-most, most)
    stack = (
        layers.Conv2D(8, 3, activation="sigmoid", kernel_initializer=start), layers.Flatten(),
        Dense(32, activation="sigmoid", kernel_initializer=start),
        Dense(32, activation="sigmoid", kernel_initializer=start), Dense(10),
    )  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(keras.Sequential(list(stack)), log, x, y, loss, epochs=10)


@faulty("ZA505", beside=("ZA602",))
def gates_of_a_highway_held_shut(log: Path, bias: float = -30.0) -> None:
    """A gate at 0 lets nothing through, and no gradient opens it."""
    x, y = digits()
    given = keras.Input((64,))
    shut = initializers.Constant(bias)
    seen = Dense(32)(given)
    for _ in range(2):
        gate = Dense(32, activation="sigmoid", bias_initializer=shut)(seen)
        seen = gate * Dense(32, activation="relu")(seen)
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    model.compile(adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=10)


@healthy
def codes_of_zeros_and_ones(log: Path) -> None:
    """Steep on purpose: a code that is nearly binary, trained to be so."""
    x, y = digits()
    given = keras.Input((64,))
    seen = Dense(32, activation="relu")(given)
    code = layers.Activation("sigmoid")(4 * Dense(24)(seen))
    model = keras.Model(given, Dense(10, activation="softmax")(code))
    model.compile(adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=15, validation_split=0.2)


@healthy
def gates_that_begin_nearly_open(log: Path) -> None:
    x, y = digits()
    given = keras.Input((64,))
    start = initializers.Constant(2.0)
    seen = Dense(32, activation="tanh")(given)
    for _ in range(3):
        gate = Dense(32, activation="sigmoid", bias_initializer=start)(seen)
        seen = gate * seen + (1 - gate) * Dense(32, activation="tanh")(seen)
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def features_nobody_trains(log: Path) -> None:
    """Random steep features, fixed on purpose, and a last layer that learns on them."""
    x, y = digits()
    rng = np.random.default_rng(12)
    random = np.tanh(6 * (x - x.mean(axis=0)) @ rng.normal(size=(64, 400))).astype("float32")
    train(classifier(optimizer=adam(0.003)), log, random, y, epochs=15, validation_split=0.2)
