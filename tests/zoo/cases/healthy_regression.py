"""Programs that learn numbers: at the scale they have, with losses of many kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from sklearn.datasets import make_friedman1

from tests.zoo.building import Dense, adam, built, layers, standardised, table, train
from tests.zoo.program import healthy


def _friedman(rows: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Ten columns in [0, 1], five of which tell the target of 0 to 30."""
    x, y = make_friedman1(rows, noise=1.0, random_state=np.random.randint(1 << 30))
    return x.astype("float32"), y.astype("float32")


def _hidden(units: int = 32) -> Any:
    return Dense(units, activation="relu")


@healthy
def outliers_with_hubers_loss(log: Path) -> None:
    x, y = _friedman()
    y[::25] += np.random.normal(0, 100, len(y[::25])).astype("float32")
    model = built(_hidden(), Dense(1), loss="huber", optimizer=adam(0.01), metrics=["mae"])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def three_quantiles(log: Path) -> None:
    x, y = _friedman()
    levels = np.array([0.1, 0.5, 0.9], "float32")

    def pinball(truth: Any, told: Any) -> Any:
        missed = truth - told
        return ops.mean(ops.maximum(levels * missed, (levels - 1) * missed), axis=-1)

    model = built(_hidden(64), Dense(3), loss=pinball, optimizer=adam(0.01), metrics=())
    train(model, log, x, y[:, None], epochs=30, validation_split=0.2)


@healthy
def counts_of_a_hundred(log: Path) -> None:
    x = np.random.normal(size=(1500, 6)).astype("float32")
    y = np.random.poisson(np.exp(4.6 + 0.4 * x[:, 0] + 0.3 * np.abs(x[:, 1]))).astype("float32")
    start = keras.initializers.Constant(np.log(y.mean()))
    stack = (_hidden(), Dense(1, activation="exponential", bias_initializer=start))
    model = built(*stack, loss="poisson", optimizer=adam(0.003), metrics=["mae"])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def a_normal_distribution_for_each_row(log: Path) -> None:
    """Its loss, a negative log-likelihood, falls below zero."""
    x = np.random.uniform(-1, 1, (2000, 2)).astype("float32")
    spread = 0.02 + 0.1 * (x[:, 1] > 0)
    y = (np.sin(3 * x[:, 0]) / 3 + np.random.normal(0, spread)).astype("float32")

    def unlikely(truth: Any, told: Any) -> Any:
        mean, log_spread = told[:, :1], told[:, 1:]
        return log_spread + 0.5 * ((truth - mean) / ops.exp(log_spread)) ** 2 + 0.919

    model = built(_hidden(), _hidden(), Dense(2), loss=unlikely, optimizer=adam(0.003), metrics=())
    train(model, log, x, y[:, None], epochs=25, validation_split=0.2)


@healthy
def a_mixture_of_two_densities(log: Path) -> None:
    x = np.random.uniform(-1, 1, (2000, 1)).astype("float32")
    sign = np.random.choice([-1.0, 1.0], (2000, 1))
    y = (sign * (0.5 + 0.4 * x) + np.random.normal(0, 0.05, (2000, 1))).astype("float32")

    def unlikely(truth: Any, told: Any) -> Any:
        share, mean, log_spread = ops.split(told, 3, axis=-1)
        parts = ops.log_softmax(share) - log_spread - 0.919
        return -ops.logsumexp(parts - 0.5 * ((truth - mean) / ops.exp(log_spread)) ** 2, axis=-1)

    unlike = keras.initializers.Constant([0, 0, -0.5, 0.5, -1, -1])
    stack = (Dense(32, activation="tanh"), Dense(6, bias_initializer=unlike))
    model = built(*stack, loss=unlikely, optimizer=adam(0.005), metrics=())
    train(model, log, x, y, epochs=25, validation_split=0.2)


@healthy
def prices_in_the_hundred_thousands(log: Path) -> None:
    x, y = _friedman()
    prices = 100_000 + 15_000 * y
    whole = layers.Rescaling(float(prices.std()), float(prices.mean()))
    model = built(_hidden(64), Dense(1), whole, loss="mae", optimizer=adam(0.003), metrics=["mape"])
    train(model, log, x, prices, epochs=25, validation_split=0.2)


@healthy
def twenty_rows_and_two_targets(log: Path) -> None:
    x, _ = table("iris")
    rows = standardised(x)[np.random.permutation(len(x))[:20]]
    model = built(Dense(2, kernel_regularizer=keras.regularizers.L2(0.01)), loss="mse",
                  optimizer=adam(0.02), metrics=["mae"])  # fmt: skip
    train(model, log, rows[:, :2], rows[:, 2:], epochs=80)


@healthy
def claims_of_a_gamma_distribution(log: Path) -> None:
    x = np.random.normal(size=(2000, 4)).astype("float32")
    y = np.random.gamma(3.0, np.exp(0.8 * x[:, 0] - 0.5 * x[:, 1])).astype("float32") + 1e-3

    def deviance(truth: Any, told: Any) -> Any:
        return 2 * (truth / ops.exp(told) - 1 - ops.log(truth) + told)

    model = built(_hidden(16), Dense(1), loss=deviance, optimizer=adam(0.01), metrics=())
    train(model, log, x, y[:, None], epochs=20, validation_split=0.2)


@healthy
def times_until_an_event(log: Path) -> None:
    """The partial likelihood of D. R. Cox (1972) within each batch; no label fits an output."""
    x = np.random.normal(size=(1500, 8)).astype("float32")
    time = np.random.exponential(np.exp(-1.2 * x[:, 0] + 0.8 * x[:, 1]))
    y = np.stack([time, np.random.random(1500) < 0.7], axis=1).astype("float32")

    def partial(truth: Any, risk: Any) -> Any:
        at_risk = truth[None, :, 0] >= truth[:, None, 0]
        all_of_them = ops.logsumexp(ops.where(at_risk, risk[None, :, 0], -1e9), axis=1)
        return truth[:, 1] * (all_of_them - risk[:, 0])

    model = built(_hidden(16), Dense(1), loss=partial, optimizer=adam(0.005), metrics=())
    train(model, log, x, y, epochs=15, batch_size=64)


@healthy
def directions_with_cosines(log: Path) -> None:
    x = np.random.normal(size=(1500, 6)).astype("float32")
    y = np.tanh(x @ np.random.default_rng(0).normal(size=(6, 3))).astype("float32")
    stack = (_hidden(), Dense(3))
    model = built(*stack, loss="cosine_similarity", optimizer=adam(0.003), metrics=())
    train(model, log, x, y, epochs=15, validation_split=0.2)


@healthy
def a_price_and_a_class_of_unlike_weight(log: Path) -> None:
    x, y = _friedman()
    inputs = keras.Input((10,))
    h = _hidden(64)(inputs)
    outputs = {
        "price": Dense(1, name="price")(h),
        "is_dear": Dense(1, activation="sigmoid", name="is_dear")(h),
    }
    model = keras.Model(inputs, outputs)
    losses = {"price": "mse", "is_dear": "binary_crossentropy"}
    model.compile(adam(0.005), losses, loss_weights={"price": 0.02, "is_dear": 1.0},
                  metrics={"is_dear": ["accuracy"], "price": ["mae"]})  # fmt: skip
    train(model, log, x, {"price": y, "is_dear": (y > 15).astype("float32")}, epochs=25,
          validation_split=0.2)  # fmt: skip


class Decay(keras.Model):
    """A function whose derivative is to be minus twice itself, and that begins with 1."""

    def __init__(self) -> None:
        super().__init__()
        self.network = keras.Sequential(
            [
                keras.Input((1,)),
                Dense(32, activation="tanh"),
                Dense(32, activation="tanh"),
                Dense(1),
            ]
        )

    def call(self, time: tf.Tensor) -> tf.Tensor:
        return self.network(time)

    def train_step(self, time: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(time)
                value = self(time, training=True)
            residual = tf.reduce_mean((inner.gradient(value, time) + 2 * value) ** 2)
            start = tf.reduce_mean((self(tf.zeros((1, 1))) - 1.0) ** 2)
            loss = residual + start
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        off = tf.reduce_mean(tf.abs(value - tf.exp(-2 * time)))
        return {"loss": loss, "residual": residual, "off_the_solution": off}


@healthy
def a_differential_equation(log: Path) -> None:
    model = Decay()
    model.compile(adam(0.003))
    train(model, log, np.random.uniform(0, 2, (1024, 1)).astype("float32"), epochs=25)


@healthy
def a_table_as_it_ships_and_a_normalisation(log: Path) -> None:
    x, y = table("diabetes")
    scaled = layers.Normalization()
    scaled.adapt(x)
    stack = (scaled, _hidden(), Dense(1, bias_initializer=keras.initializers.Constant(150)))
    model = built(*stack, loss="mae", optimizer=keras.optimizers.RMSprop(0.01), metrics=())
    train(model, log, x, y.astype("float32"), epochs=30, validation_split=0.2)
