"""Programs that learn and look odd: weak signals, weights, games, ignored labels."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import Dense, adam, built, digits, layers, train

# Of a game of two networks no curve tells whether they learn.
from tests.zoo.program import healthy, untold


@healthy
def epochs_that_get_shorter(log: Path) -> None:
    """Only what is still wrong is seen again, as an agent's episodes end sooner."""
    x, y = digits()
    model = keras.Sequential([keras.Input((64,)), Dense(64, activation="relu"), Dense(10)])
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = adam(0.003)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss_fn, verbose=0) as monitor:
        for epoch in range(16):
            losses, batches = [], 48 - 3 * epoch
            for _ in range(batches):
                drawn = np.random.randint(0, len(x), 32)
                with tf.GradientTape() as tape:
                    outputs = model(x[drawn], training=True)
                    loss = loss_fn(y[drawn], outputs)
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
                monitor.record(inputs=x[drawn], labels=y[drawn], outputs=outputs, loss=loss)
                losses.append(float(loss))
            monitor.end_epoch({"loss": float(np.mean(losses))})


def _clicks(examples: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.normal(size=(examples, 20)).astype("float32")
    signal = x @ np.random.normal(0, 0.12, 20)
    return x, (signal + np.random.logistic(size=examples) > 0.5).astype("float32")


@healthy
def clicks_that_are_mostly_noise(log: Path) -> None:
    x, y = _clicks(6000)
    model = built(
        Dense(1, activation="sigmoid"), loss="binary_crossentropy", optimizer=adam(0.003),
        metrics=["AUC"],
    )  # fmt: skip
    train(model, log, x, y, epochs=12, validation_split=0.25)


@healthy
def clicks_from_a_head_of_zeros(log: Path) -> None:
    x, y = _clicks(6000)
    head = Dense(1, kernel_initializer="zeros")
    model = built(
        layers.Dropout(0.2), head, loss=keras.losses.BinaryCrossentropy(from_logits=True),
        optimizer=keras.optimizers.RMSprop(1e-3),
        metrics=[keras.metrics.AUC(from_logits=True, name="roc_auc")],
    )  # fmt: skip
    train(model, log, x, y, epochs=12, validation_split=0.25)


@healthy
def a_rare_class_that_is_balanced(log: Path) -> None:
    x = np.random.normal(size=(4000, 10)).astype("float32")
    y = (x[:, 0] + x[:, 1] + np.random.normal(0, 0.7, 4000) > 3.2).astype("int32")
    rare = float(y.mean())
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.003))
    weights = {0: 0.5 / (1 - rare), 1: 0.5 / rare}
    train(model, log, x, y, epochs=25, class_weight=weights, validation_split=0.2)


@untold
def a_discriminator_at_its_goal(log: Path) -> None:
    """Two networks against one another, on a ring."""
    angle = np.random.uniform(0, 2 * np.pi, 4000)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1).astype("float32")
    maker = keras.Sequential([keras.Input((4,)), Dense(32, activation="relu"), Dense(2)])
    judge = keras.Sequential([keras.Input((2,)), Dense(32, activation="relu"), Dense(1)])
    mine, other = adam(2e-3), adam(2e-3)
    loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
    labels = np.repeat([1.0, 0.0], 64)[:, None].astype("float32")

    with Monitor(log, model=judge, optimizer=mine, loss=loss_fn, verbose=0) as monitor:
        for _ in range(8):
            seen = []
            for _ in range(60):
                real = ring[np.random.randint(0, 4000, 64)]
                both = tf.concat([real, maker(np.random.normal(size=(64, 4)))], 0)
                with tf.GradientTape() as tape:
                    outputs = judge(both, training=True)
                    loss = loss_fn(labels, outputs)
                gradients = tape.gradient(loss, judge.trainable_variables)
                mine.apply_gradients(zip(gradients, judge.trainable_variables, strict=True))
                monitor.record(inputs=both, labels=labels, outputs=outputs, loss=loss)
                with tf.GradientTape() as tape:
                    fooled = loss_fn(labels[:64], judge(maker(np.random.normal(size=(64, 4)))))
                gradients = tape.gradient(fooled, maker.trainable_variables)
                other.apply_gradients(zip(gradients, maker.trainable_variables, strict=True))
                seen.append((float(loss), float(fooled)))
            d_loss, g_loss = np.mean(seen, axis=0)
            monitor.end_epoch({"loss": d_loss, "g_loss": g_loss})


@healthy
def pixels_that_nobody_labelled(log: Path) -> None:
    colours = np.eye(4, 3).astype("float32")
    masks = np.random.randint(0, 4, (160, 12, 12))
    x = colours[masks] + np.random.normal(0, 0.2, (160, 12, 12, 3)).astype("float32")
    masks[np.random.random(masks.shape) < 0.05] = 255
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    stack = (layers.Conv2D(16, 1, activation="relu"), layers.Conv2D(4, 1, activation="softmax"))
    train(built(*stack, loss=loss, optimizer=adam(0.01)), log, x, masks, epochs=20)


@healthy
def words_that_are_hidden(log: Path) -> None:
    """The labels of all other words are -100, and no part of the loss."""
    words = (np.arange(8)[None] + np.random.randint(0, 20, (1500, 1))) % 20
    hidden = np.random.random(words.shape) < 0.25
    x, y = np.where(hidden, 20, words), np.where(hidden, words, -100)
    inputs = keras.Input((8,), dtype="int32")
    told = layers.Bidirectional(layers.GRU(32, return_sequences=True))(
        layers.Embedding(21, 32)(inputs)
    )
    model = keras.Model(inputs, Dense(20)(told))
    optimizer = adam(0.01)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss_fn, verbose=0) as monitor:
        for _ in range(6):
            losses = []
            for at in range(0, 1500, 50):
                given, wanted = x[at : at + 50], y[at : at + 50]
                counts = (wanted >= 0).astype("float32")
                with tf.GradientTape() as tape:
                    outputs = model(given, training=True)
                    loss = loss_fn(np.maximum(wanted, 0), outputs, sample_weight=counts)
                    loss *= counts.size / counts.sum()
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
                monitor.record(inputs=given, labels=wanted, outputs=outputs, loss=loss)
                losses.append(float(loss))
            monitor.end_epoch({"loss": float(np.mean(losses))})
