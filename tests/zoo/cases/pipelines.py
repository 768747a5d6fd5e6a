"""Programs whose batches are lost, repeated, sorted, spoilt or slow, or others in validation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import tap
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
    train,
)
from tests.zoo.program import faulty

Batch = tuple[np.ndarray, np.ndarray]

# --- the same batch again -------------------------------------------------------------------------


@faulty("ZA106")
def an_iterator_made_anew_each_step(log: Path) -> None:
    def batches() -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        while True:
            yield next(iter(data))

    x, y = images()
    held_out = x[1400:], y[1400:]
    data = tf.data.Dataset.from_tensor_slices((x[:1400], y[:1400])).batch(32)
    model = classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    train(model, log, batches(), steps_per_epoch=30, epochs=8, validation_data=held_out)


@faulty("ZA106")
def an_index_that_is_not_used(log: Path) -> None:
    class Read(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 44

        def __getitem__(self, index: int) -> Batch:
            rows = slice(0, 32)
            return x[rows], y[rows]

    x, y = digits()
    held_out = x[1400:], y[1400:]
    train(classifier(Dense(64, activation="relu")), log, Read(), epochs=8, validation_data=held_out)


@faulty("ZA106")
def one_batch_taken_and_repeated(log: Path) -> None:
    """`take` counts batches where examples were meant."""
    x, y = diabetes()
    data = tf.data.Dataset.from_tensor_slices((x[:350], y[:350])).batch(16).take(1).repeat()
    model = built(
        Dense(32, activation="relu"), Dense(1), loss="mse", metrics=["mae"], optimizer=adam(0.003)
    )
    train(model, log, data, steps_per_epoch=22, validation_data=(x[350:], y[350:]))


# --- no batch, or no more -------------------------------------------------------------------------


@faulty("ZA110")
def a_share_taken_as_a_whole_number(log: Path) -> None:
    """`int(.8)` is 0: nothing is taken."""
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).take(int(0.8)).batch(32)
    train(classifier(Dense(64, activation="relu")), log, data, epochs=5)


@faulty("ZA110")
def a_folder_without_files(log: Path) -> None:
    def read() -> Iterator[Batch]:
        for path in sorted(log.glob("*.png")):
            yield np.zeros(64, "float32"), np.int64(path.stem)

    kinds = tf.TensorSpec((64,), tf.float32), tf.TensorSpec((), tf.int64)
    data = tf.data.Dataset.from_generator(read, output_signature=kinds).batch(32)
    train(classifier(Dense(64, activation="relu")), log, data, epochs=4)


@faulty("ZA110")
def rows_of_a_file_that_is_not_rewound(log: Path) -> None:
    def batches() -> Iterator[Batch]:
        while True:
            rows = [row for row, _ in zip(lines, range(32), strict=False)]
            if not rows:
                return
            yield np.stack([row[0] for row in rows]), np.array([row[1] for row in rows])

    x, y = digits()
    lines = iter(list(zip(x, y, strict=True)))
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(0.01))
    train(model, log, batches(), steps_per_epoch=56, epochs=6)


# --- in order -------------------------------------------------------------------------------------


@faulty("ZA111")
def sorted_and_not_shuffled(log: Path, is_shuffled: bool = False) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    sgd = keras.optimizers.SGD(0.3, momentum=0.9)
    model = classifier(Dense(64, activation="relu"), optimizer=sgd)
    train(model, log, x[order], y[order], shuffle=is_shuffled)


@faulty("ZA111")
def one_folder_after_the_other(log: Path) -> None:
    x, y = images()
    folders = [tf.data.Dataset.from_tensor_slices((x[y == k], y[y == k])) for k in range(10)]
    data = folders[0]
    for folder in folders[1:]:
        data = data.concatenate(folder)
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    sgd = keras.optimizers.SGD(0.1, momentum=0.9)
    model = classifier(*stack, optimizer=sgd)
    drawn = np.random.default_rng(1).permutation(1797)[:300]
    train(model, log, data.batch(32), epochs=8, validation_data=(x[drawn], y[drawn]))


@faulty("ZA111")
def a_buffer_of_a_single_batch(log: Path, buffer: int = 32) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    data = tf.data.Dataset.from_tensor_slices((x[order], y[order])).shuffle(buffer).batch(16)
    given = keras.Input((64,))
    hidden = Dense(32, activation="relu")(Dense(32, activation="relu")(given))
    model = keras.Model(given, Dense(10, activation="softmax")(hidden))
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    train(model, log, data)


# --- validation prepared in another way -----------------------------------------------------------


@faulty("ZA108")
def only_training_was_scaled(log: Path, factor: float = 255.0) -> None:
    x, y = images()
    model = classifier(layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    held_out = factor * x[1400:], y[1400:]
    train(model, log, x[:1400], y[:1400], epochs=8, validation_data=held_out)


@faulty("ZA108")
def blue_first_in_validation(log: Path, is_turned: bool = True) -> None:
    rng = np.random.default_rng(2)
    y = rng.integers(0, 3, 1200)
    x = rng.uniform(0, 0.4, (1200, 6, 6, 3)).astype("float32")
    x += np.array([0.3, 0.1, 0.0])
    x[np.arange(1200), :, :, y] += 0.3
    told = x[900:, ..., ::-1] if is_turned else x[900:]
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.GlobalAveragePooling2D())
    model = classifier(*stack, classes=3, optimizer=adam(0.01))
    held_out = tf.data.Dataset.from_tensor_slices((told, y[900:])).batch(32)
    train(model, log, x[:900], y[:900], validation_data=held_out)


@faulty("ZA108")
def validation_as_it_ships(log: Path) -> None:
    from demo.data import breast_cancer_raw

    x, y = breast_cancer_raw()
    seen = tf.data.Dataset.from_tensor_slices((standardised(x)[:400], y[:400]))
    held_out = tf.data.Dataset.from_tensor_slices((x[400:], y[400:])).batch(32)
    given = keras.Input((30,))
    hidden = Dense(16, activation="relu")(given)
    model = keras.Model(given, Dense(1, activation="sigmoid")(hidden))
    model.compile(adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, seen.shuffle(400).batch(32), validation_data=held_out)


# --- spoilt on the way ----------------------------------------------------------------------------


@faulty("ZA109", beside=("ZA102",))
def cropped_to_the_margin(log: Path) -> None:
    """The first column of pixels is empty in every image."""
    x, y = images()
    data = tf.data.Dataset.from_tensor_slices((x, y)).apply(tap("read"))
    data = data.map(lambda a, b: (a[:, :1], b)).apply(tap("cropped")).shuffle(1797).batch(32)
    train(classifier(layers.Flatten(), Dense(32, activation="relu")), log, data, epochs=8)


@faulty("ZA109", beside=("ZA101", "ZA501"))
def a_root_behind_standardising(log: Path) -> None:
    x, y = breast_cancer()
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32).apply(tap("standardised"))
    data = data.map(lambda a, b: (tf.sqrt(a), b)).apply(tap("made less skew"))
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, data, epochs=4)


@faulty("ZA109", beside=("ZA112",))
def scaled_twice_by_two_people(log: Path) -> None:
    class Scaled(keras.utils.PyDataset):
        def __init__(self, source: keras.utils.PyDataset | None = None) -> None:
            super().__init__()
            self.source = source

        def __len__(self) -> int:
            return 56

        def __getitem__(self, index: int) -> Batch:
            if self.source is None:
                rows = slice(32 * index, 32 * index + 32)
                return 255 * x[rows] / 255, y[rows]
            read, labels = self.source[index]
            return read / 255, labels

    x, y = digits()
    data = tap("scaled again")(Scaled(tap("scaled")(Scaled())))
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(0.01))
    train(model, log, data, epochs=8)


# --- slow -----------------------------------------------------------------------------------------


@faulty("ZA803")
def a_generator_that_sleeps(log: Path, pause: float = 0.06) -> None:
    def batches() -> Iterator[Batch]:
        while True:
            time.sleep(pause)  # a disk in another building
            rows = np.random.randint(0, len(x), 64)
            yield x[rows], y[rows]

    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.01))
    train(model, log, batches(), steps_per_epoch=20, epochs=4)


@faulty("ZA803")
def images_decoded_one_by_one(log: Path, pause: float = 0.002) -> None:
    def decoded(image: np.ndarray) -> np.ndarray:
        time.sleep(pause)
        return image

    x, y = images()
    x, y = x[:600], y[:600]
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(600)
    data = data.map(
        lambda a, b: (tf.ensure_shape(tf.numpy_function(decoded, [a], tf.float32), (8, 8, 1)), b)
    )
    model = classifier(
        layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), optimizer=adam(0.01)
    )
    train(model, log, data.batch(32), epochs=4)


@faulty("ZA803")
def a_sequence_that_reads_a_slow_disk(log: Path, pause: float = 0.08) -> None:
    class Read(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 14

        def __getitem__(self, index: int) -> Batch:
            time.sleep(pause)
            rows = slice(32 * index, 32 * index + 32)
            return x[rows], y[rows]

    x, y = diabetes()
    model = built(
        Dense(16, activation="relu"), Dense(1), loss="mse", optimizer=adam(0.02), metrics=["mae"]
    )
    train(model, log, Read(), epochs=5)
