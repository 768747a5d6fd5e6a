"""Medians of short curves; those of NumPy spend most of their time on checks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def median_of(values: NDArray[Any]) -> Any:
    """The median along the last axis, as `numpy.median` computes it.

    Args:
        values: Finite, of shape (..., points), one point at least.

    Returns:
        A number, or an array of shape (...).
    """
    middle, odd = divmod(values.shape[-1], 2)
    ordered = np.sort(values, axis=-1)
    if odd:
        return ordered[..., middle].copy()  # what is sorted need not be kept with it
    return 0.5 * (ordered[..., middle - 1] + ordered[..., middle])
