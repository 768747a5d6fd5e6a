"""Programs whose inputs are broken, badly scaled or of the wrong kind."""

from __future__ import annotations

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
    digits,
    images,
    layers,
    standardised,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty

# --- not finite, all zero -------------------------------------------------------------------------


@faulty("ZA101", beside=("ZA501",))
def standardised_pixels_that_never_vary(log: Path, least: float = 0.0) -> None:
    """The pixels of the border are 0 in every image: their standard deviation is 0."""
    x, y = digits()
    with np.errstate(invalid="ignore"):
        x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), least)
    train(classifier(Dense(64, activation="relu")), log, x, y, epochs=5)


@faulty("ZA101", beside=("ZA501",))
def missing_measurements_left_in(log: Path) -> None:
    x, y = breast_cancer()
    gaps = np.random.default_rng(3).uniform(size=len(x)) < 0.02
    x[gaps, 7] = np.nan
    given = keras.Input((30,))
    hidden = Dense(16, activation="tanh")(given)
    model = keras.Model(given, Dense(1, activation="sigmoid")(hidden))
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).batch(16), epochs=6)


@faulty("ZA101", beside=("ZA501",))
def a_rate_of_two_counts(log: Path, least: int = 0) -> None:
    """Clicks by views, and some pages were never seen."""
    rng = np.random.default_rng(5)
    views = rng.poisson(4, (600, 6)).astype("float32")
    clicks = rng.binomial(views.astype(int) + 1, 0.4).astype("float32")
    y = (clicks[:, 0] > clicks[:, 1]).astype("int32")
    with np.errstate(divide="ignore", invalid="ignore"):
        x = clicks / np.maximum(views, least)
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1, activation="sigmoid")])
    loop(model, log, x, y[:, None], keras.losses.BinaryCrossentropy(), epochs=5)


@faulty("ZA102")
def images_copied_into_a_copy(log: Path) -> None:
    """`astype` returns an array of its own: what is written into it is lost."""
    x, y = images()
    read = np.zeros(x.shape)
    read.astype("float32")[:] = x
    train(classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten()), log, read, y)


@faulty("ZA102")
def whole_numbers_divided_by_255(log: Path) -> None:
    x, y = digits()
    grey = (16 * x).astype("int32")
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, (grey // 255).astype("float32"), y, loss, epochs=6)


# --- scales ---------------------------------------------------------------------------------------


@faulty("ZA103")
def incomes_in_cents(log: Path, is_scaled: bool = False) -> None:
    x = np.random.default_rng(1).uniform(1e6, 1e7, (1200, 8))
    y = (x[:, 0] + x[:, 1] > x[:, 2] + x[:, 3]).astype("int32")
    model = built(
        Dense(32, activation="relu"), Dense(1, activation="sigmoid"), loss="binary_crossentropy"
    )
    train(model, log, standardised(x) if is_scaled else x.astype("float32"), y)


@faulty("ZA103")
def images_of_sixteen_bits(log: Path, most: float = 65535.0) -> None:
    class Small(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.seen = layers.Conv2D(8, 3, activation="relu")
            self.flat = layers.Flatten()
            self.told = Dense(10, activation="softmax")

        def call(self, given: tf.Tensor) -> tf.Tensor:
            return self.told(self.flat(self.seen(given)))

    x, y = images()
    model = Small()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x * most, y)


@faulty("ZA103", beside=("ZA505",))
def years_as_they_are(log: Path, first: int = 0) -> None:
    x = np.random.default_rng(2).integers(1950, 2020, (1000, 4)).astype("float32")
    y = (x[:, 0] > x[:, 1]).astype("int32")
    x = (x - first) / (70 if first else 1)
    hidden = Dense(32, activation="tanh")
    model = built(hidden, Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA104")
def a_timestamp_among_shares(log: Path, is_scaled: bool = False) -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 1, (1000, 10))
    x[:, 9] = rng.uniform(1.6e9, 1.7e9, 1000)
    y = (x[:, 0] + x[:, 1] > 1).astype("int32")
    model = built(
        Dense(32, activation="relu"), Dense(1, activation="sigmoid"), loss="binary_crossentropy"
    )
    train(model, log, standardised(x) if is_scaled else x.astype("float32"), y)


@faulty("ZA104")
def metres_beside_micrometres(log: Path, is_scaled: bool = False) -> None:
    x = np.random.default_rng(6).normal(size=(1000, 8))
    y = x[:, 0] - x[:, 1] + 0.1 * x[:, 2]
    x = x if is_scaled else x * [1e-3, 1e-3, 1e-2, 1e3, 1e-2, 1e-2, 1, 1e-1]
    given = keras.Input((8,))
    model = keras.Model(given, Dense(1)(Dense(32, activation="relu")(given)))
    model.compile(adam(0.003), "mse", metrics=["mae"])
    train(model, log, x.astype("float32"), y.astype("float32"), validation_split=0.2)


@faulty("ZA104")
def a_tumour_with_its_patients_number(log: Path, number: float = 9e5) -> None:
    x, y = breast_cancer()
    x = np.column_stack([x, np.random.default_rng(7).uniform(0, number, len(x))])
    loss = keras.losses.BinaryCrossentropy()
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1, activation="sigmoid")])
    loop(model, log, x.astype("float32"), y[:, None], loss, optimizer=keras.optimizers.SGD(0.05))


@faulty("ZA105", beside=("ZA206",))
def joined_on_the_wrong_key(log: Path) -> None:
    """No row finds its partner: what would tell is filled with -1, and only noise is left."""
    _, y = breast_cancer()
    x = np.full((len(y), 30), -1, "float32")
    x[:, :2] = np.random.default_rng(8).normal(size=(len(y), 2))
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, y, validation_split=0.2)


@faulty("ZA105", beside=("ZA206",))
def a_sensor_that_was_unplugged(log: Path, is_plugged: bool = False) -> None:
    """Three channels of four stand still at what was read last."""
    x = np.random.default_rng(9).normal(size=(800, 12, 4)).astype("float32")
    y = (x[:, :, 1].mean(axis=1) > 0).astype("int32")
    if not is_plugged:
        x[:, :, 1:] = [0.4, -0.2, 1.1]
    stack = (layers.GRU(8), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, x, y, epochs=8, validation_split=0.2)


@faulty("ZA105", beside=("ZA206", "ZA102"))
def the_same_image_under_every_name(log: Path) -> None:
    """The loop over the files opens the first of them each time."""
    x, y = images()
    read = np.repeat(x[:1], len(x), axis=0)
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, read, y, epochs=10, validation_split=0.2)


# --- kinds and ranges -----------------------------------------------------------------------------


@faulty("ZA107", "ZA103")
def bytes_into_a_convolution(log: Path, divided_by: int = 1) -> None:
    x, y = images()
    x = (255 * x).astype("uint8")
    x = x / np.float32(divided_by) if divided_by > 1 else x
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(32)
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(32, "relu"))
    train(classifier(*stack, optimizer=keras.optimizers.SGD(0.1)), log, data, epochs=8)


@faulty("ZA107", "ZA103")
def codes_of_towns_as_numbers(log: Path) -> None:
    """A town's code says nothing by its size: it wants an embedding."""
    x = np.random.default_rng(10).integers(0, 100_000, (1500, 3))
    y = (x[:, 0] % 2).astype("int32")
    given = keras.Input((3,), dtype="int64")
    hidden = Dense(32, activation="relu")(given)
    model = keras.Model(given, Dense(1, activation="sigmoid")(hidden))
    model.compile("adam", keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA112", beside=("ZA702", "ZA705"))
def divided_before_the_rescaling_layer(log: Path, by: float = 1 / 255) -> None:
    x, y = images()
    stack = (layers.Rescaling(by), layers.Flatten(), Dense(64, activation="relu"))
    train(classifier(*stack, optimizer="sgd"), log, x, y)


@faulty("ZA112")
def shares_into_what_expects_bytes(log: Path, most: float = 1.0) -> None:
    """-1 to 1 is what the layer makes of bytes; of shares it makes -1 to -.992."""
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Rescaling(1 / 127.5, offset=-1)(given)
    seen = layers.Conv2D(16, 3, activation="relu")(seen)
    seen = layers.GlobalAveragePooling2D()(layers.Conv2D(32, 3, activation="relu")(seen))
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, most * x, y)


@faulty("ZA112", "ZA103")
def scaled_by_a_maximum_of_another_camera(log: Path, most: float = 65535.0) -> None:
    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, 16 * x / most, y, loss, optimizer=keras.optimizers.SGD(0.05))
