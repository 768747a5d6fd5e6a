"""Programs whose sequences are padding for the most part, or hold tokens without a row."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import (
    Dense,
    built,
    layers,
    table,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty


def _words(longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of 4 to 8 tokens in 1..49 behind which zeros follow; the class is in the tokens."""
    rng = np.random.default_rng(11)
    x, y = np.zeros((900, longest), "int32"), rng.integers(0, 2, 900)
    for row, label in zip(x, y, strict=True):
        length = rng.integers(4, 9)
        is_high = rng.uniform(size=length) < 0.2 + 0.6 * label
        row[:length] = rng.integers(1, 25, length) + 25 * is_high
    return x, y


@faulty("ZA113")
def padded_words_without_a_mask(log: Path, is_masked: bool = False) -> None:
    x, y = _words(140)
    stack = (layers.Embedding(50, 8, mask_zero=is_masked), layers.SimpleRNN(16))
    model = built(*stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    train(model, log, x, y, epochs=8)


@faulty("ZA113")
def padded_signals_without_a_mask(log: Path, is_masked: bool = False) -> None:
    rng = np.random.default_rng(12)
    x = np.full((900, 60, 2), -10, "float32")
    y = rng.integers(0, 2, 900)
    for row, label in zip(x, y, strict=True):
        length = rng.integers(4, 9)
        row[:length] = rng.normal(label - 0.5, 0.5, (length, 2))
    given = keras.Input((60, 2))
    seen = layers.Masking(-10.0)(given) if is_masked else given
    model = keras.Model(given, Dense(1, activation="sigmoid")(layers.SimpleRNN(16)(seen)))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(900).batch(32)
    train(model, log, data, epochs=8)


@faulty("ZA114")
def a_vocabulary_without_its_last_word(log: Path, words: int = 49) -> None:
    x, y = _words(10)
    stack = (layers.Embedding(words, 8), layers.GlobalAveragePooling1D())
    model = built(*stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    with suppress(tf.errors.InvalidArgumentError):
        train(model, log, x, y, epochs=5)


@faulty("ZA114")
def more_buckets_than_rows(log: Path, rows: int = 32) -> None:
    x, y = table("wine")
    hashed = (1000 * x).astype("int64") % 64
    given = keras.Input((13,), dtype="int64")
    seen = layers.Flatten()(layers.Embedding(rows, 4)(given))
    model = keras.Model(given, Dense(3, activation="softmax")(seen))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    with suppress(tf.errors.InvalidArgumentError):
        train(model, log, hashed, y, epochs=5)


@faulty("ZA113")
def a_mean_over_padding(log: Path, is_masked: bool = False) -> None:
    x, y = _words(300)
    given = keras.Input((300,), dtype="int32")
    seen = layers.Embedding(50, 8, mask_zero=is_masked)(given)
    told = Dense(1)(layers.GlobalAveragePooling1D()(seen))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    sgd = keras.optimizers.SGD(0.5)
    loop(keras.Model(given, told), log, x, y[:, None], loss, optimizer=sgd)
