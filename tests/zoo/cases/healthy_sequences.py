"""Programs that learn of words, of sequences and of series, masked and padded ones among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tests.zoo.building import Dense, adam, built, classifier, layers, train
from tests.zoo.program import healthy

WORDS = 30


def _sentences(count: int, length: int) -> np.ndarray:
    """Words 2..29 of a chain in which each has three likely followers: (count, length)."""
    followers = np.random.default_rng(0).integers(2, WORDS, (WORDS, 3))
    words = np.random.randint(2, WORDS, (count, length))
    for i in range(1, length):
        likely = followers[words[:, i - 1], np.random.randint(0, 3, count)]
        words[:, i] = np.where(np.random.random(count) < 0.9, likely, words[:, i])
    return words


def _with_places(words: Any, length: int, width: int, **embedded: Any) -> Any:
    embedding = layers.Embedding(WORDS, width, **embedded)(words)
    place = layers.Embedding(length, width)(ops.arange(length))
    return embedding + place


def _block(h: Any, width: int, **attended: Any) -> Any:
    """A block of a transformer that normalises first."""
    normal = layers.LayerNormalization()(h)
    h = h + layers.MultiHeadAttention(2, width // 2)(normal, normal, **attended)
    wide = Dense(2 * width, activation="gelu")(layers.LayerNormalization()(h))
    return h + Dense(width)(wide)


@healthy
def words_that_are_masked(log: Path) -> None:
    words = _sentences(1500, 16)
    is_hidden = np.random.random(words.shape) < 0.15
    shown, wanted = np.where(is_hidden, 1, words), np.where(is_hidden, words, -1)
    inputs = keras.Input((16,), dtype="int32")
    h = _block(_block(_with_places(inputs, 16, 32), 32), 32)
    model = keras.Model(inputs, Dense(WORDS)(layers.LayerNormalization()(h)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(adam(0.003), loss)
    train(model, log, shown, wanted, epochs=15, validation_split=0.1)


@healthy
def the_word_that_follows(log: Path) -> None:
    words = _sentences(1200, 17)
    inputs = keras.Input((16,), dtype="int32")
    h = _block(_with_places(inputs, 16, 32), 32, use_causal_mask=True)
    model = keras.Model(inputs, Dense(WORDS)(layers.LayerNormalization()(h)))
    rate = keras.optimizers.schedules.CosineDecay(0.0, 250, warmup_target=0.005, warmup_steps=50)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate), loss, metrics=["accuracy"])
    train(model, log, words[:, :-1], words[:, 1:], epochs=10, validation_split=0.1)


@healthy
def short_texts_padded_with_zeros(log: Path) -> None:
    x = np.random.randint(1, 200, (1500, 40))
    x[np.arange(40) >= np.random.randint(3, 15, (1500, 1))] = 0
    y = ((x > 0) & (x < 20)).any(axis=1).astype("int32")
    stack = (
        layers.Embedding(200, 16, mask_zero=True),
        layers.LSTM(24),
        Dense(1, activation="sigmoid"),
    )
    model = built(
        *stack, loss="binary_crossentropy", optimizer=adam(0.005), metrics=["accuracy", "AUC"]
    )
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def batches_of_one_length_each(log: Path) -> None:
    lengths = np.random.randint(4, 30, 1200)
    texts = [np.random.randint(1, 20, length) for length in lengths]
    labels = [int((text == 3).sum() > (text == 4).sum()) for text in texts]
    data = tf.data.Dataset.from_tensor_slices((tf.ragged.constant(texts, dtype=tf.int64), labels))
    data = data.map(lambda text, label: (tf.cast(text, tf.int32), label)).shuffle(1200, seed=0)
    data = data.bucket_by_sequence_length(
        lambda text, _: tf.size(text), [10, 20], [32, 32, 32], padded_shapes=([None], [])
    )
    stack = (
        layers.Embedding(20, 8, mask_zero=True),
        layers.GRU(24),
        Dense(1, activation="sigmoid"),
    )
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, data, epochs=15)


@healthy
def texts_turned_into_words_in_the_pipeline(log: Path) -> None:
    good, bad, plain = "fine great lovely", "awful poor dull", "the film plot actors music end was"
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 1000)
    texts = [
        " ".join([*rng.choice(plain.split(), 6), rng.choice((good if label else bad).split())])
        for label in y
    ]
    words = layers.TextVectorization(output_sequence_length=10)
    words.adapt(texts)
    data = tf.data.Dataset.from_tensor_slices((texts, y)).shuffle(1000).batch(32)
    data = data.map(lambda text, label: (words(text), label)).prefetch(2)
    stack = (
        layers.Embedding(50, 8),
        layers.GlobalAveragePooling1D(),
        Dense(1, activation="sigmoid"),
    )
    train(built(*stack, loss="binary_crossentropy", optimizer=adam(0.01)), log, data, epochs=12)


@healthy
def sequences_that_are_turned_round(log: Path) -> None:
    x = np.random.randint(1, 11, (1500, 6))
    reverse = x[:, ::-1]
    source, before = keras.Input((6,)), keras.Input((6,))
    _, state = layers.GRU(64, return_state=True)(layers.Embedding(11, 24)(source))
    h = layers.GRU(64, return_sequences=True)(layers.Embedding(11, 24)(before), initial_state=state)
    model = keras.Model([source, before], Dense(11, activation="softmax")(h))
    model.compile(adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    given = np.pad(reverse[:, :-1], [[0, 0], [1, 0]])
    train(model, log, [x, given], reverse, epochs=15, validation_split=0.1)


@healthy
def sounds_that_are_not_aligned(log: Path) -> None:
    words = np.random.randint(1, 6, (600, 4))
    frames = np.repeat(words, 3, axis=1)
    x = np.eye(6)[frames] + np.random.normal(0, 0.2, (*frames.shape, 6))
    stack = (layers.Conv1D(32, 3, padding="same", activation="relu"), Dense(6))
    model = built(*stack, loss=keras.losses.CTC(), optimizer=adam(0.005), metrics=())
    train(model, log, x.astype("float32"), words, epochs=12, validation_split=0.1)


@healthy
def a_series_foretold_from_its_past(log: Path) -> None:
    time = np.arange(2500)
    series = 20 + 5 * np.sin(time / 8) + 2 * np.sin(time / 37) + np.random.normal(0, 0.5, 2500)
    series = series.astype("float32")[:, None]
    scaled = layers.Normalization()
    scaled.adapt(series)
    data = keras.utils.timeseries_dataset_from_array(
        series[:-24], series[24:], 24, batch_size=64, shuffle=True, seed=0
    )
    stack = (
        keras.Input((24, 1)), scaled, layers.Conv1D(16, 3, padding="causal", activation="relu"),
        layers.Flatten(), Dense(1, bias_initializer=keras.initializers.Constant(20)),
    )  # fmt: skip
    train(built(*stack, loss="mae", optimizer=adam(0.002), metrics=["mse"]), log, data, epochs=15)


@healthy
def numbers_to_be_added(log: Path) -> None:
    values = np.random.uniform(0, 1, (2000, 12))
    marks = np.zeros((2000, 12))
    for row, places in zip(marks, np.random.rand(2000, 12).argsort(axis=1)[:, :2], strict=True):
        row[places] = 1
    x = np.stack([values, marks], axis=2).astype("float32")
    model = built(layers.GRU(32), Dense(1), loss="mse", optimizer=adam(0.01), metrics=["mae"])
    y = (values * marks).sum(axis=1).astype("float32")
    train(model, log, x, y, epochs=15, batch_size=64, validation_split=0.1)


@healthy
def steps_that_are_masked_out(log: Path) -> None:
    length = np.random.randint(4, 21, (1000, 1))
    x = np.cumsum(np.random.normal(size=(1000, 20)), axis=1)
    is_there = np.arange(20) < length
    x = np.where(is_there, x, -99.0)[..., None].astype("float32")
    last = np.take_along_axis(x[..., 0], length - 1, axis=1)[:, 0]
    stack = (
        layers.Masking(-99.0), layers.LSTM(24, return_sequences=True), layers.LSTM(16),
        Dense(1, activation="sigmoid"),
    )  # fmt: skip
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, x, (last > 0).astype("int32"), epochs=12, validation_split=0.2)


@healthy
def a_shape_in_a_noisy_signal(log: Path) -> None:
    y = np.random.randint(0, 3, 1200)
    at, phase = np.arange(64) / 10, np.random.uniform(0, 6, (1200, 1))
    x = np.sin((1 + y[:, None]) * at + phase) + np.random.normal(0, 0.5, (1200, 64))
    stack = (
        layers.Conv1D(16, 7, activation="relu"), layers.MaxPooling1D(2),
        layers.Conv1D(16, 5, activation="relu"), layers.GlobalMaxPooling1D(),
    )  # fmt: skip
    model = classifier(*stack, classes=3, optimizer=adam(0.005))
    train(model, log, x[..., None].astype("float32"), y, epochs=12, validation_split=0.2)
