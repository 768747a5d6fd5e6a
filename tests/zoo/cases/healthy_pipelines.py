"""Programs that learn from data fed in many ways, and validated in many ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import ZeroAccuracyCallback
from tests.zoo.building import (
    SPARSE,
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
from tests.zoo.program import healthy


def _small() -> keras.Model:
    return classifier(Dense(64, activation="relu"), optimizer=adam(0.003))


def _slices(*arrays: Any) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(arrays)


@healthy
def data_repeated_without_end(log: Path) -> None:
    data = _slices(*digits()).cache().shuffle(1797).repeat().batch(32).prefetch(2)
    train(_small(), log, data, epochs=12, steps_per_epoch=40)


@healthy
def epochs_that_end_early(log: Path) -> None:
    """An epoch is a few steps, so that the curve has many points."""
    data = _slices(*digits()).shuffle(1797).repeat().batch(32)
    train(_small(), log, data, epochs=50, steps_per_epoch=10)


@healthy
def rows_written_by_a_generator(log: Path) -> None:
    x, y = digits()

    def rows() -> Iterator[tuple[np.ndarray, np.int64]]:
        for i in np.random.permutation(len(x)):
            yield x[i], y[i]

    signature = (tf.TensorSpec((64,), tf.float32), tf.TensorSpec((), tf.int64))
    data = tf.data.Dataset.from_generator(rows, output_signature=signature).batch(64)
    train(_small(), log, data, epochs=12)


@healthy
def batches_from_a_plain_generator(log: Path) -> None:
    x, y = digits()

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(3)
        while True:
            drawn = rng.integers(0, 1400, 32)
            yield x[drawn] + rng.normal(0, 0.1, (32, 64)).astype("float32"), y[drawn]

    train(_small(), log, batches(), epochs=12, steps_per_epoch=40,
          validation_data=(x[1400:], y[1400:]))  # fmt: skip


class _Augmented(keras.utils.PyDataset):
    """Images that are shifted by a pixel at random, in an order that each epoch draws."""

    def __init__(self, **workers: Any) -> None:
        super().__init__(**workers)
        self.rng = np.random.default_rng(4)
        self.x, self.y = images()
        self.on_epoch_end()

    def __len__(self) -> int:
        return 44

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        drawn = self.order[32 * index : 32 * (index + 1)]
        shift = tuple(self.rng.integers(-1, 2, 2))
        return np.roll(self.x[drawn], shift, axis=(1, 2)), self.y[drawn]

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(1437)


@healthy
def shifted_images_in_one_thread(log: Path) -> None:
    data = _Augmented(workers=1)
    stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack, optimizer=adam(0.005)), log, data, epochs=12,
          validation_data=(data.x[1437:], data.y[1437:]))  # fmt: skip


@healthy
def classes_drawn_equally_often(log: Path) -> None:
    x, y = breast_cancer()
    row = np.arange(len(y))
    is_held_out = row % 5 == 0
    kept = ~is_held_out & ((y == 1) | (row % 6 == 1))
    parts = [
        _slices(x[kept & (y == label)], y[kept & (y == label)]).shuffle(500).repeat()
        for label in (0, 1)
    ]
    data = tf.data.Dataset.sample_from_datasets(parts, [0.5, 0.5], seed=0).batch(32)
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.003))
    train(
        model,
        log,
        data,
        epochs=10,
        steps_per_epoch=20,
        validation_data=(x[is_held_out], y[is_held_out]),
    )


@healthy
def columns_of_words_and_numbers(log: Path) -> None:
    rng = np.random.default_rng(0)
    colour, size = rng.choice(["red", "green", "blue"], 1500), rng.uniform(20, 200, 1500)
    y = (size > np.where(colour == "red", 60, np.where(colour == "blue", 110, 160))).astype("int32")
    look_up = layers.StringLookup(vocabulary=["red", "green", "blue"], output_mode="one_hot")
    scaled = layers.Normalization(axis=None)
    scaled.adapt(size)
    data = _slices({"colour": colour, "size": size.astype("float32")[:, None]}, y).shuffle(1500)
    data = data.batch(32).map(
        lambda row, label: ({"colour": look_up(row["colour"]), "size": row["size"]}, label)
    )
    ins = {"colour": keras.Input((4,), name="colour"), "size": keras.Input((1,), name="size")}
    h = layers.Concatenate()([ins["colour"], scaled(ins["size"])])
    outputs = Dense(1, activation="sigmoid")(Dense(16, activation="relu")(h))
    model = keras.Model(ins, outputs)
    model.compile(adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, data, epochs=15)


@healthy
def bytes_and_a_batch_normalisation(log: Path) -> None:
    x, y = images()
    stack = (layers.BatchNormalization(), layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack, optimizer=adam(0.003)), log, (255 * x).astype("uint8"), y, epochs=12,
          validation_split=0.2)  # fmt: skip


@healthy
def bytes_augmented_by_layers(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Rescaling(1 / 127.5, offset=-1.0), layers.RandomTranslation(0.1, 0.1, seed=1),
        layers.RandomRotation(0.03, seed=2), layers.Conv2D(24, 3, activation="relu"),
        layers.Flatten(),
    )  # fmt: skip
    train(classifier(*stack, optimizer=adam(0.003)), log, 255 * x, y, epochs=12,
          validation_split=0.2)  # fmt: skip


@healthy
def validated_on_a_part(log: Path) -> None:
    x, y = digits()
    held_out = _slices(x[1400:], y[1400:]).batch(32).repeat()
    data = _slices(x[:1400], y[:1400]).shuffle(1400).batch(32)
    train(_small(), log, data, epochs=12, validation_data=held_out, validation_steps=3)


@healthy
def validated_now_and_then(log: Path) -> None:
    x, y = digits()
    train(_small(), log, x, y, epochs=15, validation_split=0.2, validation_freq=5)


@healthy
def several_steps_an_execution(log: Path) -> None:
    x, y = digits()
    model = _small()
    model.compile(adam(0.003), SPARSE, metrics=["accuracy"], steps_per_execution=8)
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def compiled_by_xla(log: Path) -> None:
    x, y = digits()
    model = _small()
    model.compile(adam(0.003), SPARSE, metrics=["accuracy"], jit_compile=True)
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def never_compiled_by_xla(log: Path) -> None:
    x, y = digits()
    model = _small()
    model.compile(adam(0.003), SPARSE, metrics=["accuracy"], jit_compile=False)
    train(model, log, x, y, epochs=12, batch_size=100)


@healthy
def eager_all_the_way(log: Path) -> None:
    x, y = digits()
    model = _small()
    model.compile(adam(0.005), SPARSE, metrics=["accuracy"], run_eagerly=True)
    train(
        model, log, x[:640], y[:640], epochs=8, batch_size=64, validation_data=(x[1400:], y[1400:])
    )


@healthy
def continued_by_a_second_fit(log: Path) -> None:
    x, y = digits()
    model, callback = _small(), ZeroAccuracyCallback(log, verbose=0)
    for _ in range(2):
        model.fit(x, y, epochs=8, verbose=0, validation_split=0.2, callbacks=[callback])


@healthy
def continued_by_a_new_callback(log: Path) -> None:
    x, y = digits()
    model = _small()
    for begins, ends in ((0, 6), (6, 12)):
        train(model, log, x, y, initial_epoch=begins, epochs=ends, validation_split=0.2)


@healthy
def beside_the_callback_of_keras(log: Path) -> None:
    x, y = images()
    stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    board = keras.callbacks.TensorBoard(log, histogram_freq=4)
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=10, validation_split=0.2,
          callbacks=[board, keras.callbacks.TerminateOnNaN()])  # fmt: skip
