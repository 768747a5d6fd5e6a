"""Programs that learn, of many kinds: none may get a definite or a strong finding.

Every function is one program. None of them was made for a rule.
"""

from __future__ import annotations

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
from tests.zoo.program import healthy

# --- tables ---------------------------------------------------------------------------------------


@healthy
def iris(log: Path) -> None:
    x, y = table("iris")
    model = classifier(Dense(16, activation="relu"), classes=3, optimizer=adam(0.01))
    train(model, log, standardised(x), y, epochs=40)


@healthy
def iris_as_it_ships(log: Path) -> None:
    x, y = table("iris")
    model = classifier(Dense(16, activation="relu"), classes=3, optimizer=adam(0.01))
    train(model, log, x, y, epochs=60, shuffle=True)


@healthy
def wine_normalised_by_its_batches(log: Path) -> None:
    x, y = table("wine")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    stack = (layers.BatchNormalization(), Dense(32, activation="relu"), Dense(3))
    train(built(*stack, loss=loss), log, x, y, epochs=60)


@healthy
def wine_normalised_in_the_model(log: Path) -> None:
    x, y = table("wine")
    scaled = layers.Normalization()
    scaled.adapt(x)
    model = classifier(scaled, Dense(32, activation="tanh"), classes=3, optimizer=adam(0.01))
    train(model, log, x, y, epochs=30)


@healthy
def binary_from_logits(log: Path) -> None:
    x, y = breast_cancer()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    accuracy = keras.metrics.BinaryAccuracy(threshold=0.0)
    stack = (Dense(16, activation="relu"), Dense(1))
    model = built(*stack, loss=loss, optimizer=adam(0.01), metrics=[accuracy])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def logistic_regression(log: Path) -> None:
    x, y = breast_cancer()
    model = built(
        Dense(1, activation="sigmoid"), loss="binary_crossentropy", optimizer=adam(0.01),
        metrics=["accuracy", "AUC"],
    )  # fmt: skip
    train(model, log, x, y, epochs=30)


@healthy
def class_weights(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    train(model, log, x, y, epochs=20, class_weight={0: 1.7, 1: 1.0})


@healthy
def squared_error_on_a_sigmoid(log: Path) -> None:
    x, y = breast_cancer()
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="mse", optimizer=adam(0.01)), log, x, y, epochs=20)


@healthy
def support_vectors(log: Path) -> None:
    x, y = breast_cancer()
    model = built(Dense(1, kernel_regularizer="l2"), loss="hinge", optimizer=adam(0.01))
    train(model, log, x, 2 * y - 1, epochs=30)


@healthy
def rare_class_that_is_learned(log: Path) -> None:
    x = np.random.normal(size=(4000, 10)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 2.6).astype("int32")
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy", optimizer=adam(0.005)), log, x, y)


@healthy
def exclusive_or(log: Path) -> None:
    x = np.random.uniform(-1, 1, (2000, 2)).astype("float32")
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.01))
    y = (x[:, 0] * x[:, 1] > 0).astype("int32")
    train(model, log, x, y, epochs=25, validation_split=0.2)


# --- numbers --------------------------------------------------------------------------------------


@healthy
def linear_regression(log: Path) -> None:
    x, y = diabetes()
    model = built(Dense(1), loss="mse", optimizer=adam(0.05), metrics=["mae"])
    train(model, log, x, y, epochs=40, validation_split=0.2)


@healthy
def targets_as_they_ship(log: Path) -> None:
    x, y = table("diabetes")
    stack = (Dense(64, activation="relu"), Dense(1))
    model = built(*stack, loss="mse", optimizer=adam(0.01), metrics=["mae"])
    train(model, log, standardised(x), y.astype("float32"), epochs=80)


@healthy
def a_sine(log: Path) -> None:
    x = np.random.uniform(-3, 3, (2000, 1)).astype("float32")
    stack = (Dense(64, activation="tanh"), Dense(64, activation="tanh"), Dense(1))
    model = built(*stack, loss="huber", optimizer=adam(0.005), metrics=())
    train(model, log, x, np.sin(2 * x), epochs=40, validation_split=0.1)


@healthy
def counts(log: Path) -> None:
    x = np.random.normal(size=(2000, 5)).astype("float32")
    y = np.random.poisson(np.exp(0.5 * x[:, 0] - 0.3 * x[:, 1]))
    stack = (Dense(16, activation="relu"), Dense(1, activation="exponential"))
    train(built(*stack, loss="poisson", optimizer=adam(0.01), metrics=()), log, x, y, epochs=20)


@healthy
def an_autoencoder(log: Path) -> None:
    x, _ = digits()
    stack = (Dense(32, activation="relu"), Dense(64, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.003), metrics=())
    train(model, log, x, x, epochs=40)


@healthy
def an_autoencoder_of_squares(log: Path) -> None:
    x, _ = digits()
    stack = (Dense(32, activation="relu"), Dense(64))
    train(built(*stack, loss="mse", optimizer=adam(0.003), metrics=()), log, x, x, epochs=40)


# --- images ---------------------------------------------------------------------------------------


@healthy
def pixels_up_to_16(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(64, activation="relu")), log, 16 * x, y)


@healthy
def bytes_that_the_model_rescales(log: Path) -> None:
    x, y = images()
    stack = (layers.Rescaling(1 / 255), layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, (254 * x).astype("uint8"), y, epochs=25)


@healthy
def one_hot_labels(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="gelu"), loss="categorical_crossentropy")
    train(model, log, x, keras.utils.to_categorical(y))


@healthy
def several_labels_at_once(log: Path) -> None:
    x, y = digits()
    labels = np.stack([y % 2 == 0, y > 4, np.isin(y, [0, 6, 8, 9])], axis=1).astype("float32")
    stack = (Dense(64, activation="relu"), Dense(3, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, labels)


@healthy
def convolutions(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.Flatten(),
    )  # fmt: skip
    train(classifier(*stack), log, x, y, epochs=20, validation_split=0.2)


@healthy
def normalisation_dropout_momentum(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(16, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(),
        layers.Dropout(0.5),
    )  # fmt: skip
    model = classifier(*stack, optimizer=keras.optimizers.SGD(0.05, momentum=0.9))
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def residual_blocks(log: Path) -> None:
    x, y = images()
    inputs = keras.Input((8, 8, 1))
    h = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    for _ in range(4):
        block = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(h))
        h = layers.ReLU()(layers.Add()([h, block]))
    outputs = Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(h))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=10, validation_split=0.2)


@healthy
def a_frozen_base(log: Path) -> None:
    x, y = digits()
    base = keras.Sequential(
        [keras.Input((64,)), Dense(64, activation="relu"), Dense(64, activation="relu")]
    )
    base.trainable = False
    train(classifier(base, optimizer=adam(0.01)), log, x, y, epochs=20)


# --- sequences ------------------------------------------------------------------------------------


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


# --- ways to train --------------------------------------------------------------------------------


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
    rate = keras.optimizers.schedules.CosineDecay(1e-5, 600, warmup_target=0.005, warmup_steps=100)
    train(classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.AdamW(rate)), log,
          x, y, epochs=12)  # fmt: skip


# --- pipelines with taps --------------------------------------------------------------------------


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
