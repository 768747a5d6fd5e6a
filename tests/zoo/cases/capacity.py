"""Programs held back by a layer, dropout, constraints, penalties, straight lines or a schedule.

Beside each kind stand healthy ones that look alike.
"""

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

SPARSE = "sparse_categorical_crossentropy"


def _crossing() -> tuple[np.ndarray, np.ndarray]:
    """Exclusive or: x (1500, 2) in [0, 1], y (1500,)."""
    x = np.random.default_rng(11).uniform(0, 1, (1500, 2)).astype("float32")
    return x, ((x[:, 0] > 0.5) != (x[:, 1] > 0.5)).astype("int32")


# --- too narrow -----------------------------------------------------------------------------------


@faulty("ZA604")
def the_head_of_two_classes_left_in_place(log: Path, units: int = 1) -> None:
    """The new head of ten classes was put behind the old one instead of in its place."""
    x, y = images()
    stack = (
        layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(32, activation="relu"),
        Dense(units, activation="sigmoid"),
    )  # fmt: skip
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=15, validation_split=0.2)


@faulty("ZA604")
def a_score_before_the_classes(log: Path, units: int = 1) -> None:
    x, y = digits()
    given = keras.Input((64,))
    hidden = Dense(48, activation="relu")(given * 2 - 1)
    score = Dense(units, name="score")(layers.Dropout(0.1)(hidden))
    model = keras.Model(given, Dense(10, activation="softmax")(score))
    model.compile("adam", SPARSE, metrics=["accuracy"])
    train(model, log, x, y, epochs=20)


@faulty("ZA604")
def a_loop_through_a_single_unit(log: Path, units: int = 1) -> None:
    x, y = digits()
    model = keras.Sequential(
        [Dense(64, activation="relu"), Dense(units, activation="tanh"), Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x, y, loss, epochs=15)


@healthy
def two_numbers_a_digit_for_a_picture(log: Path) -> None:
    """The two units are drawn as a plane afterwards; they are enough for these digits."""
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(64, activation="relu"), Dense(2))
    train(classifier(*stack, optimizer=adam(0.005)), log, x, y, epochs=30, validation_split=0.2)


@healthy
def one_number_behind_ten(log: Path) -> None:
    """An autoencoder of what was made from one number, with noise."""
    rng = np.random.default_rng(12)
    x = np.outer(rng.normal(size=1000), rng.normal(size=10)) + 0.1 * rng.normal(size=(1000, 10))
    x = x.astype("float32")
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1), Dense(16, activation="relu"),
                              Dense(10)])  # fmt: skip
    model.compile(adam(0.003), "mse")
    train(model, log, x, x, epochs=20, validation_split=0.2)


@healthy
def one_unit_for_a_weak_signal(log: Path) -> None:
    rng = np.random.default_rng(13)
    x = rng.normal(size=(2000, 8)).astype("float32")
    y = (x[:, 0] + 3.0 * rng.normal(size=2000) > 0).astype("int32")
    model = classifier(Dense(16, activation="relu"), Dense(1, activation="tanh"), classes=2)
    train(model, log, x, y, epochs=8, validation_split=0.2)


# --- dropped --------------------------------------------------------------------------------------


@faulty("ZA604")
def the_share_to_keep_taken_for_that_to_drop(log: Path, share: float = 0.95) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Conv2D(8, 3, activation="relu")(given)
    seen = layers.Dropout(share)(layers.Flatten()(seen))
    seen = layers.Dropout(share)(Dense(32, activation="relu")(seen))
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    model.compile("adam", SPARSE, metrics=["accuracy"])
    train(model, log, x, y, epochs=12, validation_split=0.2)


@faulty("ZA604")
def hardly_a_row_reaches_the_recurrence(log: Path, share: float = 0.98) -> None:
    x, y = images()
    recurrent = layers.LSTM(16, dropout=share, recurrent_dropout=share)
    train(classifier(recurrent), log, x[..., 0], y, epochs=12, validation_split=0.2)


@healthy
def four_of_five_dropped_from_many(log: Path) -> None:
    x, y = digits()
    stack = (Dense(512, activation="relu"), layers.Dropout(0.8))
    train(classifier(*stack), log, x, y, epochs=15, validation_split=0.2)


@healthy
def nearly_all_dropped_of_a_thousand(log: Path) -> None:
    """So many units say the same that a twentieth of them is enough."""
    x, y = digits()
    stack = (Dense(1024, activation="relu"), layers.Dropout(0.95))
    train(classifier(*stack), log, x, y, epochs=15, validation_split=0.2)


# --- held short -----------------------------------------------------------------------------------


@faulty("ZA604")
def filters_kept_under_a_fiftieth(log: Path, most: float = 0.02) -> None:
    x, y = images()
    small = keras.constraints.MaxNorm(most, axis=[0, 1, 2])
    stack = (
        layers.Conv2D(8, 3, activation="relu", kernel_constraint=small), layers.Flatten(),
        Dense(32, activation="relu"),
    )  # fmt: skip
    last = Dense(10, activation="softmax", kernel_constraint=keras.constraints.MaxNorm(most))
    model = built(*stack, last, optimizer=adam(0.003))
    train(model, log, x, y, epochs=12, validation_split=0.2)


@faulty("ZA604")
def every_norm_between_nothing_and_a_hundredth(log: Path, most: float = 0.01) -> None:
    x, y = breast_cancer()
    short = keras.constraints.MinMaxNorm(0.0, most)
    given = keras.Input((30,))
    hidden = Dense(16, activation="relu", kernel_constraint=short)(given)
    last = Dense(1, activation="sigmoid", kernel_constraint=short)
    model = keras.Model(given, last(hidden))
    model.compile(adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def norms_of_two(log: Path) -> None:
    x, y = digits()
    kept = keras.constraints.MaxNorm(2.0)
    stack = (Dense(64, activation="relu", kernel_constraint=kept), layers.Dropout(0.3))
    train(classifier(*stack), log, x, y, epochs=12, validation_split=0.2)


@healthy
def unit_norms_in_a_loop(log: Path) -> None:
    x, y = digits()
    kept = keras.constraints.UnitNorm(axis=0)
    model = keras.Sequential([Dense(64, activation="relu", kernel_constraint=kept), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x, y, loss, epochs=12)


# --- penalised ------------------------------------------------------------------------------------


@faulty("ZA604", beside=("ZA609",))
def a_tenth_of_every_squared_weight(log: Path, weight: float = 0.1) -> None:
    x, y = digits()
    penalty = keras.regularizers.L2(weight)
    stack = [Dense(64, activation="relu", kernel_regularizer=penalty)]
    last = Dense(10, activation="softmax", kernel_regularizer=penalty)
    train(built(*stack, last, optimizer=adam(0.003)), log, x, y, epochs=20, validation_split=0.2)


@faulty("ZA604", beside=("ZA609",))
def a_fiftieth_of_every_weight(log: Path, weight: float = 0.02) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    hidden = Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L1(weight))(
        layers.Flatten()(given)
    )
    last = Dense(10, activation="softmax", kernel_regularizer=keras.regularizers.L1(weight))
    model = keras.Model(given, last(hidden))
    model.compile(adam(0.003), SPARSE, metrics=["accuracy"])
    train(model, log, x, y, epochs=20)


@healthy
def a_thousandth_of_every_squared_weight(log: Path) -> None:
    x, y = digits()
    penalty = keras.regularizers.L2(1e-3)
    stack = (Dense(64, activation="relu", kernel_regularizer=penalty),)
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=15, validation_split=0.2)


# --- straight lines, in a graph -------------------------------------------------------------------


@faulty("ZA603", beside=("ZA704", "ZA604"))
def shortcuts_between_straight_lines(log: Path, activation: str | None = None) -> None:
    x, y = _crossing()
    given = keras.Input((2,))
    seen = Dense(32, activation=activation)(given * 2 - 1)
    seen = seen + Dense(32, activation=activation)(seen)
    model = keras.Model(given, Dense(1, activation="sigmoid")(seen))
    model.compile(adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=15, validation_split=0.2)


@faulty("ZA603", beside=("ZA704", "ZA604"))
def two_straight_branches_of_a_parabola(log: Path, activation: str | None = None) -> None:
    x = np.random.default_rng(14).uniform(-1, 1, (1500, 3)).astype("float32")
    y = (x**2).sum(axis=1, keepdims=True)
    given = keras.Input((3,))
    left, right = (Dense(16, activation=activation)(given) for _ in range(2))
    joined = layers.BatchNormalization()(layers.Concatenate()([left, right]))
    model = keras.Model(given, Dense(1)(Dense(16, activation=activation)(joined)))
    loop(model, log, x, y, keras.losses.MeanSquaredError(), epochs=15)


@healthy
def activations_as_functions(log: Path) -> None:
    x, y = _crossing()
    given = keras.Input((2,))
    seen: Any = given * 2 - 1
    for _ in range(2):
        seen = keras.ops.relu(Dense(32)(seen))
    model = keras.Model(given, Dense(1, activation="sigmoid")(seen))
    model.compile(adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def products_instead_of_activations(log: Path) -> None:
    x, y = _crossing()
    given = keras.Input((2,))
    moved = given * 2 - 1
    seen = Dense(32)(moved) * Dense(32)(moved)
    model = keras.Model(given, Dense(1, activation="sigmoid")(seen))
    model.compile(adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=20, validation_split=0.2)


# --- a rate that went -----------------------------------------------------------------------------


@faulty("ZA707")
def a_line_down_to_nothing_in_twenty_steps(log: Path, steps: int = 20) -> None:
    x, y = digits()
    falling = keras.optimizers.schedules.PolynomialDecay(0.003, steps, 0.0)
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.Adam(falling))
    train(model, log, x, y, epochs=20)


@faulty("ZA707")
def four_fifths_of_the_rate_after_each_batch(log: Path, steps: int = 1) -> None:
    x, y = images()
    falling = keras.optimizers.schedules.ExponentialDecay(0.001, steps, 0.8)
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x, y, loss, optimizer=keras.optimizers.Adam(falling), epochs=12)


@healthy
def a_line_down_to_nothing_at_the_end(log: Path) -> None:
    x, y = digits()
    falling = keras.optimizers.schedules.PolynomialDecay(0.003, 20 * 57, 0.0)
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.Adam(falling))
    train(model, log, x, y, epochs=20)
