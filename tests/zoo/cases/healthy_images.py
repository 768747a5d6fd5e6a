"""Images that are learned, in many nets."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from tests.zoo.building import (
    Dense,
    adam,
    built,
    classifier,
    digits,
    images,
    layers,
    train,
)
from tests.zoo.program import healthy


@healthy
def pixels_up_to_16(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(64, activation="relu")), log, 16 * x, y)


@healthy
def bytes_that_the_model_rescales(log: Path) -> None:
    x, y = images()
    stack = (layers.Rescaling(1 / 255), layers.Conv2D(16, 3, activation="relu"), layers.Flatten())
    train(classifier(*stack), log, (254 * x).astype("uint8"), y, epochs=25)


@healthy
def one_hot_labels(log: Path) -> None:
    x, y = digits()
    model = classifier(Dense(64, activation="gelu"), loss="categorical_crossentropy")
    train(model, log, x, keras.utils.to_categorical(y))


@healthy
def several_labels_at_once(log: Path) -> None:
    x, y = digits()
    labels = np.stack([y % 2 == 0, y > 4, np.isin(y, [0, 6, 8, 9])], axis=1).astype("float32")
    stack = (Dense(64, activation="relu"), Dense(3, activation="sigmoid"))
    train(built(*stack, loss="binary_crossentropy"), log, x, labels)


@healthy
def class_numbers_as_floats(log: Path) -> None:
    x, y = digits()
    train(classifier(Dense(64, activation="relu")), log, x, y.astype("float32")[:, None])


@healthy
def digits_with_smoothed_labels(log: Path) -> None:
    x, y = digits()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model = classifier(Dense(64, activation="relu"), loss=loss)
    train(model, log, x, keras.utils.to_categorical(y), epochs=20)


@healthy
def logits_that_are_told(log: Path) -> None:
    x, y = digits()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(built(Dense(64, activation="relu"), Dense(10), loss=loss), log, x, y, epochs=20)


@healthy
def a_softmax_layer_of_its_own(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10), layers.Activation("softmax"))
    train(built(*stack), log, x, y, epochs=20)


@healthy
def logits_by_mistake_that_keras_puts_right(log: Path) -> None:
    x, y = digits()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(classifier(Dense(64, activation="relu"), loss=loss), log, x, y, epochs=20)


@healthy
def sigmoids_that_share(log: Path) -> None:
    x, y = digits()
    stack = (Dense(64, activation="relu"), Dense(10, activation="sigmoid"))
    train(built(*stack), log, x, y, epochs=20)


@healthy
def pixels_that_are_ignored(log: Path) -> None:
    x, _ = images()
    masks = np.where(x[..., 0] > 0.4, 1, 0)
    masks[:, 0] = 255  # a border without a label
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    stack = (layers.Conv2D(8, 3, padding="same", activation="relu"), layers.Conv2D(2, 1),
             layers.Softmax())  # fmt: skip
    train(built(*stack, loss=loss, optimizer=adam(0.01), metrics=()), log, x, masks, epochs=15)


@healthy
def half_of_the_weights_are_0(log: Path) -> None:
    x, y = digits()
    weights = (np.arange(len(y)) % 2).astype("float32")
    model = classifier(Dense(64, activation="relu"))
    train(model, log, x, y, sample_weight=weights, epochs=25)


@healthy
def an_output_that_is_only_watched(log: Path) -> None:
    x, y = digits()
    inputs = keras.Input((64,))
    h = Dense(64, activation="relu")(inputs)
    outputs = [Dense(10, activation="softmax", name=name)(h) for name in ("digit", "watched")]
    model = keras.Model(inputs, outputs)
    sparse = "sparse_categorical_crossentropy"
    model.compile("adam", [sparse] * 2, loss_weights=[1.0, 0.0], metrics=[["accuracy"]] * 2)
    train(model, log, x, [y, y], epochs=20)


@healthy
def convolutions(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.Flatten(),
    )  # fmt: skip
    train(classifier(*stack), log, x, y, epochs=20, validation_split=0.2)


@healthy
def normalisation_dropout_momentum(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(16, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(),
        layers.Dropout(0.5),
    )  # fmt: skip
    model = classifier(*stack, optimizer=keras.optimizers.SGD(0.05, momentum=0.9))
    train(model, log, x, y, epochs=20, validation_split=0.2)


@healthy
def residual_blocks(log: Path) -> None:
    x, y = images()
    inputs = keras.Input((8, 8, 1))
    h = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    for _ in range(4):
        block = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(h))
        h = layers.ReLU()(layers.Add()([h, block]))
    outputs = Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(h))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=10, validation_split=0.2)


@healthy
def a_frozen_base(log: Path) -> None:
    x, y = digits()
    base = keras.Sequential(
        [keras.Input((64,)), Dense(64, activation="relu"), Dense(64, activation="relu")]
    )
    base.trainable = False
    train(classifier(base, optimizer=adam(0.01)), log, x, y, epochs=20)
