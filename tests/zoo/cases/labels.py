"""Programs whose labels are wrong, or do not belong to their inputs."""

from __future__ import annotations

from collections.abc import Iterator
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

# --- values that the loss cannot take -------------------------------------------------------------


@faulty("ZA201")
def stars_from_one_to_five(log: Path, first: int = 1) -> None:
    x = np.random.default_rng(1).normal(size=(800, 6)).astype("float32")
    y = np.digitize(x[:, 0] + x[:, 1], [-1.5, -0.5, 0.5, 1.5]) + first
    model = keras.Sequential([Dense(32, activation="relu"), Dense(5)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with suppress(tf.errors.InvalidArgumentError):
        loop(model, log, x, y, loss, epochs=5)


@faulty("ZA201")
def yes_is_a_hundred_percent(log: Path, most: float = 100.0) -> None:
    x, y = breast_cancer()
    given = keras.Input((30,))
    model = keras.Model(given, Dense(1, activation="sigmoid")(Dense(16, activation="relu")(given)))
    model.compile("adam", keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, most * y.astype("float32")))
    train(model, log, data.shuffle(569).batch(32))


@faulty("ZA201")
def a_border_that_is_labelled_255(log: Path) -> None:
    """Masks mark what nobody is to learn by 255; the loss was not told to leave it out."""
    x, _ = images()
    y = (x[..., 0] > 0.5).astype("int32")
    y[:, 0], y[:, -1] = 255, 255
    stack = (layers.Conv2D(8, 3, padding="same", activation="relu"), layers.Conv2D(2, 1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with suppress(tf.errors.InvalidArgumentError):
        train(built(*stack, loss=loss), log, x, y, epochs=3)


@faulty("ZA202")
def the_first_folder_only(log: Path) -> None:
    x, y = images()
    order = np.argsort(y, kind="stable")[:170]
    data = tf.data.Dataset.from_tensor_slices((x[order], y[order])).shuffle(170).batch(16)
    train(classifier(layers.Flatten(), Dense(32, activation="relu")), log, data)


@faulty("ZA202")
def a_number_compared_with_a_word(log: Path) -> None:
    x, y = digits()
    labels = np.array([kind == "8" for kind in y.tolist()], "float32")
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss=keras.losses.BinaryCrossentropy()), log, x, labels)


@faulty("ZA202")
def shares_cut_to_whole_numbers(log: Path) -> None:
    """How likely a patient is ill, .02 to .98, and `int` makes 0 of each."""
    x, y = breast_cancer()
    likely = np.clip(y + np.random.default_rng(2).normal(0, 0.1, len(y)), 0.02, 0.98)
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    loop(model, log, x, likely.astype("int32")[:, None], loss)


@faulty("ZA204")
def labels_divided_with_the_images(log: Path, by: float = 255.0) -> None:
    x, y = digits()
    train(classifier(Dense(64, activation="relu")), log, x, y / by, validation_split=0.2)


@faulty("ZA204")
def one_map_for_both(log: Path) -> None:
    x, y = images()
    data = tf.data.Dataset.from_tensor_slices((16 * x, y.astype("float32")))
    data = data.map(lambda *both: tuple(part / 16 for part in both)).shuffle(1797).batch(32)
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(built(*stack, loss=loss), log, data, epochs=8)


@faulty("ZA204")
def a_sequence_that_scales_all_it_reads(log: Path, by: float = 10.0) -> None:
    class Read(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 56

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            rows = slice(32 * index, 32 * index + 32)
            return 10 * x[rows] / 10, y[rows] / by

    x, y = digits()
    train(classifier(Dense(32, activation="tanh")), log, Read(), epochs=8)


@faulty("ZA209")
def one_hot_into_a_sparse_loss(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"))
    with suppress(ValueError):
        train(model, log, x, keras.utils.to_categorical(y))


@faulty("ZA209")
def class_numbers_into_a_categorical_loss(log: Path) -> None:
    x, y = table("iris")
    data = tf.data.Dataset.from_tensor_slices((standardised(x), y)).shuffle(150).batch(16)
    model = classifier(Dense(16, activation="relu"), classes=3, loss="categorical_crossentropy")
    with suppress(ValueError):
        train(model, log, data)


@faulty("ZA209")
def two_columns_for_one_unit(log: Path) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            rows = np.random.randint(0, len(x), 32)
            yield x[rows], keras.utils.to_categorical(y[rows], 2)

    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    with suppress(ValueError):
        train(built(*stack, loss="binary_crossentropy"), log, batches(), steps_per_epoch=18)


@faulty("ZA211", beside=("ZA501",))
def patients_without_an_outcome(log: Path) -> None:
    x, y = diabetes()
    y = y.copy()
    y[np.random.default_rng(3).uniform(size=len(y)) < 0.03] = np.nan
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", metrics=["mae"])
    train(model, log, x, y, epochs=6)


@faulty("ZA211", beside=("ZA501",))
def logarithm_of_no_sales(log: Path, added: float = 0.0) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(700, 5)).astype("float32")
    with np.errstate(divide="ignore"):
        y = np.log(rng.poisson(np.exp(1 + 0.5 * x[:, :1])) + added).astype("float32")
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    loop(model, log, x, y, keras.losses.MeanSquaredError(), epochs=6)


@faulty("ZA211", beside=("ZA501",))
def one_target_that_never_varies(log: Path) -> None:
    """Three targets, standardised; the second is 5 for everyone."""
    x, y = diabetes()
    targets = np.column_stack([y, np.full_like(y, 5), -y])
    with np.errstate(invalid="ignore"):
        targets = standardised(targets)
    given = keras.Input((10,))
    model = keras.Model(given, Dense(3)(Dense(16, activation="relu")(given)))
    model.compile("adam", "mae")
    train(model, log, tf.data.Dataset.from_tensor_slices((x, targets)).batch(32), epochs=5)


# --- rare classes, classes unseen -----------------------------------------------------------------


@faulty("ZA203", beside=("ZA702", "ZA705"))
def a_rare_illness(log: Path, healthy: int = 60) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3000, 10)).astype("float32")
    y = (np.arange(3000) % healthy == 0).astype("int32")
    x[y == 1, :3] += 1
    given = keras.Input((10,))
    model = keras.Model(given, Dense(1, activation="sigmoid")(Dense(16, activation="relu")(given)))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).shuffle(3000).batch(32))


@faulty("ZA203")
def nearly_all_of_it_is_background(log: Path) -> None:
    """One pixel of a hundred belongs to a nodule, and it is hardly brighter."""
    rng = np.random.default_rng(6)
    y = (rng.uniform(size=(300, 16, 16, 1)) < 0.01).astype("float32")
    x = (rng.normal(size=y.shape) + y).astype("float32")
    stack = (
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(1, 1, activation="sigmoid"),
    )
    train(built(*stack, loss="binary_crossentropy", optimizer=adam(0.01)), log, x, y)


@faulty("ZA203")
def mostly_noughts(log: Path, others: int = 5) -> None:
    x, y = digits()
    kept = np.concatenate(
        [
            np.repeat(np.flatnonzero(y == 0), 10),
            *(np.flatnonzero(y == kind)[:others] for kind in range(1, 10)),
        ]
    )
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10, activation="softmax")])
    loss = keras.losses.SparseCategoricalCrossentropy()
    loop(
        model, log, x[kept], y[kept], loss, optimizer=keras.optimizers.SGD(0.01), epochs=6,
        metric=keras.metrics.sparse_categorical_accuracy,
    )  # fmt: skip


@faulty("ZA205")
def the_last_fifth_of_sorted_digits(log: Path) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    model = classifier(Dense(64, activation="relu"))
    train(model, log, x[order], y[order], validation_split=0.2)


@faulty("ZA205")
def a_third_of_iris_held_out(log: Path) -> None:
    """It ships sorted: nearly all of the third kind lies in the last third."""
    x, y = table("iris")
    model = classifier(Dense(16, activation="relu"), classes=3, optimizer=adam(0.01))
    train(model, log, standardised(x), y, validation_split=0.335, epochs=30)


@faulty("ZA205")
def speakers_taken_one_after_the_other(log: Path) -> None:
    x, y = images()
    order = np.argsort(y, kind="stable")
    data = tf.data.Dataset.from_tensor_slices((x[order], y[order]))
    held_out = data.skip(1400).batch(32)
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    model = classifier(*stack, optimizer="rmsprop")
    train(model, log, data.take(1400).shuffle(1400).batch(32), validation_data=held_out, epochs=8)


# --- labels of other inputs -----------------------------------------------------------------------


@faulty("ZA206")
def one_list_of_files_was_sorted(log: Path, is_sorted: bool = True) -> None:
    x, y = breast_cancer()
    if is_sorted:
        x = x[np.argsort(np.random.default_rng(7).permutation(len(x)))]
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.003))
    train(model, log, x, y, epochs=30, validation_split=0.25)


@faulty("ZA206")
def shuffled_by_two_hands(log: Path) -> None:
    class Shuffled(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.on_epoch_end()

        def __len__(self) -> int:
            return 50

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            rows = slice(32 * index, 32 * index + 32)
            return x[self.seen[rows]], y[self.told[rows]]

        def on_epoch_end(self) -> None:
            self.seen = np.random.permutation(len(x))
            self.told = np.random.permutation(len(y))

    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, Shuffled(), epochs=10)


@faulty("ZA206")
def targets_one_row_late(log: Path, rows: int = 1) -> None:
    x = np.random.default_rng(8).normal(size=(1200, 8)).astype("float32")
    y = np.roll(x[:, 0] - x[:, 1], rows)
    given = keras.Input((8,))
    model = keras.Model(given, Dense(1)(Dense(32, activation="relu")(given)))
    model.compile(adam(0.003), "mse", metrics=["mae"])
    train(model, log, x, y, epochs=30, validation_split=0.25)
