"""Programs with two or three faults at once, each of which has to be named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from demo.data import breast_cancer_raw
from tb_zeroacc import tap
from tests.zoo.building import (
    Dense,
    adam,
    breast_cancer,
    built,
    classifier,
    diabetes,
    digits,
    images,
    layers,
    table,
    train,
)
from tests.zoo.loops import loop
from tests.zoo.program import Program, Train, faulty

SGD = keras.optimizers.SGD


def at_once(*codes: str, beside: tuple[str, ...] = ()) -> Callable[[Train], Program]:
    """A program with several faults: any of them may stand first, and each must be named."""
    return faulty(*codes, also=codes, beside=beside)


# --- two ------------------------------------------------------------------------------------------


@at_once("ZA401", "ZA702")
def accuracy_of_numbers_at_a_rate_of_nothing(log: Path) -> None:
    x, y = diabetes()
    model = built(Dense(16, activation="relu"), Dense(1), loss="mse", optimizer=adam(1e-7))
    train(model, log, x, y, epochs=20)


@at_once("ZA303", "ZA104")
def logits_of_a_table_as_it_ships(log: Path) -> None:
    x, y = table("wine")
    model = built(Dense(16, activation="relu"), Dense(3), optimizer=adam(0.003))
    train(model, log, x, y, epochs=25)


@at_once("ZA301", "ZA402")
def one_softmax_and_equality(log: Path) -> None:
    x, y = breast_cancer()
    model = built(
        Dense(16, activation="relu"), Dense(1, activation="softmax"), loss="binary_crossentropy",
        metrics=[keras.metrics.Accuracy()],
    )  # fmt: skip
    train(model, log, x, y)


@at_once("ZA108", "ZA609")
def a_heavy_penalty_and_validation_in_bytes(log: Path) -> None:
    x, y = images()
    penalty = keras.regularizers.L2(5.0)
    stack = (layers.Flatten(), Dense(48, activation="relu", kernel_regularizer=penalty))
    train(classifier(*stack), log, x[:1400], y[:1400], validation_data=(255 * x[1400:], y[1400:]))


@at_once("ZA205", "ZA607")
def sorted_digits_before_a_frozen_model(log: Path) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    model = classifier(Dense(64, activation="relu"))
    for layer in model.layers:
        layer.trainable = False
    train(model, log, x[order], y[order], validation_split=0.2, epochs=8)


@at_once("ZA101", "ZA201", beside=("ZA501",))
def gaps_in_the_table_and_labels_of_minus_one(log: Path) -> None:
    x, y = breast_cancer()
    x[np.random.default_rng(1).uniform(size=len(x)) < 0.01, 3] = np.nan
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, 2.0 * y - 1, epochs=6)


@at_once("ZA106", "ZA204")
def one_batch_for_ever_and_labels_as_shares(log: Path) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield x[:32], y[:32] / 10

    x, y = digits()
    model = classifier(Dense(64, activation="relu"))
    train(model, log, batches(), steps_per_epoch=40, epochs=8, validation_data=(x[900:], y[900:]))


@at_once("ZA307", "ZA401")
def relu_for_negative_numbers_by_accuracy(log: Path) -> None:
    x, y = diabetes()
    given = keras.Input((10,))
    told = Dense(1, activation="relu")(Dense(16, activation="relu")(given))
    model = keras.Model(given, told)
    model.compile("adam", "mse", metrics=["accuracy"])
    train(model, log, x, y, epochs=20, validation_split=0.2)


@at_once("ZA306", "ZA104")
def sigmoid_for_numbers_of_raw_columns(log: Path) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(900, 6)) * [1e5, 1, 1, 1e-2, 1, 1e3]
    y = x[:, 1] - x[:, 2]
    stack = (Dense(32, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="mse", metrics=["mae"])
    train(model, log, x.astype("float32"), y.astype("float32"))


@at_once("ZA310", "ZA601")
def ten_coins_that_begin_alike(log: Path) -> None:
    x, y = digits()
    start = keras.initializers.Constant(0.05)
    model = built(
        Dense(32, activation="relu", kernel_initializer=start),
        Dense(10, activation="softmax", kernel_initializer=start), loss="binary_crossentropy",
    )  # fmt: skip
    train(model, log, x, keras.utils.to_categorical(y))


@at_once("ZA308", "ZA607")
def squares_of_class_numbers_over_a_frozen_body(log: Path) -> None:
    x, y = images()
    body = keras.Sequential(
        [layers.Conv2D(4, 3, activation="tanh"), layers.Flatten(), Dense(2, activation="tanh")]
    )
    body.trainable = False
    model = built(body, Dense(1), loss="mse", optimizer=adam(0.003), metrics=["mae"])
    train(model, log, x, y, validation_split=0.2)


@at_once("ZA210", "ZA303")
def logits_for_shares_and_weights_of_nothing(log: Path) -> None:
    x, y = digits()
    model = built(Dense(64, activation="relu"), Dense(10))
    train(model, log, x, y, sample_weight=np.zeros(len(y), "float32"), epochs=8)


@at_once("ZA109", "ZA312")
def scaled_twice_and_softmax_twice(log: Path) -> None:
    x, y = digits()
    data = tf.data.Dataset.from_tensor_slices((255 * x, y)).shuffle(1797)
    data = data.map(lambda a, b: (a / 255, b)).apply(tap("scaled"))
    data = data.map(lambda a, b: (a / 255, b)).apply(tap("scaled by the loader"))
    stack = (Dense(64, activation="relu"), Dense(10, activation="softmax"), layers.Softmax())
    train(built(*stack), log, data.batch(32))


@at_once("ZA110", "ZA303")
def one_pass_of_logits(log: Path) -> None:
    x, y = digits()
    batches = zip(np.array_split(x, 50), np.array_split(y, 50), strict=True)
    model = built(Dense(64, activation="relu"), Dense(10))
    train(model, log, ((a, b) for a, b in batches), steps_per_epoch=50, epochs=5)


@at_once("ZA102", "ZA202")
def a_prepared_store_that_was_never_filled(log: Path) -> None:
    x, y = np.zeros((1500, 8, 8, 1), "float32"), np.zeros(1500, "int64")
    stack = (layers.Conv2D(8, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, tf.data.Dataset.from_tensor_slices((x, y)).batch(32), epochs=6)


@at_once("ZA504", "ZA402")
def a_dead_layer_by_the_wrong_accuracy(log: Path) -> None:
    x, y = digits()
    below = keras.initializers.Constant(-30.0)
    model = classifier(
        Dense(64, activation="relu", bias_initializer=below), loss="categorical_crossentropy",
        metrics=[keras.metrics.Accuracy()],
    )  # fmt: skip
    train(model, log, x, keras.utils.to_categorical(y))


@at_once("ZA206", "ZA312")
def labels_of_others_and_softmax_twice(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10, activation="softmax"), layers.Softmax())
    model = built(*stack, optimizer=adam(0.003))
    train(model, log, x, np.random.permutation(y), epochs=25, validation_split=0.2)


@at_once("ZA313", "ZA702")
def a_row_from_a_column_at_a_crawl(log: Path) -> None:
    def loss(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.square(labels - outputs))

    x, y = diabetes()
    model = keras.Sequential([Dense(16, activation="relu"), Dense(1)])
    loop(model, log, x, y, loss, optimizer=adam(1e-8), epochs=15)


@at_once("ZA505", "ZA111")
def steep_tanh_over_sorted_digits(log: Path) -> None:
    x, y = digits()
    order = np.argsort(y, kind="stable")
    wide = keras.initializers.RandomNormal(stddev=4.0)
    stack = [Dense(32, activation="tanh", kernel_initializer=wide) for _ in range(2)]
    model = classifier(*stack, optimizer=SGD(0.05))
    train(model, log, x[order], y[order], shuffle=False)


@at_once("ZA707", "ZA203")
def a_rare_class_at_a_rate_that_has_gone(log: Path) -> None:
    rng = np.random.default_rng(3)
    y = (np.arange(3000) % 50 == 0).astype("int32")
    x = (rng.normal(size=(3000, 8)) + y[:, None]).astype("float32")
    falling = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=0.97)
    stack = (Dense(16, activation="relu"), Dense(1, activation="sigmoid"))
    model = built(*stack, loss="binary_crossentropy", optimizer=SGD(falling))
    train(model, log, x, y)


# --- three ----------------------------------------------------------------------------------------


@at_once("ZA104", "ZA303", "ZA402", beside=("ZA103",))
def a_raw_table_logits_and_equality(log: Path) -> None:
    x, y = breast_cancer_raw()
    model = built(
        Dense(16, activation="relu"), Dense(1), loss="binary_crossentropy",
        metrics=[keras.metrics.Accuracy()],
    )  # fmt: skip
    train(model, log, x, y)


@at_once("ZA306", "ZA401", "ZA702")
def tanh_for_numbers_by_accuracy_at_a_crawl(log: Path) -> None:
    x, y = diabetes()
    stack = (Dense(16, activation="relu"), Dense(1, activation="tanh"))
    train(built(*stack, loss="mae", optimizer=SGD(1e-6)), log, x, 10 * y, epochs=20)


@at_once("ZA108", "ZA205", "ZA303")
def sorted_logits_and_validation_in_bytes(log: Path) -> None:
    x, y = images()
    order = np.argsort(y, kind="stable")
    seen, told = order[:1400], order[1400:]
    model = built(layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), Dense(10))
    train(model, log, x[seen], y[seen], validation_data=(255 * x[told], y[told]), epochs=8)


@at_once("ZA103", "ZA310", "ZA601", beside=("ZA107",))
def bytes_coins_and_weights_of_one_value(log: Path) -> None:
    x, y = digits()
    start = keras.initializers.Constant(0.1)
    hidden = Dense(32, activation="relu", kernel_initializer=start)
    told = Dense(10, activation="softmax", kernel_initializer=start)
    model = built(hidden, told, loss="binary_crossentropy", optimizer=SGD(0.1))
    train(model, log, 4000 * x, keras.utils.to_categorical(y))


@at_once("ZA106", "ZA204", "ZA303")
def one_batch_of_shares_and_logits(log: Path) -> None:
    class Read(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 40

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return x[:32], y[:32] / 255

    x, y = digits()
    model = built(Dense(32, activation="tanh"), Dense(10))
    train(model, log, Read(), epochs=8, validation_data=(x[900:], y[900:] / 255))
