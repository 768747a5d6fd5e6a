"""Small real data sets that ship with scikit-learn, scaled as a careful person would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def digits() -> tuple[Floats, Ints]:
    """1 797 images of 8 × 8 pixels: x (1797, 64) in [0, 1], y (1797,) in 0..9."""
    x, y = datasets.load_digits(return_X_y=True)
    return (x / 16).astype("float32"), y.astype("int64")


def breast_cancer_raw() -> tuple[Floats, Ints]:
    """As it ships: x (569, 30) with scales from .004 to 900, y (569,) in 0..1."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return x.astype("float32"), y.astype("int64")


def breast_cancer() -> tuple[Floats, Ints]:
    """The same with every feature standardised."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return standardised(x), y.astype("int64")


def diabetes() -> tuple[Floats, Floats]:
    """A regression: x (442, 10) and y (442,), both standardised."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return standardised(x), standardised(y)


def standardised(values: NDArray[np.floating]) -> Floats:
    """Every column with mean 0 and standard deviation 1; shape unchanged."""
    return ((values - values.mean(axis=0)) / values.std(axis=0)).astype("float32")
