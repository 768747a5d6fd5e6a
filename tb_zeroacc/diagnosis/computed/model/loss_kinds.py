"""Which losses are of which kind, by Keras' canonical names."""

from __future__ import annotations

CROSS_ENTROPIES = frozenset(
    {
        "binary_crossentropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
    }
)
BINARY = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
# Losses of probabilities or logits, with labels between 0 and 1 or class numbers.
CLASS_LOSSES = CROSS_ENTROPIES | BINARY | {"categorical_focal_crossentropy"}
# Those that compare one distribution over the units with the label.
CATEGORICAL = CLASS_LOSSES - BINARY
REGRESSION = frozenset(
    {
        "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error", "huber", "log_cosh",
    }
)  # fmt: skip
SQUARED = frozenset({"mean_squared_error"})
ABSOLUTE = frozenset({"mean_absolute_error"})
