"""Programs that weight their classes: the wrong way round, without effect, and as is right."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.zoo.building import Dense, adam, breast_cancer, built, classifier, digits, train
from tests.zoo.program import faulty, healthy


def _patients(share: float, apart: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """2 000 rows of six columns, of which a share is of class 1."""
    rng = np.random.default_rng(41)
    y = (rng.uniform(size=2000) < share).astype("int32")
    return (rng.normal(size=(2000, 6)) + apart * y[:, None]).astype("float32"), y


def _binary(*metrics: str) -> keras.Model:
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    return built(*stack, loss="binary_crossentropy", metrics=["accuracy", *metrics])


@faulty("ZA212", beside=("ZA203", "ZA404"))
def the_two_weights_the_other_way_round(log: Path, rare: float = 1.0, common: float = 12.0) -> None:
    """Whoever wrote it took class 0 for the rare one."""
    x, y = _patients(0.12)
    train(_binary("auc"), log, x, y, epochs=10, class_weight={0: common, 1: rare})


@faulty("ZA212", beside=("ZA203", "ZA404"))
def weighted_by_the_names_of_a_file(log: Path, first: int = 1) -> None:
    """The classes of the file are numbered from 1, those of the labels from 0."""
    x, y = _patients(0.06, 0.6)
    weights = {first: 1.0, first + 1: 15.0}
    held_out = (x[1600:], y[1600:])
    train(_binary("recall"), log, x[:1600], y[:1600], class_weight=weights,
          validation_data=held_out, epochs=10)  # fmt: skip


@faulty("ZA212", beside=("ZA203", "ZA404"))
def shares_as_weights_of_four_kinds(log: Path, power: int = 1) -> None:
    rng = np.random.default_rng(42)
    y = rng.choice(4, 2400, p=[0.8, 0.1, 0.06, 0.04])
    middle = rng.normal(size=(4, 8))
    x = (rng.normal(size=(2400, 8)) + 0.7 * middle[y]).astype("float32")
    shares = np.bincount(y) / len(y)
    weights = dict(enumerate((shares**power / (shares**power).mean()).tolist()))
    model = classifier(
        Dense(24, activation="relu"), classes=4, loss="categorical_crossentropy",
        optimizer=adam(0.002),
    )  # fmt: skip
    one_hot = keras.utils.to_categorical(y, 4)
    train(model, log, x, one_hot, epochs=12, class_weight=weights, validation_split=0.2)


@faulty("ZA212", beside=("ZA203", "ZA404"))
def weights_looked_up_in_a_table_of_counts(log: Path, is_inverse: bool = False) -> None:
    x, y = _patients(0.1, 0.7)
    counts = np.bincount(y).astype("float32")
    weights = 1 / counts if is_inverse else counts
    weights = tf.constant(weights / weights.mean())
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(2000)
    data = data.map(lambda a, b: (a, b, tf.gather(weights, b))).batch(50)
    train(_binary(), log, data, epochs=10)


@faulty("ZA212", beside=("ZA203", "ZA404"))
def weights_under_the_names_of_the_classes(log: Path, is_named: bool = True) -> None:
    """Keras finds none of these keys among the labels, and weights nothing."""
    x, y = _patients(0.05, 0.6)
    weights = {"ok": 1.0, "broken": 19.0} if is_named else {0: 1.0, 1: 19.0}
    train(_binary("precision", "recall"), log, x, y, class_weight=weights, epochs=10)


@healthy
def cells_weighted_by_what_an_error_costs(log: Path) -> None:
    """The larger class counts more, on purpose: the two are far enough apart."""
    x, y = breast_cancer()
    model = built(Dense(16, activation="relu"), Dense(1, activation="sigmoid"),
                  loss="binary_crossentropy", optimizer=adam(0.003))  # fmt: skip
    train(model, log, x, y, epochs=20, class_weight={0: 1.0, 1: 2.5}, validation_split=0.2)


@healthy
def rare_digits_weighted_by_their_inverse(log: Path) -> None:
    x, y = digits()
    rng = np.random.default_rng(43)
    kept = (y < 5) | (rng.uniform(size=len(y)) < 0.25)
    x, y = x[kept], y[kept]
    weights = dict(enumerate((len(y) / 10 / np.bincount(y)).tolist()))
    model = classifier(Dense(64, activation="relu"), optimizer=adam(0.003))
    train(model, log, x, y, epochs=15, class_weight=weights, validation_split=0.2)


@healthy
def trust_that_the_common_kind_has_more_of(log: Path) -> None:
    """Weights are of examples: those of the common class were looked at by more people."""
    x, y = _patients(0.25, 1.4)
    rng = np.random.default_rng(44)
    trust = np.clip(rng.normal(np.where(y == 0, 1.2, 0.7), 0.25), 0.1, 2.0)
    data = tf.data.Dataset.from_tensor_slices((x, y, trust.astype("float32")))
    train(_binary("auc"), log, data.shuffle(2000).batch(32), epochs=15)
