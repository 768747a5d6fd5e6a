"""Programs whose sequences are padded: layers that take it for data, and some that may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, built, layers, train
from tests.zoo.loops import loop
from tests.zoo.program import faulty, healthy

WORDS = 60


def _reviews(count: int = 900) -> tuple[list[np.ndarray], np.ndarray]:
    """Texts of 5 to 12 words 2..59, good and bad ones; most words of a text are of its kind."""
    rng = np.random.default_rng(31)
    y = rng.integers(0, 2, count)
    texts = [
        rng.integers(2, 31, size) + 29 * (rng.uniform(size=size) < 0.15 + 0.7 * label)
        for label, size in zip(y, rng.integers(5, 13, count), strict=True)
    ]
    return texts, y


def _padded(texts: list[np.ndarray], length: int, value: float = 0, where: str = "post") -> Any:
    return keras.utils.pad_sequences(texts, length, padding=where, value=value)


def _walks(length: int, padding: float) -> tuple[np.ndarray, np.ndarray]:
    """Three sensors over 6 to 14 steps, then padding; which way the first one drifts is told."""
    rng = np.random.default_rng(32)
    x, y = np.full((900, length, 3), padding, "float32"), rng.integers(0, 2, 900)
    for row, label in zip(x, y, strict=True):
        size = rng.integers(6, 15)
        row[:size] = rng.normal(0, 1, (size, 3))
        row[:size, 0] += 0.8 * (2 * label - 1)
    return x, y


@faulty("ZA113")
def every_review_as_long_as_the_longest(log: Path, is_masked: bool = False) -> None:
    """One text of the archive has four hundred words: all others are filled up behind."""
    texts, y = _reviews()
    x = _padded(texts, 400)
    stack = (layers.Embedding(WORDS, 16, mask_zero=is_masked), layers.LSTM(16))
    model = built(*stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    train(model, log, x, y, epochs=5, batch_size=64, validation_split=0.2)


@faulty("ZA113")
def a_mask_for_another_value(log: Path, padding: float = -1.0) -> None:
    """Missing steps were once 0, and the mask still looks for that."""
    x, y = _walks(150, padding)
    given = keras.Input((150, 3))
    seen = layers.GRU(12)(layers.Masking(0.0)(given))
    model = keras.Model(given, Dense(1, activation="sigmoid")(seen))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=6, batch_size=64, validation_split=0.2)


@healthy
def batches_padded_to_a_fixed_shape(log: Path) -> None:
    """No mask: the net learns to carry what it read through the padding."""
    texts, y = _reviews()
    data = tf.data.Dataset.from_generator(
        lambda: zip(texts, y, strict=True),
        output_signature=(tf.TensorSpec((None,), "int32"), tf.TensorSpec((), "int32")),
    )
    data = data.cache().shuffle(900).padded_batch(32, padded_shapes=([250], []))
    given = keras.Input((250,), dtype="int32")
    seen = layers.Embedding(WORDS, 8)(given)
    seen = layers.SimpleRNN(12)(seen)
    model = keras.Model(given, Dense(2, activation="softmax")(seen))
    model.compile(adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, data, epochs=6)


@faulty("ZA113")
def visits_filled_up_with_zeros(log: Path, is_masked: bool = False) -> None:
    x, y = _walks(200, 0.0)
    stack = [layers.Masking(0.0)] if is_masked else []
    model = keras.Sequential([keras.Input((200, 3)), *stack, layers.GRU(12), Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    loop(model, log, x, y[:, None], loss, epochs=5, optimizer=adam(0.001))


@faulty("ZA113")
def the_mean_of_a_padded_attention(log: Path, is_masked: bool = False) -> None:
    """Words begin at 2 since 0 is unused and 1 is the padding."""
    texts, y = _reviews()
    x = _padded(texts, 250, value=0 if is_masked else 1)
    given = keras.Input((250,), dtype="int32")
    h = layers.Embedding(WORDS, 16, mask_zero=is_masked)(given)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)]))
    h = layers.GlobalAveragePooling1D()(h)
    model = keras.Model(given, Dense(1, activation="sigmoid")(h))
    sgd = keras.optimizers.SGD(0.05)
    model.compile(sgd, "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=4, validation_split=0.2)


@healthy
def titles_padded_in_front(log: Path) -> None:
    """What is read last are the words."""
    texts, y = _reviews()
    x = _padded(texts, 80, where="pre")
    stack = (layers.Embedding(WORDS, 16), layers.LSTM(16), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.005))
    train(model, log, x, y, epochs=8, validation_split=0.2)


@healthy
def the_strongest_word_of_a_padded_text(log: Path) -> None:
    """The largest value over all steps passes the padding by."""
    texts, y = _reviews()
    x = _padded(texts, 120)
    stack = (layers.Embedding(WORDS, 16), layers.GlobalMaxPooling1D())
    model = built(
        *stack, Dense(16, activation="relu"), Dense(1, activation="sigmoid"),
        loss="binary_crossentropy", optimizer=adam(0.01),
    )  # fmt: skip
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def clicks_of_a_counter(log: Path) -> None:
    """Nine steps of ten hold nothing, and that is what was measured."""
    rng = np.random.default_rng(33)
    y = rng.integers(0, 2, 1200)
    rate = np.where(y == 1, 0.16, 0.05)[:, None, None]
    x = (rng.uniform(size=(1200, 80, 2)) < rate).astype("float32")
    stack = (layers.Conv1D(8, 5, activation="relu"), layers.GlobalAveragePooling1D())
    model = built(
        *stack, Dense(1, activation="sigmoid"), loss="binary_crossentropy", optimizer=adam(0.01)
    )
    train(model, log, x, y, epochs=15, validation_split=0.2)
