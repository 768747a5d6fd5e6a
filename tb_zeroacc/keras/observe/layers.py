"""The layers of a model that get a row in the tables."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.keras.compat import is_a

# These pass their input on, or hold no number that could go wrong.
SILENT = frozenset(
    {
        "ActivityRegularization", "AlphaDropout", "Cropping1D", "Cropping2D", "Cropping3D",
        "Dropout", "Flatten", "GaussianDropout", "Identity", "InputLayer", "Masking", "Permute",
        "RepeatVector", "Reshape", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
        "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
    }
)  # fmt: skip


def layers_of(model: Any) -> list[Any]:
    """All layers, down to the innermost, but containers and silent ones."""
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if not is_a(layer, "Model", "Metric")
        and type(layer).__name__ not in SILENT
        and not type(layer).__name__.endswith("Cell")
    ]
