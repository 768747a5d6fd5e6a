"""The activation of a layer's output."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.keras.compat import is_a

# Layers that pass an activation on unchanged.
TRANSPARENT = ("Flatten", "Reshape", "Permute", "Dropout", "InputLayer", "Identity")
NAMELESS = "<lambda>"
# The activation of an output by the type of the operation that computes it.
_OPERATIONS = {
    "Softmax": "softmax", "Sigmoid": "sigmoid", "Tanh": "tanh", "Relu": "relu", "Relu6": "relu6",
    "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Softplus": "softplus",
    "Softsign": "softsign", "BiasAdd": "linear", "MatMul": "linear", "AddV2": "linear",
    "Add": "linear",
}  # fmt: skip
# Operations that pass values on, in another shape or dtype.
PASSING = frozenset({"Identity", "Reshape", "Squeeze", "ExpandDims", "Cast", "StopGradient"})


def activation_of(layer: Any) -> str | None:
    """Name of the activation of a layer's output, `linear` if the layer was given none.

    None for a layer without the argument, such as a normalisation.
    """
    if is_a(layer, "ReLU"):
        plain = not layer.negative_slope and not layer.threshold
        return ("relu6" if layer.max_value == 6 else "relu") if plain else "leaky_relu"
    if is_a(layer, "Softmax"):
        return "softmax"
    function = getattr(layer, "activation", None)
    if function is None or not callable(function):
        return None
    if is_a(function, "Layer"):
        return activation_of(function)
    function = getattr(function, "func", function)  # of a functools.partial
    name = str(getattr(function, "__name__", type(function).__name__))
    return name.removesuffix("_v2")  # tf.nn.softmax


def by_operation(tensor: Any) -> str | None:
    """The activation by the operation that computes a traced tensor; None if it is unknown."""
    operation = getattr(tensor, "op", None) if hasattr(tensor, "graph") else None
    for _ in range(8):
        if operation is None or operation.type not in PASSING or not operation.inputs:
            break
        operation = operation.inputs[0].op
    return None if operation is None else _OPERATIONS.get(operation.type)
