"""Programs whose rate, schedule or number of steps does not let the model learn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import faulty

schedules = keras.optimizers.schedules

# --- too high, too low ----------------------------------------------------------------------------


@faulty("ZA701", beside=("ZA501",))
def filters_with_momentum_at_5(log: Path, rate: float = 5.0) -> None:
    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    sgd = keras.optimizers.SGD(rate, momentum=0.9)
    train(classifier(*stack, optimizer=sgd), log, x, y, epochs=8)


@faulty("ZA701", beside=("ZA501",))
def a_regression_at_3(log: Path, rate: float = 3.0) -> None:
    x, y = diabetes()
    given = keras.Input((10,))
    hidden = Dense(32, activation="relu")(Dense(32, activation="relu")(given))
    model = keras.Model(given, Dense(1)(hidden))
    model.compile(keras.optimizers.RMSprop(rate), "mse", metrics=["mae"])
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).shuffle(442).batch(32))


@faulty("ZA701", beside=("ZA501",))
def attention_at_a_tenth(log: Path, rate: float = 0.3) -> None:
    x, y = images()
    given = keras.Input((8, 8))
    seen = Dense(16)(given)
    for _ in range(2):
        seen = layers.LayerNormalization()(seen + layers.MultiHeadAttention(2, 8)(seen, seen))
        seen = layers.LayerNormalization()(seen + Dense(16)(Dense(32, activation="gelu")(seen)))
    model = keras.Model(given, Dense(10)(layers.GlobalAveragePooling1D()(seen)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x[..., 0], y, loss, optimizer=adam(rate), epochs=8)


@faulty("ZA702")
def filters_at_a_millionth(log: Path, rate: float = 1e-6) -> None:
    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    model = classifier(*stack, optimizer=keras.optimizers.SGD(rate, momentum=0.9))
    train(model, log, tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1797).batch(32))


@faulty("ZA702")
def a_rate_with_two_noughts_too_many(log: Path, rate: float = 1e-7) -> None:
    x, y = diabetes()
    given = keras.Input((10,))
    model = keras.Model(given, Dense(1)(Dense(16, activation="relu")(given)))
    model.compile(keras.optimizers.RMSprop(rate), "mse", metrics=["mae"])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@faulty("ZA702", "ZA707")
def a_warm_up_longer_than_the_training(log: Path, steps: int = 1_000_000) -> None:
    x, y = digits()
    slow = schedules.CosineDecay(0.0, 10 * steps, warmup_target=0.003, warmup_steps=steps)
    model = keras.Sequential([Dense(64, activation="relu"), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x, y, loss, optimizer=keras.optimizers.Adam(slow))


@faulty("ZA707")
def decayed_each_step_instead_of_each_epoch(log: Path, steps: int = 1) -> None:
    x, y = digits()
    falling = schedules.ExponentialDecay(0.1, decay_steps=steps, decay_rate=0.9)
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(falling))
    train(model, log, x, y, validation_split=0.2)


@faulty("ZA707")
def a_cosine_over_as_many_steps_as_epochs(log: Path, steps: int = 20) -> None:
    x, y = images()
    given = keras.Input((8, 8, 1))
    seen = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(given))
    model = keras.Model(given, Dense(10, activation="softmax")(seen))
    falling = keras.optimizers.Adam(schedules.CosineDecay(0.001, steps))
    model.compile(falling, "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=20)


@faulty("ZA707")
def a_plateau_seen_after_every_epoch(log: Path) -> None:
    """It waits for the loss to rise, and takes each epoch that it falls for a plateau."""
    x, y = breast_cancer()
    sgd = keras.optimizers.SGD(0.01)
    model = built(
        Dense(16, activation="relu"),
        Dense(1, activation="sigmoid"),
        loss="binary_crossentropy",
        optimizer=sgd,
    )
    lower = keras.callbacks.ReduceLROnPlateau("val_loss", 0.1, patience=1, mode="max", min_lr=0)
    train(model, log, x, y, epochs=20, validation_split=0.2, callbacks=[lower])


# --- stuck, too short -----------------------------------------------------------------------------


@faulty("ZA704", "ZA604", "ZA206")
def whether_a_number_of_sixteen_bits_is_even_in_ones(log: Path, bits: int = 16) -> None:
    x = np.random.default_rng(1).integers(0, 2, (2000, 24)).astype("float32")
    y = (x[:, :bits].sum(axis=1) % 2).astype("int32")
    sgd = keras.optimizers.SGD(0.05)
    model = built(
        Dense(16, activation="relu"),
        Dense(1, activation="sigmoid"),
        loss="binary_crossentropy",
        optimizer=sgd,
    )
    train(model, log, 2 * x - 1, y, epochs=12)


@faulty("ZA704", "ZA604", "ZA206")
def the_third_digit_behind_the_point(log: Path, places: int = 1000) -> None:
    x = np.random.default_rng(2).uniform(0, 1, (1500, 2)).astype("float32")
    y = (np.floor(places * x[:, 0]) % 2).astype("int32")
    model = keras.Sequential([Dense(32, activation="relu"), Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    loop(model, log, x, y[:, None], loss, epochs=12)


@faulty("ZA705")
def three_epochs_of_a_regression(log: Path, epochs: int = 3) -> None:
    x, y = diabetes()
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(442).batch(64)
    model = built(
        Dense(16, activation="relu"), Dense(1), loss="mse", metrics=["mae"], optimizer=adam(3e-4)
    )
    train(model, log, data, epochs=epochs)


@faulty("ZA705")
def patience_of_nothing(log: Path, patience: int = 0) -> None:
    """An epoch that gains less than .2 ends it, and so does the first at such a rate."""
    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=keras.optimizers.SGD(0.003))
    stop = keras.callbacks.EarlyStopping("loss", min_delta=0.2, patience=patience)
    train(model, log, x, y, epochs=60, validation_split=0.05, callbacks=[stop])


@faulty("ZA705")
def a_loop_that_was_only_to_be_tried(log: Path, epochs: int = 4) -> None:
    x, y = images()
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(model, log, x, y, loss, optimizer=adam(2e-4), epochs=epochs, batch=128)


# --- died after it had learned --------------------------------------------------------------------


@faulty("ZA706", "ZA701")
def decayed_by_ten_instead_of_a_tenth(log: Path, factor: float = 10.0) -> None:
    x, y = digits()
    model = classifier(
        Dense(64, activation="relu"), Dense(32, activation="relu"), optimizer=adam(0.003)
    )
    steps = keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: rate * factor if epoch in (8, 10, 12) else rate
    )
    train(model, log, x, y, epochs=18, callbacks=[steps])


@faulty("ZA706")
def the_best_weights_loaded_from_an_empty_file(log: Path) -> None:
    class Restored(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 8:
                self.model.set_weights([np.zeros_like(w) for w in self.model.get_weights()])

    x, y = images()
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(32, activation="relu"))
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=16, callbacks=[Restored()])


@faulty("ZA706", "ZA102")
def a_store_that_empties(log: Path, last: int = 8 * 56) -> None:
    """From its ninth epoch on the store sends blank images and the first class."""

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(3)
        sent = 0
        while True:
            rows = rng.integers(0, len(x), 32)
            sent += 1
            yield x[rows] * (sent <= last), y[rows]

    x, y = digits()
    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.003))
    train(model, log, batches(), steps_per_epoch=56, epochs=16)


# --- noise ----------------------------------------------------------------------------------------


@faulty("ZA709", beside=("ZA701",))
def one_example_at_a_time(log: Path, batch: int = 1) -> None:
    x, y = diabetes()
    sgd = keras.optimizers.SGD(0.03)
    model = built(
        Dense(16, activation="relu"), Dense(1), loss="mse", optimizer=sgd, metrics=["mae"]
    )
    train(model, log, x, y, batch_size=batch, epochs=10, validation_split=0.2)


@faulty("ZA709", beside=("ZA701",))
def two_images_at_a_rate_for_a_thousand(log: Path, batch: int = 2) -> None:
    x, y = digits()
    model = keras.Sequential([Dense(32, activation="relu"), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    sgd = keras.optimizers.SGD(1.0)
    loop(model, log, x[:1000], y[:1000], loss, optimizer=sgd, batch=batch, epochs=6)


# --- spikes ---------------------------------------------------------------------------------------


@faulty("ZA508", beside=("ZA709", "ZA502"))
def a_few_prices_with_two_noughts_too_many(log: Path, factor: float = 100.0) -> None:
    x, y = diabetes()
    y = y.copy()
    y[::110] *= factor
    sgd = keras.optimizers.SGD(0.001)
    model = built(
        Dense(16, activation="relu"), Dense(1), loss="mse", optimizer=sgd, metrics=["mae"]
    )
    train(model, log, x, y, batch_size=16)


@faulty("ZA508", beside=("ZA709", "ZA502"))
def weights_of_a_few_examples(log: Path, heavy: float = 3000.0) -> None:
    x, y = digits()
    weights = np.ones(len(y), "float32")
    weights[::300] = heavy
    sgd = keras.optimizers.SGD(0.05)
    model = classifier(Dense(64, activation="relu"), optimizer=sgd)
    train(model, log, x, y, sample_weight=weights)


@faulty("ZA508", beside=("ZA709", "ZA502", "ZA706"))
def a_recurrence_without_clipping(log: Path, length: float | None = None) -> None:
    """Sums of long lines: now and then a step undoes many."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(600, 40, 1)).astype("float32")
    y = x.cumsum(axis=1).astype("float32")
    given = keras.Input((40, 1))
    seen = layers.SimpleRNN(16, activation="relu", return_sequences=True)(given)
    model = keras.Model(given, Dense(1)(seen))
    model.compile(keras.optimizers.SGD(5e-4, momentum=0.9, clipnorm=length), "mse")
    train(model, log, x, y, epochs=10, batch_size=16)


@faulty("ZA709", beside=("ZA701",))
def four_lines_a_batch(log: Path, batch: int = 4) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(500, 10, 2)).astype("float32")
    y = (x[:, :, 0].sum(axis=1) + 2 * rng.normal(size=500) > 0).astype("int32")
    stack = (layers.GRU(8), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.3))
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(500).batch(batch)
    train(model, log, data, epochs=6)


@faulty("ZA704", "ZA604", "ZA206")
def which_of_two_is_the_larger_hash(log: Path) -> None:
    """The class is a hash of the row: there is a rule, and no net will find it."""
    x = np.random.default_rng(6).integers(0, 50, (1500, 4)).astype("float32")
    y = ((x @ [7919, 104729, 1299709, 15485863]) % 1009 > 504).astype("int32")
    model = classifier(Dense(32, activation="relu"), Dense(32, activation="relu"), classes=2)
    train(model, log, x / 25 - 1, y, epochs=12)
