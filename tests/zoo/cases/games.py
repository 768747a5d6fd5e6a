"""Two networks against one another: games with one player, and games that go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import Dense, adam, digits, train
from tests.zoo.program import faulty, untold

ops = keras.ops
LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


def _generator(pixels: int = 64) -> keras.Model:
    stack = [keras.Input((8,)), Dense(48, activation="relu"), Dense(pixels, activation="sigmoid")]
    return keras.Sequential(stack, name="generator")


def _discriminator(pixels: int = 64, wide: int = 48) -> keras.Model:
    stack = [keras.Input((pixels,)), Dense(wide, activation="leaky_relu"), Dense(1)]
    return keras.Sequential(stack, name="discriminator")


def _told_apart(of_real: Any, of_made: Any) -> Any:
    real, made = LOGITS(tf.ones_like(of_real), of_real), LOGITS(tf.zeros_like(of_made), of_made)
    return (real + made) / 2


def _fools(of_made: Any) -> Any:
    return LOGITS(tf.ones_like(of_made), of_made)


class Game(keras.Model):
    """A generator against a discriminator, as in Keras' guide, with a loss for each."""

    def __init__(self, judged: Any = _told_apart, fools: Any = _fools) -> None:
        super().__init__()
        self.generator, self.discriminator = _generator(), _discriminator()
        self.judged, self.fools = judged, fools
        self.means = [keras.metrics.Mean(name) for name in ("d_loss", "g_loss")]

    def compile(self, of_generator: Any, of_discriminator: Any) -> None:
        super().compile()
        self.g_optimizer, self.d_optimizer = of_generator, of_discriminator

    @property
    def metrics(self) -> list[Any]:
        return self.means

    def call(self, noise: Any) -> Any:
        return self.discriminator(self.generator(noise))

    def of_d(self) -> list[Any]:
        """What the discriminator's turn trains."""
        return self.discriminator.trainable_variables

    def of_g(self) -> list[Any]:
        """What the generator's turn trains."""
        return self.generator.trainable_variables

    def train_step(self, real: Any) -> dict[str, Any]:
        noise = tf.random.normal((tf.shape(real)[0], 8))
        with tf.GradientTape() as tape:
            made = self.generator(noise, training=True)
            d_loss = self.judged(self.discriminator(real), self.discriminator(made))
        self.d_optimizer.apply(tape.gradient(d_loss, self.of_d()), self.of_d())
        noise = tf.random.normal((tf.shape(real)[0], 8))
        with tf.GradientTape() as tape:
            g_loss = self.fools(self(noise, training=True))
        self.g_optimizer.apply(tape.gradient(g_loss, self.of_g()), self.of_g())
        for mean, value in zip(self.means, (d_loss, g_loss), strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}


def _in_turns(
    log: Path,
    x: np.ndarray,
    of_g: keras.optimizers.Optimizer,
    of_d: keras.optimizers.Optimizer,
    *,
    turns: int = 1,
    epochs: int = 15,
    trains: Callable[[keras.Model, keras.Model], list[Any]] | None = None,
) -> None:
    """A loop of one's own: `turns` of the discriminator to one of the generator.

    Args:
        log: The log directory.
        x: Real examples.
        of_g: The generator's optimizer.
        of_d: The discriminator's.
        turns: Of the discriminator a step.
        epochs: Passes through the examples.
        trains: What the generator's turn trains; its own variables if left out.
    """
    generator, discriminator = _generator(x.shape[1]), _discriminator(x.shape[1])
    both = keras.Sequential([generator, discriminator], name="adversarial")
    own = generator.trainable_variables if trains is None else trains(generator, discriminator)
    of_g.build(own)
    of_d.build(discriminator.trainable_variables)
    data = tf.data.Dataset.from_tensor_slices(x).shuffle(len(x)).batch(64, drop_remainder=True)
    with Monitor(log, model=both, optimizer=[of_g, of_d], verbose=0) as monitor:

        @tf.function
        def step(real: tf.Tensor) -> tf.Tensor:
            d_loss = tf.zeros(())
            for _ in range(turns):
                made = generator(tf.random.normal((64, 8)), training=True)
                with tf.GradientTape() as tape:
                    d_loss = _told_apart(discriminator(real), discriminator(made))
                weights = discriminator.trainable_variables
                of_d.apply(tape.gradient(d_loss, weights), weights)
            noise = tf.random.normal((64, 8))
            with tf.GradientTape() as tape:
                of_made = both(noise, training=True)
                g_loss = _fools(of_made)
            of_g.apply(tape.gradient(g_loss, own), own)
            monitor.record(inputs=noise, outputs=of_made, loss=g_loss)
            return tf.stack([d_loss, g_loss])

        for _ in range(epochs):
            d_loss, g_loss = np.mean([step(real) for real in data], axis=0)
            monitor.end_epoch({"d_loss": d_loss, "g_loss": g_loss})


# --- one player -----------------------------------------------------------------------------------


@faulty("ZA612")
def a_discriminator_that_won_for_good(log: Path, rate: float = 1e-5) -> None:
    """It learns a thousand times as fast as its opponent."""
    x, _ = digits()
    model = Game()
    model.compile(keras.optimizers.SGD(rate), adam(0.01))
    train(model, log, x, epochs=20)


@faulty("ZA612", "ZA708", "ZA607")
def the_discriminators_gradients_on_the_generator(log: Path) -> None:
    """Its optimizer is given the variables of the other one: it is never trained itself."""

    class Exchanged(Game):
        def of_d(self) -> list[Any]:
            return self.generator.trainable_variables

    x, _ = digits()
    model = Exchanged()
    model.compile(adam(2e-3), adam(1e-4))
    train(model, log, x, epochs=20)


@faulty("ZA612")
def a_generator_that_bribes_its_judge(log: Path) -> None:
    """The combined model was not frozen: the generator's turn trains the discriminator, too."""
    x, _ = digits()
    _in_turns(log, x, adam(5e-3), adam(1e-4), trains=lambda g, d: [*g.trainable_variables,
              *d.trainable_variables])  # fmt: skip


@faulty("ZA612")
def ten_turns_of_the_discriminator(log: Path) -> None:
    x, _ = digits()
    _in_turns(log, x, adam(1e-4), adam(0.01), turns=10)


@faulty("ZA612")
def a_generator_that_is_told_to_be_caught(log: Path) -> None:
    """Its labels are those of made examples: both want the same, and get it."""

    def caught(of_made: Any) -> Any:
        return LOGITS(tf.zeros_like(of_made), of_made)

    x, _ = digits()
    model = Game(fools=caught)
    model.compile(adam(1e-3), adam(1e-3))
    train(model, log, x, epochs=20)



# --- two ------------------------------------------------------------------------------------------


@untold
def a_distance_instead_of_a_judgement(log: Path) -> None:
    """A Wasserstein game (M. Arjovsky et al., ICML 2017): losses below 0, weights clipped."""

    class Clipped(Game):
        def train_step(self, real: Any) -> dict[str, Any]:
            told = super().train_step(real)
            for weight in self.of_d():
                weight.assign(ops.clip(weight, -0.1, 0.1))
            return told

    x, _ = digits()
    model = Clipped(lambda real, made: ops.mean(made) - ops.mean(real), lambda m: -ops.mean(m))
    model.compile(keras.optimizers.RMSprop(5e-4), keras.optimizers.RMSprop(5e-4))
    train(model, log, x, epochs=25)


@untold
def squares_for_a_judgement(log: Path) -> None:
    """Least squares (X. Mao et al., ICCV 2017): the levels are a quarter and 1."""

    def judged(of_real: Any, of_made: Any) -> Any:
        return (ops.mean(ops.square(of_real - 1)) + ops.mean(ops.square(of_made))) / 2

    x, _ = digits()
    model = Game(judged, lambda of_made: ops.mean(ops.square(of_made - 1)))
    model.compile(adam(1e-3), adam(5e-4))
    train(model, log, x, epochs=25)


@untold
def a_game_at_ln_2(log: Path) -> None:
    """Both stand at what guessing costs: it can no longer be told what was made."""
    angle = np.random.uniform(0, 2 * np.pi, 4096)
    ring = np.stack([0.5 + 0.4 * np.cos(angle), 0.5 + 0.4 * np.sin(angle)], axis=1)
    _in_turns(log, ring.astype("float32"), keras.optimizers.Adam(2e-3, beta_1=0.5),
              keras.optimizers.Adam(1e-3, beta_1=0.5), epochs=25)  # fmt: skip


@untold
def a_judge_that_leads(log: Path) -> None:
    """It is mostly right, and the generator goes on learning from it."""
    x, _ = digits()
    _in_turns(log, x, adam(1e-3), adam(1e-3), epochs=40)
