"""Many layers in a row, and deep models that learn."""

from __future__ import annotations

from pathlib import Path

import keras

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
from tests.zoo.program import faulty, healthy


@faulty("ZA606", "ZA503", beside=("ZA602",))
def thirty_layers_for_a_line(log: Path, depth: int = 30) -> None:
    x, y = diabetes()
    stack = [Dense(24, activation="relu") for _ in range(depth)]
    model = built(*stack, Dense(1), loss="mse", optimizer=adam(0.001), metrics=["mae"])
    train(model, log, x, y, epochs=12, validation_split=0.2)


@faulty("ZA606", "ZA503", beside=("ZA602",))
def convolutions_twenty_six_deep(log: Path, depth: int = 26) -> None:
    x, y = images()
    stack = [layers.Conv2D(12, 3, padding="same", activation="relu") for _ in range(depth)]
    model = classifier(*stack, layers.GlobalAveragePooling2D(), optimizer=adam(0.001))
    train(model, log, x[:900], y[:900], epochs=4)


@faulty("ZA606", "ZA503", beside=("ZA602",))
def a_tower_of_swish(log: Path, depth: int = 32) -> None:
    x, y = breast_cancer()
    stack = [Dense(20, activation="swish") for _ in range(depth)]
    last = Dense(1, activation="sigmoid")
    sgd = keras.optimizers.SGD(0.05)
    train(built(*stack, last, loss="binary_crossentropy", optimizer=sgd), log, x, y, epochs=12)


@faulty("ZA606", "ZA503", beside=("ZA602",))
def a_loop_through_fifty_layers(log: Path, depth: int = 50) -> None:
    x, y = digits()
    stack = [Dense(24, activation="relu") for _ in range(depth)]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    sgd = keras.optimizers.SGD(0.05)
    loop(keras.Sequential([*stack, Dense(10)]), log, x, y, loss, optimizer=sgd, epochs=5)


@healthy
def twelve_layers_that_begin_as_they_should(log: Path) -> None:
    x, y = digits()
    stack = [Dense(48, activation="relu", kernel_initializer="he_normal") for _ in range(12)]
    train(classifier(*stack, optimizer=adam(0.0005)), log, x, y, epochs=20)


@healthy
def thirty_layers_and_ways_around_them(log: Path) -> None:
    x, y = diabetes()
    given = keras.Input((10,))
    seen = Dense(24)(given)
    for _ in range(15):
        told = Dense(24, activation="relu")(layers.LayerNormalization()(seen))
        seen = seen + 0.2 * Dense(24)(told)
    model = keras.Model(given, Dense(1)(seen))
    model.compile(adam(0.001), "mse", metrics=["mae"])
    train(model, log, x, y, epochs=15, validation_split=0.2)
