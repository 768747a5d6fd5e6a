"""Sequences, ways to train, tapped pipelines, and what only looks like a fault."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import tap
from tests.zoo.building import (
    Dense,
    adam,
    built,
    classifier,
    digits,
    images,
    layers,
    table,
    train,
)
from tests.zoo.program import healthy


@healthy
def rows_through_an_lstm(log: Path) -> None:
    x, y = images()
    model = classifier(layers.Reshape((8, 8)), layers.LSTM(48), optimizer=adam(0.005))
    train(model, log, x, y, epochs=20)


@healthy
def both_ways_through_a_gru(log: Path) -> None:
    x, y = images()
    stack = (layers.Reshape((8, 8)), layers.Bidirectional(layers.GRU(32)))
    train(classifier(*stack, optimizer=adam(0.005)), log, x, y, epochs=20)


@healthy
def a_bag_of_words(log: Path) -> None:
    x = np.random.randint(1, 500, (1500, 20))
    y = ((x < 60).sum(axis=1) > 2).astype("int32")
    stack = (
        layers.Embedding(500, 16), layers.GlobalAveragePooling1D(), Dense(16, activation="relu"),
        Dense(1, activation="sigmoid"),
    )  # fmt: skip
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, x, y, epochs=25, validation_split=0.2)


@healthy
def attention(log: Path) -> None:
    x = np.random.randint(1, 50, (1500, 16))
    inputs = keras.Input((16,))
    words = layers.Embedding(50, 32)(inputs)
    found = layers.MultiHeadAttention(2, 16)(words, words)
    h = layers.GlobalMaxPooling1D()(layers.LayerNormalization()(layers.Add()([words, found])))
    model = keras.Model(inputs, Dense(1, activation="sigmoid")(h))
    model.compile(adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, x, (x == 7).any(axis=1).astype("int32"), epochs=25)


@healthy
def a_tag_for_every_word(log: Path) -> None:
    x = np.random.randint(0, 20, (800, 12))
    stack = (
        layers.Embedding(20, 32), layers.Bidirectional(layers.LSTM(32, return_sequences=True)),
    )  # fmt: skip
    model = classifier(*stack, classes=3, optimizer=adam(0.01))
    train(model, log, x, (x + np.roll(x, 1, axis=1)) % 3, epochs=30)

@healthy
def two_outputs(log: Path) -> None:
    x, y = digits()
    inputs = keras.Input((64,))
    h = Dense(64, activation="relu")(inputs)
    digit = Dense(10, activation="softmax", name="digit")(h)
    even = Dense(1, activation="sigmoid", name="even")(h)
    model = keras.Model(inputs, [digit, even])
    losses = {"digit": "sparse_categorical_crossentropy", "even": "binary_crossentropy"}
    model.compile("adam", losses, metrics={"digit": ["accuracy"], "even": ["accuracy"]})
    train(model, log, x, {"digit": y, "even": (y % 2 == 0).astype("float32")}, epochs=20)


@healthy
def two_inputs(log: Path) -> None:
    x, y = digits()
    top, bottom = keras.Input((32,), name="top"), keras.Input((32,), name="bottom")
    h = layers.Concatenate()([Dense(32, activation="relu")(i) for i in (top, bottom)])
    model = keras.Model([top, bottom], Dense(10, activation="softmax")(h))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, {"top": x[:, :32], "bottom": x[:, 32:]}, y)


@healthy
def large_shuffled_batches(log: Path) -> None:
    data = tf.data.Dataset.from_tensor_slices(digits()).shuffle(2000).batch(256).prefetch(2)
    model = classifier(Dense(128, activation="relu"), optimizer=adam(0.01))
    train(model, log, data, epochs=20, shuffle=False)


@healthy
def a_batch_overfitted_on_purpose(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(128, activation="relu")), log, x[:32], y[:32], epochs=150)


@healthy
def weights_that_are_regularised(log: Path) -> None:
    x, y = digits()
    small = keras.regularizers.L2(1e-3)
    stack = (
        Dense(64, activation="relu", kernel_regularizer=small),
        Dense(10, activation="softmax", kernel_regularizer=small),
    )
    train(built(*stack), log, x, y, epochs=25, validation_split=0.2)


@healthy
def stopped_in_time(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.003))
    stopping = keras.callbacks.EarlyStopping(patience=5)
    train(model, log, x, y, epochs=100, validation_split=0.2, callbacks=[stopping])


@healthy
def a_rate_that_warms_up(log: Path) -> None:
    x, y = digits()
    rate = keras.optimizers.schedules.CosineDecay(
        1e-5, 600, warmup_target=0.005, warmup_steps=100
    )
    train(classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.AdamW(rate)), log,
          x, y, epochs=12)  # fmt: skip

@healthy
def pictures_that_are_augmented(log: Path) -> None:
    x, y = images()
    data = tf.data.Dataset.from_tensor_slices(((x * 255).astype("uint8"), y)).apply(tap("read"))
    data = data.shuffle(2000).map(lambda a, b: (tf.cast(a, tf.float32) / 255, tf.one_hot(b, 10)))
    data = data.apply(tap("scaled")).batch(32)

    def augmented(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        a = tf.image.random_crop(tf.pad(a, [[0, 0], [1, 1], [1, 1], [0, 0]]), tf.shape(a))
        return tf.clip_by_value(a + tf.random.normal(tf.shape(a), 0, 0.05), 0, 1), b

    data = data.map(augmented, num_parallel_calls=2).apply(tap("augmented")).prefetch(1)
    stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    loss = "categorical_crossentropy"
    train(classifier(*stack, loss=loss, optimizer=adam(0.003)), log, data, epochs=20)


@healthy
def examples_that_are_mixed(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, tf.one_hot(y, 10))).cache().shuffle(2000)
    data = data.batch(32).apply(tap("batched"))

    def mixed(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        share = 0.9
        return share * a + (1 - share) * a[::-1], share * b + (1 - share) * b[::-1]

    data = data.map(mixed).apply(tap("mixed"))
    model = classifier(Dense(64, activation="relu"), loss="categorical_crossentropy",
                       optimizer=adam(0.003))  # fmt: skip
    train(model, log, data, epochs=20)


@healthy
def black_and_white(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x, y)).apply(tap("grey")).shuffle(2000)
    data = data.map(lambda a, b: (tf.cast(a > 0.5, tf.uint8), b)).apply(tap("black and white"))
    data = data.map(lambda a, b: (tf.cast(a, tf.float32) - 0.5, b)).batch(32).apply(tap("centred"))
    train(classifier(Dense(64, activation="relu"), optimizer=adam(0.003)), log, data, epochs=20)


@healthy
def a_table_standardised_batch_by_batch(log: Path) -> None:
    x, y = table("wine")

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(0)
        while True:
            drawn = rng.integers(0, len(x), 32)
            yield x[drawn], y[drawn]

    def scaled(source: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[Any]:
        for a, b in source:
            yield (a - x.mean(0)) / x.std(0), b

    data = tap("scaled")(scaled(tap("drawn")(batches())))
    model = classifier(Dense(16, activation="relu"), classes=3, optimizer=adam(0.01))
    train(model, log, data, epochs=15, steps_per_epoch=20)


class _Loaded(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 56

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = digits()
        return x[index::56], y[index::56]


@healthy
def batches_that_threads_load(log: Path) -> None:
    data = tap("loaded")(_Loaded(workers=2))
    train(classifier(Dense(64, activation="relu"), optimizer=adam(0.003)), log, data)

@healthy
def augmented_for_training_alone(log: Path) -> None:
    x, y = images()

    def augmented(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        a = a * tf.random.uniform((), 0.4, 1.6) + tf.random.normal(tf.shape(a), 0, 0.2)
        return tf.image.random_brightness(a, 0.3), b

    data = tf.data.Dataset.from_tensor_slices((x[:1400], y[:1400])).shuffle(1400).batch(32)
    stack = (layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    model = classifier(*stack, optimizer=adam(0.003))
    train(model, log, data.map(augmented), validation_data=(x[1400:], y[1400:]))


@healthy
def bytes_again_in_the_model(log: Path) -> None:
    x, y = images()
    inputs = keras.Input((8, 8, 1))
    h = layers.Rescaling(1 / 127.5, offset=-1)(255.0 * inputs)
    h = layers.Flatten()(layers.Conv2D(16, 3, activation="relu")(h))
    model = keras.Model(inputs, Dense(10, activation="softmax")(h))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y)


@healthy
def words_up_to_the_last(log: Path) -> None:
    x = np.random.randint(0, 40, (1500, 12))
    stack = (layers.Embedding(40, 16, mask_zero=True), layers.GlobalMaxPooling1D())
    model = classifier(*stack, classes=2, optimizer=adam(0.01))
    train(model, log, x, (x == 7).any(axis=1).astype("int32"))


@healthy
def sorted_and_learned_all_the_same(log: Path) -> None:
    x, y = digits()
    order = np.random.permutation(len(x))
    held, kept = order[:300], order[300:]
    kept = kept[np.argsort(y[kept], kind="stable")]
    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.003))
    train(model, log, x[kept], y[kept], epochs=20, shuffle=False,
          validation_data=(x[held], y[held]))  # fmt: skip


@healthy
def a_head_without_a_loss(log: Path) -> None:
    x, y = digits()
    inputs = keras.Input((64,))
    h = Dense(64, activation="relu")(inputs)
    heads = [Dense(10, activation="softmax", name="digit")(h), Dense(3, name="code")(h)]
    model = keras.Model(inputs, heads)
    losses = ["sparse_categorical_crossentropy", None]
    model.compile(adam(0.003), losses, metrics=[["accuracy"], []])
    train(model, log, x, [y, np.zeros((len(x), 3))])


@healthy
def a_penalty_of_five_times_the_loss(log: Path) -> None:
    x, y = digits()
    large = keras.regularizers.L2(0.03)
    hidden = [Dense(256, activation="relu", kernel_regularizer=large) for _ in range(2)]
    head = Dense(10, activation="softmax", kernel_regularizer=large)
    train(built(*hidden, head), log, x, y, epochs=20)


@healthy
def averages_that_follow_quickly(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64), layers.BatchNormalization(momentum=0.7), layers.ReLU())
    model = classifier(*stack, optimizer=adam(0.01))
    train(model, log, x, y, batch_size=180, epochs=12, validation_split=0.2)


@healthy
def half_precision(log: Path) -> None:
    x, y = digits()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        head = Dense(10, activation="softmax", dtype="float32")
        train(built(Dense(64, activation="relu"), head, optimizer=adam(0.003)), log, x, y)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


@healthy
def a_large_head_that_learns(log: Path) -> None:
    x, y = digits()
    wide = keras.initializers.RandomNormal(stddev=5.0)
    head = Dense(10, activation="softmax", kernel_initializer=wide)
    train(built(Dense(64, activation="relu"), head, optimizer=adam(0.005)), log, x, y, epochs=25)


@healthy
def straight_lines_that_suffice(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(32), Dense(32), optimizer=adam(0.003)), log, x, y)


@healthy
def batches_that_take_their_time(log: Path) -> None:
    x, y = digits()

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(0)
        while True:
            time.sleep(0.06)
            drawn = rng.integers(0, len(x), 64)
            yield x[drawn], y[drawn]

    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.01))
    train(model, log, batches(), epochs=8, steps_per_epoch=20)
