"""Programs that learn what is alike: contrasts, distances, factors and what another model knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tests.zoo.building import Dense, adam, built, classifier, digits, images, layers, train
from tests.zoo.program import healthy


def _encoder(outputs: int = 16) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((64,)),
            Dense(64, activation="relu"),
            Dense(outputs),
            layers.UnitNormalization(),
        ]
    )


class Contrast(keras.Model):
    """Two noisy views of an image must find each other (T. Chen et al., ICML 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _encoder()
        self.mean_loss = keras.metrics.Mean("loss")
        self.found = keras.metrics.SparseCategoricalAccuracy("contrastive_accuracy")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.encoder(x)

    def view(self, x: tf.Tensor) -> tf.Tensor:
        kept = tf.cast(tf.random.uniform(tf.shape(x)) > 0.3, x.dtype)
        return kept * x + tf.random.normal(tf.shape(x), 0, 0.1)

    def train_step(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        truth = tf.range(tf.shape(x)[0])
        with tf.GradientTape() as tape:
            one, other = (self(self.view(x), training=True) for _ in range(2))
            alike = tf.matmul(one, other, transpose_b=True) / 0.1
            loss = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(truth, alike, from_logits=True)
            )
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        self.mean_loss.update_state(loss)
        self.found.update_state(truth, alike)
        return {metric.name: metric.result() for metric in (self.mean_loss, self.found)}

    @property
    def metrics(self) -> list[Any]:
        return [self.mean_loss, self.found]


@healthy
def two_views_of_an_image(log: Path) -> None:
    x, _ = digits()
    model = Contrast()
    model.compile(adam(0.003))
    data = tf.data.Dataset.from_tensor_slices(x).shuffle(2000).batch(64, drop_remainder=True)
    train(model, log, data, epochs=20)


@healthy
def triplets_of_a_batch(log: Path) -> None:
    x, y = digits()

    def margin(labels: Any, codes: Any) -> Any:
        same = ops.equal(ops.reshape(labels, (-1, 1)), ops.reshape(labels, (1, -1)))
        distance = 2 - 2 * ops.matmul(codes, ops.transpose(codes))
        is_triplet = ops.cast(ops.logical_and(same[:, :, None], ~same[:, None, :]), "float32")
        missed = is_triplet * ops.relu(distance[:, :, None] - distance[:, None, :] + 0.5)
        return ops.sum(missed) / (ops.sum(is_triplet) + 1e-7)

    model = built(_encoder(), loss=margin, optimizer=adam(0.002), metrics=())
    train(model, log, x, y, epochs=25, batch_size=64, validation_split=0.2)


@healthy
def pairs_through_one_encoder(log: Path) -> None:
    x, y = digits()
    first = np.random.randint(0, len(x), 4000)
    other = np.random.randint(0, len(x), 4000)
    alike = np.random.permutation(len(x))
    of_class = {digit: alike[y[alike] == digit] for digit in range(10)}
    other[::2] = [np.random.choice(of_class[y[i]]) for i in first[::2]]
    same = (y[first] == y[other]).astype("float32")
    encoder = _encoder()
    one, two = keras.Input((64,)), keras.Input((64,))
    distance = layers.Lambda(lambda pair: ops.norm(pair[0] - pair[1] + 1e-6, axis=1, keepdims=True))

    def contrastive(truth: Any, apart: Any) -> Any:
        return ops.mean(truth * apart**2 + (1 - truth) * ops.relu(1 - apart) ** 2, axis=-1)

    model = keras.Model([one, two], distance([encoder(one), encoder(two)]))
    model.compile(adam(0.003), contrastive)
    train(model, log, [x[first], x[other]], same, epochs=15, validation_split=0.2)


class Distilled(keras.Model):
    """A pupil that learns from the softened answers of a teacher and from the labels."""

    def __init__(self, teacher: keras.Model) -> None:
        super().__init__()
        self.teacher = teacher
        self.pupil = keras.Sequential([keras.Input((64,)), Dense(12, activation="relu"), Dense(10)])
        teacher.trainable = False

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.pupil(x)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        x, y = data
        heat = 3.0
        soft = tf.nn.softmax(tf.math.log(self.teacher(x, training=False) + 1e-7) / heat)
        with tf.GradientTape() as tape:
            told = self(x, training=True)
            hard = self.compute_loss(x, y, told)
            apart = keras.losses.kl_divergence(soft, tf.nn.softmax(told / heat))
            loss = 0.3 * hard + 0.7 * heat**2 * tf.reduce_mean(apart)
        variables = self.pupil.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        for metric in self.metrics:
            metric.update_state(loss) if metric.name == "loss" else metric.update_state(y, told)
        return self.get_metrics_result()


@healthy
def taught_by_a_larger_model(log: Path) -> None:
    x, y = digits()
    teacher = classifier(keras.Input((64,)), Dense(128, activation="relu"), optimizer=adam(0.005))
    teacher.fit(x, y, epochs=8, verbose=0)
    model = Distilled(teacher)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(adam(0.005), loss, metrics=["accuracy"])
    train(model, log, x, y, epochs=15, validation_split=0.2)


@healthy
def ratings_as_products_of_factors(log: Path) -> None:
    users, films = np.random.normal(size=(100, 3)), np.random.normal(size=(80, 3))
    who, what = np.random.randint(0, 100, 6000), np.random.randint(0, 80, 6000)
    liked = np.clip(3 + 0.7 * (users[who] * films[what]).sum(1), 1, 5)
    rated = np.round(liked + np.random.normal(0, 0.3, 6000)).astype("float32")
    user, film = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    factors = [
        layers.Flatten()(layers.Embedding(count, 8, embeddings_regularizer=None)(index))
        for count, index in ((100, user), (80, film))
    ]
    product = layers.Dot(1)(factors)
    model = keras.Model([user, film], layers.Dense(1, bias_initializer="ones")(product))
    model.compile(adam(0.02), "mse", metrics=["mae"])
    train(model, log, [who, what], rated, epochs=15, batch_size=64, validation_split=0.1)


@healthy
def words_from_their_neighbours(log: Path) -> None:
    topic = np.random.randint(0, 10, 20000)
    word = 20 * topic + np.random.randint(0, 20, 20000)
    near = np.where(np.random.random(20000) < 0.8, topic, np.random.randint(0, 10, 20000))
    beside = 20 * near + np.random.randint(0, 20, 20000)
    is_real = np.random.random(20000) < 0.5
    beside = np.where(is_real, beside, np.random.randint(0, 200, 20000))
    one, other = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    alike = layers.Dot(1)([layers.Embedding(200, 8)(one), layers.Embedding(200, 8)(other)])
    model = keras.Model([one, other], layers.Activation("sigmoid")(alike))
    model.compile(adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    train(model, log, [word, beside], is_real.astype("float32"), epochs=5, batch_size=64,
          validation_split=0.2)  # fmt: skip


@healthy
def which_way_an_image_is_turned(log: Path) -> None:
    x, _ = images()
    turns = np.random.randint(0, 4, len(x))
    turned = np.stack([np.rot90(image, k) for image, k in zip(x, turns, strict=True)])
    stack = (
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dropout(0.5),
        Dense(64, activation="relu"),
        layers.Dropout(0.3),
    )
    model = classifier(*stack, classes=4, optimizer=adam(0.003))
    train(model, log, turned, turns, epochs=10, validation_split=0.2)


@healthy
def images_and_their_names(log: Path) -> None:
    x, y = digits()

    def batches() -> Iterator[Any]:
        rng = np.random.default_rng(0)
        by_digit = [np.flatnonzero(y == digit) for digit in range(10)]
        while True:
            drawn = [rng.choice(found) for found in by_digit]
            yield (x[drawn], np.arange(10)), np.eye(10, dtype="float32")

    image, name = keras.Input((64,)), keras.Input((), dtype="int32")
    named = layers.UnitNormalization()(layers.Embedding(10, 16)(name))
    product = layers.Lambda(lambda pair: ops.matmul(pair[0], ops.transpose(pair[1])) / 0.1)
    model = keras.Model([image, name], product([_encoder()(image), named]))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(adam(0.003), loss, metrics=["categorical_accuracy"])
    train(model, log, batches(), epochs=12, steps_per_epoch=50)
