"""The activation of a layer's output."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.keras.compat import is_a

# Layers that pass an activation on unchanged.
TRANSPARENT = ("Flatten", "Reshape", "Permute", "Dropout", "InputLayer", "Identity")


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
    name = getattr(function, "__name__", type(function).__name__)
    return str(name)
