"""Losses that compare outputs: embeddings that fall to one point, and such as only seem to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, built, digits, layers, train
from tests.zoo.loops import loop
from tests.zoo.program import faulty, healthy

ops = keras.ops


def _embedding(shape: tuple[int, ...] = (64,), units: int = 8, **last: Any) -> keras.Model:
    return keras.Sequential(
        [keras.Input(shape), Dense(48, activation="relu"), Dense(units, **last)], name="embedding"
    )


def _pairs(rows: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of digits, (rows, 2, 64), and whether both are of one kind, as often as not."""
    x, y = digits()
    rng = np.random.default_rng(4)
    first = rng.integers(0, len(x), rows)
    of_kind = [np.flatnonzero(y == kind) for kind in range(10)]
    other = np.array([rng.choice(of_kind[y[i]]) for i in first])
    other[::2] = rng.integers(0, len(x), len(other[::2]))
    return np.stack([x[first], x[other]], axis=1), (y[first] == y[other]).astype("float32")


def _noisy(x: Any) -> Any:
    kept = tf.cast(tf.random.uniform(tf.shape(x)) > 0.2, x.dtype)
    return kept * x + tf.random.normal(tf.shape(x), 0, 0.1)


class Views(keras.Model):
    """Learns by two noisy views of each image; `apart` is the loss of their embeddings."""

    def __init__(self, apart: Any, **last: Any) -> None:
        super().__init__()
        self.encoder = _embedding(**last)
        self.apart = apart
        self.mean_loss = keras.metrics.Mean("loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.mean_loss]

    def call(self, x: Any) -> Any:
        return self.encoder(x)

    def train_step(self, x: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            loss = self.apart(self(_noisy(x), training=True), self(_noisy(x), training=True))
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        self.mean_loss.update_state(loss)
        return {"loss": self.mean_loss.result()}


# --- they fall to a point -------------------------------------------------------------------------


@faulty("ZA611")
def two_views_that_only_attract(log: Path) -> None:
    """No view of another image is in the loss, nor is any gradient stopped."""

    def apart(one: Any, other: Any) -> Any:
        return ops.mean(ops.sum(ops.square(one - other), axis=-1))

    x, _ = digits()
    model = Views(apart)
    model.compile(adam(0.003))
    train(model, log, x, epochs=25)


@faulty("ZA611")
def a_contrast_with_a_margin_of_nothing(log: Path, margin: float = 0.0) -> None:
    """Pairs that are unlike cost nothing, wherever they lie."""

    def contrastive(is_alike: Any, told: Any) -> Any:
        apart = ops.sqrt(ops.sum(ops.square(told[:, 0] - told[:, 1]), axis=-1) + 1e-9)
        far = ops.square(ops.maximum(margin - apart, 0))
        alike = ops.reshape(is_alike, (-1,))
        return ops.mean(alike * ops.square(apart) + (1 - alike) * far)

    x, is_alike = _pairs()
    model = _embedding((2, 64))
    model.compile(adam(0.005), contrastive)
    train(model, log, x, is_alike, epochs=20, validation_split=0.1)


@faulty("ZA611")
def centres_that_only_attract(log: Path) -> None:
    """A centre loss without the classes' own: all centres meet in one."""

    class Centres(layers.Layer):
        def build(self, _: Any) -> None:
            self.at = self.add_weight(shape=(10, 8), initializer="random_normal", name="at")

        def call(self, given: Any) -> Any:
            code, kind = given
            self.add_loss(ops.mean(ops.sum(ops.square(code - ops.take(self.at, kind, 0)), -1)))
            return code

    x, y = digits()
    image, kind = keras.Input((64,)), keras.Input((), dtype="int32")
    model = keras.Model([image, kind], Centres()([_embedding()(image), kind]))
    model.compile(adam(0.01))
    train(model, log, tf.data.Dataset.from_tensor_slices(((x, y),)).shuffle(1797).batch(32),
          epochs=20)  # fmt: skip


@faulty("ZA611")
def a_loop_over_pairs_of_one_kind(log: Path) -> None:
    """The sampler of pairs was given one class at a time: there are none that are unlike."""

    def contrastive(is_alike: Any, told: Any) -> Any:
        apart = tf.norm(told[:, 0] - told[:, 1] + 1e-6, axis=-1)
        return is_alike * apart**2 + (1 - is_alike) * tf.nn.relu(1 - apart) ** 2

    x, is_alike = _pairs(4000)
    x = x[is_alike == 1]
    loop(_embedding((2, 64)), log, x, np.ones(len(x), "float32"), contrastive, epochs=15)


@faulty("ZA611")
def a_cosine_of_positives_alone(log: Path) -> None:
    """Embeddings of length 1 that all point one way."""

    def apart(one: Any, other: Any) -> Any:
        one, other = (ops.normalize(code, axis=-1) for code in (one, other))
        return 1 - ops.mean(ops.sum(one * other, axis=-1))

    x, _ = digits()
    model = Views(apart, units=16)
    model.encoder.add(layers.UnitNormalization())
    model.compile(adam(0.01))
    train(model, log, x, epochs=25)


# --- they do not ----------------------------------------------------------------------------------


@healthy
def embeddings_that_spread_late(log: Path) -> None:
    """They begin close to one point, from which a margin drives them."""

    def contrastive(is_alike: Any, told: Any) -> Any:
        apart = ops.sqrt(ops.sum(ops.square(told[:, 0] - told[:, 1]), axis=-1) + 1e-9)
        alike = ops.reshape(is_alike, (-1,))
        far = ops.square(ops.maximum(1.0 - apart, 0))
        return ops.mean(alike * ops.square(apart) + (1 - alike) * far)

    x, is_alike = _pairs()
    model = _embedding((2, 64), kernel_initializer=keras.initializers.RandomNormal(stddev=1e-4))
    model.compile(adam(0.003), contrastive)
    train(model, log, x, is_alike, epochs=20, validation_split=0.1)


@healthy
def the_hardest_of_each_batch(log: Path, rate: float = 0.003) -> None:
    """It begins above its margin (A. Hermans et al., 2017), where one point would be as good."""

    def hardest(kinds: Any, codes: Any) -> Any:
        kinds = ops.reshape(kinds, (-1, 1))
        same = ops.cast(ops.equal(kinds, ops.transpose(kinds)), "float32")
        apart = ops.sum(ops.square(codes[:, None] - codes[None]), axis=-1)
        apart = ops.sqrt(ops.maximum(apart, 1e-12))
        near = ops.max(apart * same, axis=1)
        far = ops.min(apart + 1e9 * same, axis=1)
        return ops.mean(ops.relu(near - far + 0.5))

    x, y = digits()
    model = built(*_embedding(units=16).layers, loss=hardest, optimizer=adam(rate), metrics=())
    train(model, log, x, y, epochs=15, batch_size=64)



@healthy
def views_that_share_no_two_features(log: Path) -> None:
    """Barlow twins (J. Zbontar et al., ICML 2021): the features of both views are to correlate."""

    def apart(one: Any, other: Any) -> Any:
        one, other = (
            (code - ops.mean(code, axis=0)) / (ops.std(code, axis=0) + 1e-4)
            for code in (one, other)
        )
        shared = ops.matmul(ops.transpose(one), other) / ops.cast(ops.shape(one)[0], "float32")
        aside = ops.sum(ops.square(shared)) - ops.sum(ops.square(ops.diagonal(shared)))
        return ops.sum(ops.square(1 - ops.diagonal(shared))) + 0.01 * aside

    x, _ = digits()
    model = Views(apart, units=16)
    model.compile(adam(0.003))
    data = tf.data.Dataset.from_tensor_slices(x).shuffle(1797).batch(64, drop_remainder=True)
    train(model, log, data, epochs=25)
