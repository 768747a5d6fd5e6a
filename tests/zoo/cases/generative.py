"""Programs with a fault inside of a GAN, an autoencoder, triplets or a masked language."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, built, digits, layers, train
from tests.zoo.loops import loop
from tests.zoo.program import faulty

ops = keras.ops

# --- two players ----------------------------------------------------------------------------------


class Players(keras.Model):
    """A generator of digits from 8 numbers, and a critic that tells them from those of people."""

    def __init__(self, told: str | None = None, is_from_logits: bool = True) -> None:
        super().__init__()
        self.generator = keras.Sequential(
            [keras.Input((8,)), Dense(48, activation="relu"), Dense(64, activation="sigmoid")],
            name="generator",
        )
        self.critic = keras.Sequential(
            [keras.Input((64,)), Dense(48, activation="relu"), Dense(1, activation=told)],
            name="critic",
        )
        self.judge = keras.losses.BinaryCrossentropy(from_logits=is_from_logits)
        self.trains_generator = self.trains_critic = True

    def compile(self, generator: Any, critic: Any) -> None:
        super().compile()
        self.of_generator, self.of_critic = generator, critic
        generator.build(self.generator.trainable_variables)
        critic.build(self.critic.trainable_variables)

    def call(self, noise: Any) -> Any:
        return self.critic(self.generator(noise))

    def train_step(self, real: Any) -> dict[str, Any]:
        size = tf.shape(real)[0]
        noise = tf.random.normal((size, 8))
        with tf.GradientTape(persistent=True) as tape:
            made = self.generator(noise, training=True)
            of_real, of_made = self.critic(real), self.critic(made)
            critic = self.judge(tf.ones_like(of_real), of_real)
            critic += self.judge(tf.zeros_like(of_made), of_made)
            generator = self.judge(tf.ones_like(of_made), of_made)
        if self.trains_critic:
            weights = self.critic.trainable_variables
            self.of_critic.apply(tape.gradient(critic, weights), weights)
        if self.trains_generator:
            weights = self.generator.trainable_variables
            self.of_generator.apply(tape.gradient(generator, weights), weights)
        return {"critic_loss": critic, "generator_loss": generator}


@faulty("ZA612", "ZA708")
def a_generator_without_an_update(log: Path) -> None:
    x, _ = digits()
    model = Players()
    model.trains_generator = False
    model.compile(adam(1e-3), adam(1e-3))
    train(model, log, x, epochs=12)


@faulty("ZA612", "ZA607")
def a_critic_frozen_for_good(log: Path) -> None:
    """It was frozen for the generator's turn, and nobody thawed it."""
    x, _ = digits()
    model = Players()
    model.critic.trainable = False
    model.trains_critic = False
    model.compile(adam(1e-3), adam(1e-3))
    train(model, log, x, epochs=12)


@faulty("ZA612", "ZA701", beside=("ZA502", "ZA504", "ZA703"))
def a_critic_at_a_rate_of_5(log: Path, rate: float = 5.0) -> None:
    x, _ = digits()
    model = Players()
    model.compile(adam(1e-3), adam(rate))
    train(model, log, x, epochs=12)


@faulty("ZA702", "ZA612")
def a_generator_that_crawls(log: Path, rate: float = 1e-9) -> None:
    x, _ = digits()
    model = Players()
    model.compile(adam(rate), adam(1e-3))
    train(model, log, x, epochs=12)


# --- autoencoders ---------------------------------------------------------------------------------


class Sampled(keras.Model):
    """A variational autoencoder of digits; `weight` is that of the divergence."""

    def __init__(self, weight: float, told: str = "sigmoid", deepest: float = -10.0) -> None:
        super().__init__()
        self.weight, self.deepest = weight, deepest
        self.encoder = keras.Sequential([Dense(48, activation="relu"), Dense(8)], name="encoder")
        self.decoder = keras.Sequential(
            [Dense(48, activation="relu"), Dense(64, activation=told)], name="decoder"
        )
        self.of_divergence = keras.metrics.Mean(name="kl_loss")

    def call(self, given: Any) -> Any:
        mean, spread = ops.split(self.encoder(given), 2, axis=-1)
        spread = ops.maximum(spread, self.deepest)
        drawn = mean + ops.exp(spread / 2) * tf.random.normal(tf.shape(mean))
        divergence = -0.5 * ops.mean(
            ops.sum(1 + spread - ops.square(mean) - ops.exp(spread), axis=-1)
        )
        self.of_divergence.update_state(divergence)
        self.add_loss(self.weight * divergence)
        return self.decoder(drawn)


@faulty("ZA610", beside=("ZA509", "ZA609"))
def a_divergence_that_weighs_a_hundred(log: Path, weight: float = 100.0) -> None:
    x, _ = digits()
    model = Sampled(weight)
    model.compile(adam(0.003), "binary_crossentropy", metrics=["mae"])
    train(model, log, x, x, epochs=12)


@faulty("ZA610", beside=("ZA509",))
def a_mean_of_squares_against_a_sum_of_divergence(log: Path, weight: float = 1.0) -> None:
    """The error is a mean over 64 pixels, the divergence a sum: it is 64 times too strong."""
    x, _ = digits()
    model = Sampled(weight)
    model.compile(adam(0.003), "mse")
    train(model, log, tf.data.Dataset.from_tensor_slices((x, x)).shuffle(1797).batch(32), epochs=12)


@faulty("ZA501", "ZA506", "ZA703", "ZA502")
def a_divergence_with_its_sign_turned(log: Path, weight: float = -1.0) -> None:
    """It is rewarded for leaving the prior, without end."""
    x, _ = digits()
    model = Sampled(weight)
    model.compile(adam(0.01), "binary_crossentropy")
    train(model, log, x, x, epochs=15)


@faulty("ZA306")
def an_autoencoder_of_standardised_pixels(log: Path, told: str | None = "sigmoid") -> None:
    x, _ = digits()
    x = (x - x.mean()) / x.std()
    given = keras.Input((64,))
    code = Dense(8, activation="relu")(Dense(32, activation="relu")(given))
    model = keras.Model(given, Dense(64, activation=told)(Dense(32, activation="relu")(code)))
    model.compile(adam(0.003), "mse")
    train(model, log, x, x, validation_split=0.2)


@faulty("ZA504")
def an_autoencoder_through_a_dead_code(log: Path, bias: float = -20.0) -> None:
    x, _ = digits()
    below = keras.initializers.Constant(bias)
    stack = (
        Dense(32, activation="relu"), Dense(8, activation="relu", bias_initializer=below),
        Dense(32, activation="relu"), Dense(64, activation="sigmoid"),
    )  # fmt: skip
    loop(keras.Sequential(list(stack)), log, x, x, keras.losses.MeanSquaredError())


# --- distances ------------------------------------------------------------------------------------


def _triplets(rows: int = 1500) -> np.ndarray:
    """An anchor, one of its own kind and one of another: (rows, 3, 64)."""
    x, y = digits()
    rng = np.random.default_rng(1)
    found = []
    for anchor in rng.integers(0, len(x), rows):
        alike = rng.choice(np.flatnonzero(y == y[anchor]))
        other = rng.choice(np.flatnonzero(y != y[anchor]))
        found.append(x[[anchor, alike, other]])
    return np.stack(found)


def _embedding(**last: Any) -> keras.Model:
    given = keras.Input((3, 64))
    return keras.Model(given, Dense(8, **last)(Dense(32, activation="relu")(given)))


@faulty("ZA611")
def triplets_without_a_margin(log: Path, margin: float = 0.0) -> None:
    """All at one point costs nothing."""

    def loss(_: Any, told: Any) -> Any:
        near = ops.sum(ops.square(told[:, 0] - told[:, 1]), axis=-1)
        far = ops.sum(ops.square(told[:, 0] - told[:, 2]), axis=-1)
        return ops.maximum(near - far + margin, 0) + 0.1 * near

    x = _triplets()
    model = _embedding()
    model.compile(adam(0.01), loss)
    train(model, log, x, np.zeros(len(x), "float32"), epochs=12)


@faulty("ZA611")
def only_pairs_that_are_alike(log: Path) -> None:
    """The distance to the other kind was left out of the sum."""

    def loss(_: Any, told: Any) -> Any:
        return tf.reduce_mean(tf.square(told[:, 0] - told[:, 1]))

    x = _triplets()
    loop(_embedding(), log, x, np.zeros(len(x), "float32"), loss, optimizer=adam(0.01))


@faulty("ZA611", beside=("ZA509", "ZA704"))
def the_hardest_triplets_from_the_start(log: Path, rate: float = 0.1) -> None:
    """It falls to one point, where the loss is the margin."""

    def loss(_: Any, told: Any) -> Any:
        near = ops.sum(ops.square(told[:, 0] - told[:, 1]), axis=-1)
        every = ops.sum(ops.square(told[:, None, 0] - told[None, :, 2]), axis=-1)
        return ops.maximum(ops.max(near) - ops.min(every, axis=1) + 0.2, 0)

    x = _triplets()
    model = _embedding()
    model.compile(adam(rate), loss)
    train(model, log, x, np.zeros(len(x), "float32"), epochs=12)


# --- masked words ---------------------------------------------------------------------------------


def _masked(words: int = 20, share: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lines in which each word is the one before it plus 1 or 2; some are masked by `words`."""
    rng = np.random.default_rng(2)
    steps = rng.integers(1, 3, (900, 1)) * np.ones((1, 12), int)
    y = (rng.integers(0, words, (900, 1)) + np.cumsum(steps, axis=1)) % words
    is_masked = rng.uniform(size=y.shape) < share
    return np.where(is_masked, words, y), y, is_masked


def _reader(rows: int, optimizer: Any = "adam", told: str | None = "softmax") -> keras.Model:
    stack = (
        layers.Embedding(rows, 16), layers.Conv1D(32, 3, padding="same", activation="relu"),
        layers.Conv1D(32, 3, padding="same", activation="relu"), Dense(20, activation=told),
    )  # fmt: skip
    return built(*stack, optimizer=optimizer)


@faulty("ZA210")
def only_what_was_not_masked_and_nothing_else(log: Path) -> None:
    """The weights are those of masked words of a copy that has none."""
    seen, told, _ = _masked()
    weights = (told == 20).astype("float32")
    train(_reader(21), log, seen, told, sample_weight=weights, epochs=8)


@faulty("ZA114")
def a_word_for_the_mask_that_has_no_row(log: Path, rows: int = 20) -> None:
    seen, told, _ = _masked()
    with suppress(tf.errors.InvalidArgumentError):
        train(_reader(rows), log, seen, told, epochs=8)


@faulty("ZA102", "ZA206")
def every_word_masked(log: Path, share: float = 1.0) -> None:
    """Nothing is left of the line from which a word could be told."""
    seen, told, _ = _masked(share=share)
    train(_reader(21, adam(0.003)), log, seen, told, epochs=10, validation_split=0.2)


@faulty("ZA303")
def words_told_by_logits(log: Path) -> None:
    seen, told, is_masked = _masked()
    train(_reader(21, told=None), log, seen, told, sample_weight=is_masked.astype("float32"))
