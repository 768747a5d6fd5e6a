"""Programs that learn classes: weak signals, noisy or rare labels, several labels, pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from sklearn.datasets import make_classification

from demo.data import breast_cancer_raw
from tests.zoo.building import (
    SPARSE,
    Dense,
    adam,
    breast_cancer,
    built,
    classifier,
    digits,
    images,
    layers,
    table,
    train,
)
from tests.zoo.program import healthy


def _hidden(units: int = 32) -> Any:
    return Dense(units, activation="relu")


def _yes_or_no() -> Any:
    return Dense(1, activation="sigmoid")


@healthy
def a_weak_signal(log: Path) -> None:
    """No model can do better than an area of some .65 under the curve."""
    x = np.random.normal(size=(6000, 12)).astype("float32")
    chance = 1 / (1 + np.exp(-(0.4 * x[:, 0] - 0.3 * x[:, 1] + 0.2 * x[:, 2])))
    y = (np.random.random(6000) < chance).astype("int32")
    model = built(_yes_or_no(), loss="binary_crossentropy", optimizer=adam(0.01),
                  metrics=["AUC", "accuracy"])  # fmt: skip
    train(model, log, x, y, epochs=10, validation_split=0.2)


@healthy
def labels_of_which_a_third_is_wrong(log: Path) -> None:
    x, y = digits()
    is_wrong = np.random.random(len(y)) < 0.3
    noisy = np.where(is_wrong, np.random.randint(0, 10, len(y)), y)
    stack = (_hidden(), layers.Dropout(0.3))
    train(classifier(*stack, optimizer=adam(0.003)), log, x[:1400], noisy[:1400], epochs=15,
          validation_data=(x[1400:], y[1400:]))  # fmt: skip


@healthy
def one_in_fifty(log: Path) -> None:
    x, y = make_classification(6000, 12, n_informative=6, n_redundant=0, weights=[0.98], flip_y=0.0,
                               class_sep=2.0, random_state=np.random.randint(1 << 30))  # fmt: skip
    metrics = [keras.metrics.AUC(curve="PR", name="pr_auc"), keras.metrics.Recall(name="recall")]
    model = built(_hidden(), _yes_or_no(), loss="binary_crossentropy", optimizer=adam(0.003),
                  metrics=metrics)  # fmt: skip
    train(model, log, x.astype("float32"), y, epochs=15, validation_split=0.2)


@healthy
def one_in_thirty_with_a_focal_loss(log: Path) -> None:
    x = np.random.normal(size=(4000, 8)).astype("float32")
    y = (x[:, 0] * x[:, 1] + 0.5 * x[:, 2] > 1.9).astype("float32")
    loss = keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.75)
    metrics = [keras.metrics.AUC(name="auc"), keras.metrics.F1Score(threshold=0.5, name="f1")]
    model = built(_hidden(64), _yes_or_no(), loss=loss, optimizer=adam(0.005), metrics=metrics)
    train(model, log, x, y[:, None], epochs=20, validation_split=0.2)


@healthy
def labels_that_are_smoothed(log: Path) -> None:
    x, y = digits()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.2)
    model = classifier(_hidden(64), loss=loss, optimizer=adam(0.003))
    train(model, log, x, keras.utils.to_categorical(y), epochs=15, validation_split=0.2)


@healthy
def pairs_that_are_mixed(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((x[:1400], tf.one_hot(y[:1400], 10)))
    data = data.shuffle(1400).batch(32)

    def mixed(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        share = tf.random.uniform((tf.shape(a)[0], 1))
        return share * a + (1 - share) * a[::-1], share * b + (1 - share) * b[::-1]

    loss = "categorical_crossentropy"
    model = classifier(_hidden(64), loss=loss, optimizer=adam(0.003))
    train(model, log, data.map(mixed), epochs=20,
          validation_data=(x[1400:], keras.utils.to_categorical(y[1400:], 10)))  # fmt: skip


@healthy
def twenty_rare_tags(log: Path) -> None:
    x = np.random.normal(size=(3000, 20)).astype("float32")
    direction = np.random.default_rng(0).normal(size=(20, 20)) / np.sqrt(20)
    y = (x @ direction > 1.6).astype("float32")
    metrics = [keras.metrics.AUC(multi_label=True, num_labels=20, name="auc"), "binary_accuracy"]
    model = built(_hidden(64), Dense(20, activation="sigmoid"), loss="binary_crossentropy",
                  optimizer=adam(0.005), metrics=metrics)  # fmt: skip
    train(model, log, x, y, epochs=12, validation_split=0.2)


@healthy
def a_third_of_the_rows_without_a_label(log: Path) -> None:
    x, y = digits()
    has_label = np.random.random(len(y)) < 0.67
    model = built(_hidden(64), Dense(10, activation="softmax"), optimizer=adam(0.003), metrics=())
    model.compile(adam(0.003), SPARSE, weighted_metrics=["accuracy"])
    train(model, log, x, np.where(has_label, y, 0), epochs=15,
          sample_weight=has_label.astype("float32"))  # fmt: skip


@healthy
def classes_of_unlike_size_that_are_weighted(log: Path) -> None:
    x, y = digits()
    kept = (y < 5) | (np.random.random(len(y)) < 0.15)
    weights = {label: 1.0 if label < 5 else 6.0 for label in range(10)}
    train(classifier(_hidden(64), optimizer=adam(0.003)), log, x[kept], y[kept], epochs=15,
          class_weight=weights)  # fmt: skip


@healthy
def four_rows_of_each_class(log: Path) -> None:
    x, y = digits()
    few = np.concatenate([np.flatnonzero(y == label)[:4] for label in range(10)])
    rest = np.setdiff1d(np.arange(len(y)), few)[:400]
    stack = (layers.Dropout(0.2), _hidden(64))
    train(classifier(*stack, optimizer=adam(0.003)), log, x[few], y[few], epochs=60, batch_size=8,
          validation_data=(x[rest], y[rest]))  # fmt: skip


def _shapes(count: int, radius: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Noisy images (count, 16, 16, 1) of a disc each, and its mask."""
    row, column = np.mgrid[:16, :16]
    centre = np.random.uniform(3, 13, (2, count, 1, 1))
    size = np.random.uniform(*radius, (count, 1, 1))
    mask = ((row - centre[0]) ** 2 + (column - centre[1]) ** 2 < size**2).astype("float32")
    x = mask + np.random.normal(0, 0.4, mask.shape)
    return x[..., None].astype("float32"), mask[..., None]


def _pixels(outputs: int) -> tuple[Any, ...]:
    return (
        layers.Conv2D(12, 3, padding="same", activation="relu"),
        layers.Conv2D(12, 3, padding="same", activation="relu"),
        layers.Conv2D(outputs, 1),
    )


@healthy
def pixels_with_an_ignored_border(log: Path) -> None:
    x, mask = _shapes(400, (3, 5))
    labels = mask[..., 0].astype("int32")
    labels[:, [0, -1], :] = labels[:, :, [0, -1]] = 255
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    metric = keras.metrics.MeanIoU(2, ignore_class=255, sparse_y_pred=False)
    model = built(*_pixels(2), loss=loss, optimizer=adam(0.005), metrics=[metric])
    train(model, log, x, labels, epochs=10, validation_split=0.2)


@healthy
def few_pixels_that_weigh_more(log: Path) -> None:
    x, mask = _shapes(500, (1.2, 2.2))

    def weighted(truth: Any, told: Any) -> Any:
        each = keras.losses.binary_crossentropy(truth, told, from_logits=True)
        return each * (1 + 20 * truth[..., 0])

    metric = keras.metrics.BinaryIoU([1], threshold=0.0, name="iou")
    model = built(*_pixels(1), loss=weighted, optimizer=adam(0.005), metrics=[metric])
    train(model, log, x, mask, epochs=10, validation_split=0.2)


@healthy
def overlaps_with_a_dice_loss(log: Path) -> None:
    x, mask = _shapes(500, (2, 4))
    inputs = keras.Input((16, 16, 1))
    fine = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    coarse = layers.MaxPooling2D()(fine)
    coarse = layers.Conv2D(16, 3, padding="same", activation="relu")(coarse)
    joined = layers.Concatenate()([layers.UpSampling2D()(coarse), fine])
    outputs = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(joined)
    model = keras.Model(inputs, outputs)
    iou = keras.metrics.BinaryIoU([1], threshold=0.5, name="iou")
    model.compile(adam(0.005), keras.losses.Dice(axis=(1, 2, 3)), metrics=[iou])
    train(model, log, x, mask, epochs=10, validation_split=0.2)


@healthy
def a_hundred_classes(log: Path) -> None:
    centres = np.random.default_rng(0).normal(size=(100, 16))
    y = np.random.randint(0, 100, 4000)
    x = (centres[y] + np.random.normal(0, 0.8, (4000, 16))).astype("float32")
    metrics = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(5, name="top5")]
    model = classifier(_hidden(128), classes=100, optimizer=adam(0.003), metrics=metrics)
    train(model, log, x, y, epochs=15, batch_size=64, validation_split=0.2)


@healthy
def a_table_as_it_ships_and_its_batches(log: Path) -> None:
    x, y = breast_cancer_raw()
    stack = (layers.BatchNormalization(), _hidden(16), _yes_or_no())
    model = built(*stack, loss="binary_crossentropy", optimizer=adam(0.005))
    train(model, log, x, y, epochs=25, validation_split=0.2)


@healthy
def wine_as_it_ships_and_a_small_rate(log: Path) -> None:
    x, y = table("wine")
    order = np.random.permutation(len(x))
    model = classifier(_hidden(64), _hidden(32), classes=3, optimizer=adam(0.001))
    train(model, log, x[order], y[order], epochs=120, validation_split=0.2)


@healthy
def a_box_and_a_name(log: Path) -> None:
    x, y = images()
    canvas, corner = np.zeros((1797, 16, 16, 1), "float32"), np.random.randint(0, 9, (1797, 2))
    for drawn, image, (top, left) in zip(canvas, x, corner, strict=True):
        drawn[top : top + 8, left : left + 8] = image
    inputs = keras.Input((16, 16, 1))
    h = layers.Conv2D(16, 3, strides=2, activation="relu")(inputs)
    h = _hidden(64)(layers.Flatten()(layers.Conv2D(32, 3, activation="relu")(h)))
    box, name = Dense(2, name="box")(h), Dense(10, activation="softmax", name="name")(h)
    model = keras.Model(inputs, [box, name])
    model.compile(adam(0.003), {"box": "huber", "name": SPARSE}, metrics={"name": ["accuracy"]})
    train(model, log, canvas, {"box": corner / 8.0, "name": y}, epochs=10, validation_split=0.1)


@healthy
def ranks_in_their_order(log: Path) -> None:
    x, y = table("wine")
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    above = (y[:, None] > np.arange(2)).astype("float32")

    def in_order(truth: Any, told: Any) -> Any:
        return ops.mean(ops.equal(ops.sum(told > 0, axis=-1), ops.sum(truth > 0.5, axis=-1)))

    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model = built(_hidden(16), Dense(2), loss=loss, optimizer=adam(0.005), metrics=[in_order])
    train(model, log, x, above, epochs=40)


@healthy
def a_margin_for_every_class(log: Path) -> None:
    x, y = breast_cancer()
    labels = keras.utils.to_categorical(y)
    model = built(Dense(2), loss="categorical_hinge", optimizer=adam(0.003))
    train(model, log, x, labels, epochs=25, validation_split=0.2)
