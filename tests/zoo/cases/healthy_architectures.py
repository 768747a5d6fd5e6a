"""Programs that learn although their model begins or looks unusual."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

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
    train,
)
from tests.zoo.program import healthy

SGD = keras.optimizers.SGD


def _digits(log: Path, model: keras.Model, *, epochs: int = 15, **more: Any) -> None:
    x, y = digits()
    train(model, log, x, y, epochs=epochs, validation_split=0.2, **more)


@healthy
def a_last_layer_of_zeros(log: Path) -> None:
    last = Dense(10, activation="softmax", kernel_initializer="zeros")
    _digits(log, built(Dense(64, activation="relu"), last, optimizer=adam(0.003)))


@healthy
def branches_that_begin_at_nothing(log: Path) -> None:
    inputs = keras.Input((64,))
    h = Dense(32)(inputs)
    for _ in range(6):
        branch = Dense(64, activation="relu")(layers.LayerNormalization()(h))
        h = h + Dense(32, kernel_initializer="zeros")(branch)
    model = keras.Model(inputs, Dense(10, activation="softmax")(layers.LayerNormalization()(h)))
    model.compile(adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
    _digits(log, model, epochs=12)


@healthy
def twenty_residual_layers(log: Path) -> None:
    inputs = keras.Input((64,))
    h = Dense(32, activation="relu")(inputs)
    for _ in range(20):
        h = layers.Add()([h, Dense(32, activation="relu")(layers.BatchNormalization()(h))])
    model = keras.Model(inputs, Dense(10, activation="softmax")(layers.BatchNormalization()(h)))
    model.compile(adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
    _digits(log, model, epochs=12)


@healthy
def small_batches_normalised_with_momentum(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(12, 3), layers.BatchNormalization(momentum=0.9), layers.ReLU(),
        layers.Conv2D(12, 3), layers.BatchNormalization(momentum=0.9), layers.ReLU(),
        layers.GlobalAveragePooling2D(),
    )  # fmt: skip
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=8, batch_size=8,
          validation_split=0.2)  # fmt: skip


@healthy
def groups_of_channels_normalised(log: Path) -> None:
    x, y = images()
    stack = (
        layers.Conv2D(16, 3), layers.GroupNormalization(4), layers.Activation("swish"),
        layers.SeparableConv2D(32, 3), layers.GroupNormalization(4), layers.Activation("swish"),
        layers.Flatten(),
    )  # fmt: skip
    train(classifier(*stack, optimizer=adam(0.003)), log, x, y, epochs=12, validation_split=0.2)


@healthy
def half_of_the_units_dropped(log: Path) -> None:
    stack = (Dense(256, activation="relu"), layers.Dropout(0.5), Dense(256, activation="relu"),
             layers.Dropout(0.5))  # fmt: skip
    _digits(log, classifier(*stack, optimizer=adam(0.001)))


@healthy
def layers_that_normalise_themselves(log: Path) -> None:
    stack = []
    for _ in range(6):
        stack += [Dense(48, activation="selu", kernel_initializer="lecun_normal"),
                  layers.AlphaDropout(0.05)]  # fmt: skip
    _digits(log, classifier(*stack, optimizer=SGD(0.01, momentum=0.9)))


@healthy
def a_single_linear_layer(log: Path) -> None:
    _digits(log, classifier(optimizer=SGD(0.5)), epochs=20)


@healthy
def a_narrow_middle(log: Path) -> None:
    stack = (Dense(64, activation="relu"), Dense(3), Dense(64, activation="relu"))
    _digits(log, classifier(*stack, optimizer=adam(0.005)), epochs=12)


@healthy
def saturating_units_well_scaled(log: Path) -> None:
    stack = (Dense(64, activation="tanh"), Dense(64, activation="sigmoid"))
    _digits(log, classifier(*stack, optimizer=adam(0.005)), epochs=20)


def _pretrained(epochs: int) -> tuple[keras.Model, Any]:
    """A network that has learned the digits below 5, its last hidden layer, and the others."""
    x, y = digits()
    base = keras.Sequential(
        [keras.Input((64,)), Dense(96, activation="relu"), Dense(64, activation="relu")]
    )
    model = classifier(base, classes=5, optimizer=adam(0.003))
    model.fit(x[y < 5], y[y < 5], epochs=epochs, verbose=0)
    return base, (x[y > 4], y[y > 4] - 5)


@healthy
def a_frozen_backbone_and_a_new_head(log: Path) -> None:
    base, (x, y) = _pretrained(8)
    base.trainable = False
    train(classifier(base, classes=5, optimizer=adam(0.01)), log, x, y, epochs=15,
          validation_split=0.2)  # fmt: skip


@healthy
def a_backbone_tuned_at_a_small_rate(log: Path) -> None:
    base, (x, y) = _pretrained(8)
    base.trainable = False
    model = classifier(base, classes=5, optimizer=adam(0.01))
    model.fit(x, y, epochs=6, verbose=0)
    base.trainable = True
    model.compile(adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train(model, log, x, y, epochs=10, validation_split=0.2)


@healthy
def a_model_that_begins_almost_at_its_best(log: Path) -> None:
    x, y = breast_cancer()
    model = built(Dense(1, activation="sigmoid", kernel_regularizer=keras.regularizers.L2(0.001)),
                  loss="binary_crossentropy", optimizer=adam(0.02))  # fmt: skip
    model.fit(x, y, epochs=40, verbose=0)
    model.optimizer.learning_rate = 1e-4
    train(model, log, x, y, epochs=10)


class LowRank(layers.Layer):
    """Adds a product of two narrow kernels, one of zeros, to a frozen layer (E. Hu, 2021)."""

    def __init__(self, frozen: Dense) -> None:
        super().__init__()
        self.frozen = frozen
        frozen.trainable = False
        self.down, self.up = (
            Dense(4, use_bias=False),
            Dense(frozen.units, use_bias=False, kernel_initializer="zeros"),
        )

    def call(self, x: Any) -> Any:
        return ops.relu(self.frozen(x) + self.up(self.down(x)))


@healthy
def low_rank_changes_of_a_frozen_model(log: Path) -> None:
    base, (x, y) = _pretrained(6)
    for layer in base.layers:
        layer.activation = keras.activations.linear
    stack = [LowRank(layer) for layer in base.layers]
    train(classifier(*stack, classes=5, optimizer=adam(0.005)), log, x, y, epochs=15,
          validation_split=0.2)  # fmt: skip


@healthy
def experts_and_a_gate(log: Path) -> None:
    inputs = keras.Input((64,))
    gate = Dense(4, activation="softmax")(inputs)
    experts = [Dense(32, activation="relu")(inputs) for _ in range(4)]
    stacked = layers.Lambda(lambda each: ops.stack(each, axis=2))(experts)
    h = layers.Dot((2, 1))([stacked, gate])
    model = keras.Model(inputs, Dense(10, activation="softmax")(h))
    model.compile(adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    _digits(log, model)


@healthy
def weights_kept_at_unit_norm(log: Path) -> None:
    unit = keras.constraints.UnitNorm(axis=0)
    stack = (Dense(64, kernel_constraint=unit, activation="relu"), layers.UnitNormalization(),
             layers.Rescaling(8.0))  # fmt: skip
    _digits(log, classifier(*stack, optimizer=SGD(0.02, momentum=0.9)))


@healthy
def spectral_norms(log: Path) -> None:
    stack = (layers.SpectralNormalization(Dense(64)), layers.LeakyReLU(negative_slope=0.1))
    _digits(log, classifier(*stack, optimizer=adam(0.005)))


@healthy
def noise_on_the_way(log: Path) -> None:
    x, y = diabetes()
    stack = (layers.GaussianNoise(0.3), Dense(32, activation="elu"), layers.Dropout(0.3), Dense(1))
    train(built(*stack, loss="mse", optimizer=adam(0.003), metrics=["mae"]), log, x, y, epochs=40,
          validation_split=0.2)  # fmt: skip


@healthy
def patches_and_attention(log: Path) -> None:
    x, y = images()
    inputs = keras.Input((8, 8, 1))
    h = layers.Reshape((16, 32))(layers.Conv2D(32, 2, strides=2)(inputs))
    h = h + layers.Embedding(16, 32)(np.arange(16))
    for _ in range(2):
        normal = layers.LayerNormalization()(h)
        h = h + layers.MultiHeadAttention(2, 16)(normal, normal)
        h = h + Dense(32)(Dense(64, activation="gelu")(layers.LayerNormalization()(h)))
    h = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))
    model = keras.Model(inputs, Dense(10)(h))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(0.003), loss, metrics=["accuracy"])
    train(model, log, x, y, epochs=10, batch_size=64, validation_split=0.2)
