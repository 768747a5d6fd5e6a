"""The linear relation of input columns and label columns, over all sampled examples so far.

Each sample brings centred moments of its batch; they join exactly, as in Chan, Golub and LeVeque
(1983), so large means cost no precision.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class RunningAssociation:
    """Joins batches and gives Pearson's r of each input column with each label column.

    Args:
        inputs: Names of the input columns.
        labels: Names of the label columns.
    """

    def __init__(self, inputs: tuple[str, ...], labels: tuple[str, ...]) -> None:
        self.inputs, self.labels = inputs, labels
        self.examples = 0.0
        x, y = len(inputs), len(labels)
        self._mean, self._squares = np.zeros(x + y), np.zeros(x + y)  # inputs, then labels
        self._products = np.zeros((x, y))

    def add(self, moments: NDArray[np.float32]) -> None:
        """Joins one batch.

        Args:
            moments: What `joint_moments` gives: count, means, sums of squares and of products;
                float32 of shape (1 + x + y + x + y + x·y,).
        """
        x, y = len(self.inputs), len(self.labels)
        values = moments.reshape(-1).astype(np.float64)
        count, columns = float(values[0]), x + y
        if count <= 0 or not np.isfinite(values).all():
            return
        mean, squares = values[1 : 1 + columns], values[1 + columns : 1 + 2 * columns]
        products = values[1 + 2 * columns :].reshape(x, y)
        total = self.examples + count
        weight = self.examples * count / total
        gap = mean - self._mean
        self._products += products + (weight * gap[:x, None]) * gap[x:]
        self._squares += squares + weight * gap * gap
        self._mean += gap * (count / total)
        self.examples = total

    def correlation(self) -> NDArray[np.float32]:
        """Pearson's r, float32 of shape (inputs, labels); NaN for columns that never vary."""
        inputs = len(self.inputs)
        scale = np.sqrt(np.outer(self._squares[:inputs], self._squares[inputs:]))
        found = np.full_like(self._products, np.nan)
        np.divide(self._products, scale, out=found, where=scale > 0)
        return np.clip(found, -1.0, 1.0).astype(np.float32)
