"""Labels that are no plain truth: a teacher's answers, words under a mask, values that move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import Dense, adam, built, classifier, digits, layers, train
from tests.zoo.program import faulty, healthy

ops = keras.ops

# --- a teacher ------------------------------------------------------------------------------------


def _teacher() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """A trained classifier of digits, the digits, and its logits of them: (n, 10)."""
    x, y = digits()
    teacher = classifier(keras.Input((64,)), Dense(128, activation="relu"), optimizer=adam(0.005))
    teacher.fit(x, y, epochs=8, verbose=0)
    return teacher, x, np.log(teacher.predict(x, verbose=0) + 1e-7)


def _soft(logits: np.ndarray, heat: float) -> np.ndarray:
    return np.asarray(ops.softmax(logits / heat))


@healthy
def a_pupil_of_soft_labels_alone(log: Path, heat: float = 8.0) -> None:
    """The labels are so soft that most of the loss is their own entropy."""
    _, x, logits = _teacher()
    model = built(Dense(32, activation="relu"), Dense(10, activation="softmax"),
                  loss="categorical_crossentropy", optimizer=adam(0.005))  # fmt: skip
    train(model, log, x, _soft(logits, heat), epochs=20, validation_split=0.2)




@faulty("ZA201", "ZA309")
def a_teacher_without_its_softmax(log: Path) -> None:
    """Its logits are taken for shares."""
    _, x, logits = _teacher()
    model = built(Dense(32, activation="relu"), Dense(10, activation="softmax"),
                  loss="categorical_crossentropy", optimizer=adam(0.005))  # fmt: skip
    train(model, log, x, logits, epochs=15)




# --- words under a mask ---------------------------------------------------------------------------

WORDS = 20


def _lines(share: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lines in which each word is the one before it plus 1 or 2, what is seen, and the mask."""
    rng = np.random.default_rng(6)
    steps = rng.integers(1, 3, (1500, 1)) * np.ones((1, 12), int)
    words = (rng.integers(0, WORDS, (1500, 1)) + np.cumsum(steps, axis=1)) % WORDS
    is_masked = rng.uniform(size=words.shape) < share
    return words, np.where(is_masked, WORDS, words), is_masked


def _reader(**compiled: Any) -> keras.Model:
    stack = (
        layers.Embedding(WORDS + 1, 16), layers.Conv1D(48, 3, padding="same", activation="relu"),
        layers.Conv1D(48, 3, padding="same", activation="relu"), Dense(WORDS, activation="softmax"),
    )  # fmt: skip
    return built(*stack, optimizer=adam(0.003), **compiled)


@healthy
def accuracy_of_words_that_are_no_labels(log: Path) -> None:
    """Most labels are -1 and ignored by the loss; accuracy counts them, and stays under .2."""
    words, seen, is_masked = _lines()
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    train(_reader(loss=loss), log, seen, np.where(is_masked, words, -1), epochs=15,
          validation_split=0.2)  # fmt: skip



@healthy
def labels_of_minus_one_hundred(log: Path) -> None:
    """A loop whose loss leaves them out itself."""
    words, seen, is_masked = _lines()
    labels = np.where(is_masked, words, -100)
    model, optimizer = _reader(), adam(0.003)
    data = tf.data.Dataset.from_tensor_slices((seen, labels)).shuffle(1500).batch(32)
    with Monitor(log, model=model, optimizer=optimizer, verbose=0) as monitor:

        @tf.function(reduce_retracing=True)
        def step(given: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
            counts = tf.cast(wanted >= 0, tf.float32)
            with tf.GradientTape() as tape:
                told = model(given, training=True)
                each = keras.losses.sparse_categorical_crossentropy(tf.maximum(wanted, 0), told)
                loss = tf.reduce_sum(counts * each) / tf.reduce_sum(counts)
            weights = model.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)
            right = tf.cast(tf.argmax(told, -1) == tf.cast(wanted, tf.int64), tf.float32)
            monitor.record(inputs=given, labels=wanted, outputs=told, loss=loss)
            return tf.stack([loss, tf.reduce_sum(counts * right) / tf.reduce_sum(counts)])

        for _ in range(12):
            loss, accuracy = np.mean([step(*batch) for batch in data], axis=0)
            monitor.end_epoch({"loss": loss, "masked_accuracy": accuracy})


@faulty("ZA202", "ZA210")
def every_word_ignored(log: Path) -> None:
    """The mask was turned twice: no label is left."""
    words, seen, is_masked = _lines()
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    labels = np.where(is_masked & (seen != WORDS), words, -1)
    train(_reader(loss=loss), log, seen, labels, epochs=10)




# --- values ---------------------------------------------------------------------------------------


def _values(log: Path, *, copies_every: int = 100, episodes: int = 50) -> None:
    """Q-learning of a walk of eight places; each place to the right pays more than the one before.

    Args:
        log: The log directory.
        copies_every: Steps after which the target network is made anew; 0 for never.
        episodes: Walks of 20 steps.
    """
    rng, eye, places = np.random.default_rng(0), np.eye(8, dtype="float32"), 8
    model, target = (
        keras.Sequential([keras.Input((places,)), Dense(32, activation="relu"), Dense(2)])
        for _ in range(2)
    )
    target.set_weights(model.get_weights())
    optimizer, memory, count = adam(0.003), [], 0
    optimizer.build(model.trainable_variables)
    with Monitor(log, model=model, optimizer=optimizer, verbose=0) as monitor:

        @tf.function
        def step(old: Any, did: Any, won: Any, new: Any) -> Any:
            wanted = won + 0.95 * tf.reduce_max(target(new), axis=1)
            with tf.GradientTape() as tape:
                told = tf.gather(model(old, training=True), did, batch_dims=1)
                loss = tf.reduce_mean(tf.square(wanted - told))
            weights = model.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)
            monitor.record(inputs=old, labels=wanted, outputs=told, loss=loss)
            return loss

        for episode in range(episodes):
            place, paid, losses = 0, 0.0, []
            for _ in range(20):
                told = model(eye[[place]]).numpy()[0]
                explores = rng.random() < max(0.1, 1 - episode / 25)
                action = int(rng.integers(2) if explores else told.argmax())
                after = min(place + 1, places - 1) if action else max(place - 1, 0)
                won = float(after) ** 2 / 10 if after > 3 else 0.1 * float(after == 0)
                memory.append((place, action, won, after))
                place, paid, count = after, paid + won, count + 1
                drawn = [memory[i] for i in rng.integers(0, len(memory), 32)]
                old, did, gains, new = (np.array(part) for part in zip(*drawn, strict=True))
                losses.append(float(step(eye[old], did, gains.astype("float32"), eye[new])))
                if copies_every and count % copies_every == 0:
                    target.set_weights(model.get_weights())
            monitor.end_epoch({"td_loss": np.mean(losses), "reward": paid})


@healthy
def a_value_loss_that_rises_with_the_reward(log: Path) -> None:
    """What a place is worth grows with what is known of it, and so do the squares of its error."""
    _values(log)



@faulty("ZA710")
def a_target_that_is_never_copied(log: Path) -> None:
    """The values never see beyond the next step."""
    _values(log, copies_every=0)
