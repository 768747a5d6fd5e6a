"""Programs that learn to generate, to reconstruct or to give a density; most have no labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from sklearn.datasets import make_moons

from tb_zeroacc import Monitor
from tests.zoo.building import Dense, adam, built, digits, images, layers, train
from tests.zoo.program import healthy

FROM_LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


def _ring(count: int) -> np.ndarray:
    """Points around a circle of radius 2: (count, 2)."""
    angle = np.random.uniform(0, 2 * np.pi, count)
    radius = np.random.normal(2.0, 0.1, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32")


def _network(inputs: int, outputs: int) -> keras.Model:
    slope = 0.2
    stack = [keras.Input((inputs,))]
    for _ in range(2):
        stack += [Dense(32), layers.LeakyReLU(negative_slope=slope)]
    return keras.Sequential([*stack, Dense(outputs)])


def _off_the_ring(points: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(tf.norm(points, axis=1) - 2.0))


class Adversaries(keras.Model):
    """A generator and a discriminator, each with an optimizer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.generator, self.discriminator = _network(4, 2), _network(2, 1)
        self.tuning = {"generator": keras.optimizers.Adam(2e-3, beta_1=0.5),
                       "discriminator": keras.optimizers.Adam(2e-3, beta_1=0.5)}  # fmt: skip

    def call(self, noise: tf.Tensor) -> tf.Tensor:
        return self.discriminator(self.generator(noise))

    def train_step(self, real: tf.Tensor) -> dict[str, tf.Tensor]:
        noise = tf.random.normal((tf.shape(real)[0], 4))
        with tf.GradientTape(persistent=True) as tape:
            made = self.generator(noise, training=True)
            of_real = self.discriminator(real, training=True)
            of_made = self.discriminator(made, training=True)
            d_loss = (FROM_LOGITS(tf.ones_like(of_real), of_real)
                      + FROM_LOGITS(tf.zeros_like(of_made), of_made)) / 2  # fmt: skip
            g_loss = FROM_LOGITS(tf.ones_like(of_made), of_made)
        for name, loss in (("discriminator", d_loss), ("generator", g_loss)):
            variables = getattr(self, name).trainable_variables
            gradients = tape.gradient(loss, variables)
            self.tuning[name].apply_gradients(zip(gradients, variables, strict=True))
        return {"d_loss": d_loss, "g_loss": g_loss, "off_the_ring": _off_the_ring(made)}


@healthy
def adversaries_with_a_train_step(log: Path) -> None:
    model = Adversaries()
    model.compile()
    train(model, log, _ring(2048), epochs=40, batch_size=128)


@healthy
def adversaries_in_a_loop(log: Path) -> None:
    generator, discriminator = _network(4, 2), _network(2, 1)
    both = keras.Sequential([generator, discriminator])
    first, second = (keras.optimizers.Adam(2e-3, beta_1=0.5) for _ in range(2))
    data = tf.data.Dataset.from_tensor_slices(_ring(2048)).shuffle(2048).batch(128)
    with Monitor(log, model=both, optimizer=[first, second], verbose=0) as monitor:

        @tf.function
        def step(real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            noise = tf.random.normal((tf.shape(real)[0], 4))
            with tf.GradientTape() as tape:
                points = tf.concat([real, generator(noise, training=True)], axis=0)
                truth = tf.repeat([[1.0], [0.0]], [tf.shape(real)[0]] * 2, axis=0)
                d_loss = FROM_LOGITS(truth, discriminator(points, training=True))
            variables = discriminator.trainable_variables
            second.apply_gradients(zip(tape.gradient(d_loss, variables), variables, strict=True))
            with tf.GradientTape() as tape:
                made = both(noise, training=True)
                g_loss = FROM_LOGITS(tf.ones_like(made), made)
            variables = generator.trainable_variables
            first.apply_gradients(zip(tape.gradient(g_loss, variables), variables, strict=True))
            monitor.record(inputs=noise, outputs=made, loss=g_loss)
            return d_loss, g_loss

        for _ in range(40):
            losses = np.mean([step(real) for real in data], axis=0)
            off = _off_the_ring(generator(tf.random.normal((512, 4))))
            monitor.end_epoch({"d_loss": losses[0], "g_loss": losses[1], "off_the_ring": off})


class Drawn(layers.Layer):
    """Draws from a normal distribution and adds its divergence from the standard one as a loss."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds = keras.random.SeedGenerator()

    def call(self, mean_and_log_variance: Any) -> Any:
        mean, log_variance = mean_and_log_variance
        divergence = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
        self.add_loss(ops.mean(ops.sum(divergence, axis=1)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(log_variance / 2) * noise


@healthy
def a_variational_autoencoder(log: Path) -> None:
    x, _ = digits()
    inputs = keras.Input((64,))
    h = Dense(64, activation="relu")(inputs)
    drawn = Drawn()([Dense(4)(h), Dense(4)(h)])
    outputs = Dense(64, activation="sigmoid")(Dense(64, activation="relu")(drawn))
    model = keras.Model(inputs, outputs)

    def all_pixels(truth: Any, shown: Any) -> Any:
        return ops.sum(keras.losses.binary_crossentropy(truth[..., None], shown[..., None]), -1)

    model.compile(adam(0.003), all_pixels)
    train(model, log, x, x, epochs=25, validation_split=0.2)


@healthy
def a_denoising_autoencoder(log: Path) -> None:
    x, _ = images()
    noisy = (x + np.random.normal(0, 0.4, x.shape)).astype("float32")
    stack = (
        layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    )
    model = built(*stack, loss="mse", optimizer=adam(0.003), metrics=["mae"])
    train(model, log, noisy, x, epochs=12, validation_split=0.2)


@healthy
def a_sparse_code(log: Path) -> None:
    x, _ = digits()
    stack = (Dense(128, activation="relu", activity_regularizer="l1"), Dense(64))
    model = built(*stack, loss="mse", optimizer=adam(0.003), metrics=["mse"])
    train(model, log, x, x, epochs=25)


class Denoiser(keras.Model):
    """Tells the noise that was added to points, at a time drawn for each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.mean_loss = keras.metrics.Mean("loss")
        self.network = keras.Sequential(
            [keras.Input((4,)), Dense(64, activation="swish"), Dense(64, activation="swish"),
             Dense(2)]
        )  # fmt: skip

    def call(self, noisy_and_time: tf.Tensor) -> tf.Tensor:
        return self.network(noisy_and_time)

    def train_step(self, points: tf.Tensor) -> dict[str, tf.Tensor]:
        angle = tf.random.uniform((tf.shape(points)[0], 1), 0.1, np.pi / 2)
        noise = tf.random.normal(tf.shape(points))
        noisy = tf.cos(angle) * points + tf.sin(angle) * noise
        with tf.GradientTape() as tape:
            told = self(tf.concat([noisy, tf.cos(angle), tf.sin(angle)], axis=1), training=True)
            loss = tf.reduce_mean(tf.square(told - noise))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        self.mean_loss.update_state(loss)
        return {"loss": self.mean_loss.result()}

    @property
    def metrics(self) -> list[Any]:
        return [self.mean_loss]


@healthy
def a_diffusion_of_points(log: Path) -> None:
    model = Denoiser()
    model.compile(adam(0.003))
    train(model, log, _ring(2048) / 2, epochs=30, batch_size=64)


class Flow(keras.Model):
    """Affine couplings (L. Dinh et al., ICLR 2017) that return the negative log-likelihood."""

    def __init__(self) -> None:
        super().__init__()
        self.couplings = [
            keras.Sequential([keras.Input((1,)), Dense(32, activation="relu"),
                              Dense(32, activation="relu"), Dense(2, kernel_initializer="zeros")])
            for _ in range(6)
        ]  # fmt: skip

    def call(self, points: Any) -> Any:
        log_volume = 0.0
        for coupling in self.couplings:
            kept, moved = points[:, :1], points[:, 1:]
            scale, shift = ops.split(coupling(kept), 2, axis=1)
            scale = ops.tanh(scale)
            points = ops.concatenate([moved * ops.exp(scale) + shift, kept], axis=1)
            log_volume += scale[:, 0]
        return 0.5 * ops.sum(points**2, axis=1) + np.log(2 * np.pi) - log_volume


@healthy
def a_normalising_flow(log: Path) -> None:
    x, _ = make_moons(2048, noise=0.05, random_state=0)
    model = Flow()
    model.compile(adam(0.003), loss=lambda _, likelihood: ops.mean(likelihood))
    x = (x / 4).astype("float32")
    train(model, log, x, np.zeros(len(x), "float32"), epochs=25, batch_size=64)


@healthy
def pixels_one_after_the_other(log: Path) -> None:
    x, _ = images()
    grey = (x[..., 0] * 3.99).astype("int32").reshape(-1, 64)
    stack = (
        layers.Embedding(5, 16), layers.Conv1D(32, 9, padding="causal", activation="relu"),
        layers.Conv1D(32, 9, padding="causal", activation="relu"), Dense(4, activation="softmax"),
    )  # fmt: skip
    before = np.pad(grey[:, :-1] + 1, [[0, 0], [1, 0]])
    model = built(*stack, optimizer=adam(0.003))
    train(model, log, before, grey, epochs=8, validation_split=0.2)
