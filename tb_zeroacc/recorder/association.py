"""The linear relation of input columns and label columns, over all sampled examples so far.

Each sample brings centred moments of its batch; they join exactly, as in Chan, Golub and LeVeque
(1983), so large means cost no precision.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Association:
    """Joins batches and gives Pearson's r of each input column with each label column.

    Args:
        inputs: Names of the input columns.
        labels: Names of the label columns.
    """

    def __init__(self, inputs: tuple[str, ...], labels: tuple[str, ...]) -> None:
        self.inputs, self.labels = inputs, labels
        self.examples = 0.0
        x, y = len(inputs), len(labels)
        self._x_mean, self._y_mean = np.zeros(x), np.zeros(y)
        self._x_squares, self._y_squares = np.zeros(x), np.zeros(y)
        self._products = np.zeros((x, y))

    def add(self, moments: NDArray[np.float32]) -> None:
        """Joins one batch: count, means, sums of squares and of products, as the graph gave them.

        Args:
            moments: float32, flat: 1 + x + y + x + y + x·y values.
        """
        x, y = len(self.inputs), len(self.labels)
        values = moments.astype(np.float64).ravel()
        count = float(values[0])
        if count <= 0 or not np.isfinite(values).all():
            return
        x_mean, y_mean, x_squares, y_squares, products = np.split(
            values[1:], np.cumsum([x, y, x, y])
        )
        total = self.examples + count
        weight = self.examples * count / total
        x_gap, y_gap = x_mean - self._x_mean, y_mean - self._y_mean
        self._products += products.reshape(x, y) + weight * np.outer(x_gap, y_gap)
        self._x_squares += x_squares + weight * x_gap**2
        self._y_squares += y_squares + weight * y_gap**2
        self._x_mean += x_gap * count / total
        self._y_mean += y_gap * count / total
        self.examples = total

    def correlation(self) -> NDArray[np.float32]:
        """Pearson's r, float32 of shape (inputs, labels); NaN for columns that never vary."""
        scale = np.sqrt(np.outer(self._x_squares, self._y_squares))
        found = np.full_like(self._products, np.nan)
        np.divide(self._products, scale, out=found, where=scale > 0)
        return np.clip(found, -1.0, 1.0).astype(np.float32)
