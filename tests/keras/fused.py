"""Models in which a compiler fuses a layer's output with what follows, unless it is returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tests.keras.models import classes, features, layers


def _head(x: Any, inputs: Any, classes: int = 3) -> keras.Model:
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", name="out")(x))


def _rows(middle: Callable[[Any], Any]) -> keras.Model:
    inputs = keras.Input((16,))
    return _head(middle(inputs), inputs)


def _pictures(middle: Callable[[Any], Any]) -> keras.Model:
    inputs = keras.Input((8, 8, 4))
    return _head(layers.GlobalAveragePooling2D()(middle(inputs)), inputs)


def _convolved(x: Any, filters: int = 8, *, bias: bool = False) -> Any:
    return layers.Conv2D(filters, 3, padding="same", use_bias=bias)(x)


def _normalised(x: Any) -> Any:
    return layers.BatchNormalization()(_convolved(x))


def _residual_block(x: Any) -> Any:
    x = _convolved(x)
    return layers.ReLU()(layers.Add()([x, _normalised(x)]))


def _dense_blocks(x: Any) -> Any:
    for _ in range(3):
        new = _convolved(layers.ReLU()(layers.BatchNormalization()(x)), 4, bias=True)
        x = layers.Concatenate()([x, new])
    return x


def _attention(x: Any) -> Any:
    x = layers.Reshape((4, 4))(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)])
    x = layers.LayerNormalization()(x)
    return layers.Flatten()(layers.Dropout(0.2, seed=1)(layers.Dense(4, activation="gelu")(x)))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "dense, then tanh": lambda: _rows(lambda x: layers.Activation("tanh")(layers.Dense(16)(x))),
    "dense, then elu": lambda: _rows(lambda x: layers.ELU()(layers.Dense(16)(x))),
    "dense, then sigmoid": lambda: _rows(
        lambda x: layers.Activation("sigmoid")(layers.Dense(16)(x))
    ),
    "dense, then added": lambda: _rows(lambda x: layers.Add()([x, layers.Dense(16)(x)])),
    "attention": lambda: _rows(_attention),
    "dropout and normalisation": lambda: _rows(
        lambda x: layers.Dropout(0.3, seed=2)(
            layers.BatchNormalization()(layers.Dense(16, activation="gelu")(x))
        )
    ),
    "convolution, then gelu": lambda: _pictures(
        lambda x: layers.Activation("gelu")(_convolved(x, bias=True))
    ),
    "convolution normalised": lambda: _pictures(lambda x: layers.ReLU()(_normalised(x))),
    "residual block": lambda: _pictures(_residual_block),
    "dense blocks": lambda: _pictures(_dense_blocks),
}  # fmt: skip


def data_for(model: keras.Model, examples: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of a model's shape, and class ids that depend on them."""
    shape = model.input_shape[1:]
    x = features(examples, int(np.prod(shape)))
    return x.reshape(examples, *shape), classes(x)


def _signed(activation: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """A loss in which rounding is not lost beside a large mean."""
    return lambda y, outputs: keras.ops.mean(activation(outputs) * (2 * y[:, None] - 1), -1)


# Losses with which a compiler fuses the output of a last Dense layer, unless it is returned.
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "a sigmoid in the loss": _signed(keras.ops.sigmoid),
    "an elu in the loss": _signed(keras.ops.elu),
}


def with_loss(loss: Callable[[Any, Any], Any], **compiled: Any) -> keras.Model:
    """Two Dense layers, compiled with a loss that is fused with the second."""
    inputs = keras.Input((16,))
    outputs = layers.Dense(16, name="out")(layers.Dense(16, activation="relu")(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1), loss, **compiled)
    return model
