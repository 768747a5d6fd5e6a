"""Variational autoencoders: latent variables that say nothing, and such as only seem to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import Dense, adam, digits, images, layers, train
from tests.zoo.program import faulty, healthy

ops = keras.ops


def _divergence(mean: Any, spread: Any) -> Any:
    """From a standard normal, of each example: (n,); `spread` is the logarithm of the variance."""
    return -0.5 * ops.sum(1 + spread - ops.square(mean) - ops.exp(spread), axis=-1)


def _squares(wanted: Any, told: Any) -> Any:
    """Summed over the pixels, a mean over the examples."""
    return ops.mean(ops.sum(ops.square(wanted - told), axis=-1))


class Draws(layers.Layer):
    """Draws latent variables; `summed` by `over` its divergence is added to the loss."""

    def __init__(self, weight: float = 1.0, over: Any = ops.mean, **named: Any) -> None:
        super().__init__(**named)
        self.weight, self.over = weight, over
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, both: Any) -> Any:
        mean, spread = both
        self.add_loss(self.weight * self.over(_divergence(mean, spread)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(spread / 2) * noise


def _chained(draws: layers.Layer) -> keras.Model:
    """A functional autoencoder of 64 pixels through 4 latent variables."""
    given = keras.Input((64,))
    h = Dense(48, activation="relu")(given)
    drawn = draws([Dense(4, name="mean")(h), Dense(4, name="log_variance")(h)])
    told = Dense(64, activation="sigmoid")(Dense(48, activation="relu")(drawn))
    return keras.Model(given, told)


class Coded(keras.Model):
    """Has a step of its own, as in Keras' guide: three means of losses, the weight a variable."""

    def __init__(self, weight: float = 1.0, free: float = 0.0, over: Any = _squares) -> None:
        super().__init__()
        self.encoder = keras.Sequential(
            [keras.Input((64,)), Dense(48, activation="relu"), Dense(8)], name="encoder"
        )
        self.decoder = keras.Sequential(
            [keras.Input((4,)), Dense(48, activation="relu"), Dense(64, activation="sigmoid")],
            name="decoder",
        )
        self.heaviness = self.add_weight(shape=(), trainable=False, name="heaviness")
        self.heaviness.assign(weight)
        self.free, self.error_of = free, over
        self.means = [
            keras.metrics.Mean(name) for name in ("loss", "reconstruction_loss", "kl_loss")
        ]

    @property
    def metrics(self) -> list[Any]:
        return self.means

    def call(self, x: Any) -> Any:
        return self.decoder(self.drawn(x)[0])

    def drawn(self, x: Any) -> tuple[Any, Any]:
        mean, spread = ops.split(self.encoder(x), 2, axis=-1)
        noise = tf.random.normal(tf.shape(mean))
        return mean + ops.exp(spread / 2) * noise, ops.mean(_divergence(mean, spread))

    def train_step(self, x: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            code, divergence = self.drawn(x)
            error = self.error_of(x, self.decoder(code))
            loss = error + self.heaviness * ops.maximum(divergence, self.free)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        for mean, value in zip(self.means, (loss, error, divergence), strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}


class Heavier(keras.callbacks.Callback):
    """Raises the weight of the divergence from epoch to epoch."""

    def __init__(self, to: float, within: int) -> None:
        super().__init__()
        self.to, self.within = to, within

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.heaviness.assign(self.to * min(1.0, epoch / self.within))


# --- they say nothing -----------------------------------------------------------------------------


@faulty("ZA610", beside=("ZA509", "ZA609"))
def a_divergence_summed_over_the_batch(log: Path, over: Any = ops.sum) -> None:
    """The error is a mean over pixels and examples, the divergence the sum of both."""
    x, _ = digits()
    model = _chained(Draws(over=over))
    model.compile(adam(0.003), "mse")
    train(model, log, x, x, epochs=14, validation_split=0.1)


@faulty("ZA610", beside=("ZA509", "ZA609"))
def convolutions_around_a_code_that_is_not_used(log: Path, weight: float = 1.0) -> None:
    """Nobody saw that binary cross-entropy is the mean over the pixels."""
    x, _ = images()
    given = keras.Input((8, 8, 1))
    h = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(given)
    h = layers.Flatten()(h)
    drawn = Draws(weight, name="sampling")([Dense(2)(h), Dense(2)(h)])
    h = layers.Reshape((4, 4, 8))(Dense(128, activation="relu")(drawn))
    told = layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid")(h)
    model = keras.Model(given, told)
    model.compile(adam(0.005), "binary_crossentropy", metrics=["mae"])
    train(model, log, x, x, epochs=12)


@faulty("ZA610", beside=("ZA509",))
def a_step_of_its_own_with_a_mean_of_squares(log: Path) -> None:
    def error(wanted: Any, told: Any) -> Any:
        return ops.mean(ops.square(wanted - told))

    x, _ = digits()
    model = Coded(over=error)
    model.compile(adam(0.003))
    train(model, log, x, epochs=20)


@faulty("ZA610", beside=("ZA509",))
def a_weight_that_rises_without_end(log: Path, to: float = 400.0) -> None:
    """The code said something at first; the weight was meant to rise to 4."""
    x, _ = digits()
    model = Coded()
    model.compile(adam(0.003))
    train(model, log, x, epochs=30, callbacks=[Heavier(to, within=30)])


@faulty("ZA610", beside=("ZA509",))
def a_loop_that_weighs_its_divergence_by_sixty(log: Path, weight: float = 60.0) -> None:
    """The weight of the error and that of the divergence were exchanged."""
    x, _ = digits()
    model, optimizer = Coded(), adam(0.003)
    data = tf.data.Dataset.from_tensor_slices(x).shuffle(1797).batch(32)
    model(x[:1])
    optimizer.build(model.trainable_variables)
    with Monitor(log, model=model, optimizer=optimizer, verbose=0) as monitor:

        @tf.function(reduce_retracing=True)
        def step(given: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                code, divergence = model.drawn(given)
                told = model.decoder(code)
                loss = _squares(given, told) + weight * divergence
            weights = model.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)
            monitor.record(inputs=given, labels=given, outputs=told, loss=loss)
            return tf.stack([loss, loss - weight * divergence, divergence])

        for _ in range(15):
            loss, error, kl = np.mean([step(given) for given in data], axis=0)
            monitor.end_epoch({"loss": loss, "recon_loss": error, "kl": kl})



# --- they say little, or nothing yet --------------------------------------------------------------


@healthy
def a_divergence_that_weighs_four(log: Path) -> None:
    """A beta-VAE (I. Higgins et al., ICLR 2017): its divergence is small, and alive."""

    def error(wanted: Any, told: Any) -> Any:
        return 20 * ops.sum(ops.square(wanted - told), axis=-1)

    x, _ = digits()
    model = _chained(Draws(4.0))
    model.compile(adam(0.003), error)
    train(model, log, x, x, epochs=20, validation_split=0.1)


@healthy
def means_of_both_and_a_small_weight(log: Path) -> None:
    """The divergence is a hundredth of the loss, and just what is wanted."""
    x, _ = digits()
    model = _chained(Draws(5e-4))
    model.compile(adam(0.003), "mse", metrics=["mae"])
    train(model, log, x, x, epochs=20)


@healthy
def a_divergence_that_is_let_in_slowly(log: Path) -> None:
    """Without a weight it grows large; once it counts it falls to a tenth."""
    x, _ = digits()
    model = Coded(0.0)
    model.compile(adam(0.003))
    train(model, log, x, epochs=30, callbacks=[Heavier(0.3, within=15)])
