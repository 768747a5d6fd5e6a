"""Code of fixes that change the data, as `fit` is given them: arrays, or a dataset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
from tb_zeroacc.diagnosis.answers import Fix
from tb_zeroacc.run import Run
from tb_zeroacc.wording import number

_ARRAYS = (
    "+ mean, std = x_train.mean(axis=0), x_train.std(axis=0)\n"
    "- model.fit(x_train, y_train)\n"
    "+ model.fit((x_train - mean) / (std + 1e-8), y_train)"
)
_DATASET = (
    "+ scale = keras.layers.Normalization()\n"
    "+ scale.adapt(dataset.map(lambda x, *y: x))\n"
    "- model.fit(dataset)\n"
    "+ model.fit(dataset.map(lambda x, *y: (scale(x), *y)))"
)


def standardising(text: str, run: Run | None = None) -> Fix:
    """Standardises every feature of the inputs.

    Args:
        text: The sentence of the fix.
        run: None for code that supposes arrays.
    """
    return Fix(text, _DATASET if run is not None and is_fed_by_dataset(run) else _ARRAYS)


def labels_mapped(run: Run, expression: str) -> str:
    """The line that computes the labels anew, `y` being those before: `y - 1`."""
    if is_fed_by_dataset(run):
        return f"+ dataset = dataset.map(lambda x, y: (x, {expression}))"
    return f"+ y = {expression}"


def weights_by_rarity(counts: NDArray[np.float64]) -> dict[int, str]:
    """The weight of each class that occurs, as code: 1 for the largest, more for rarer ones.

    Args:
        counts: Of each class, (classes,).
    """
    times = {int(k): float(counts.max() / counts[k]) for k in np.flatnonzero(counts)}
    return {k: number(weight).replace(" ", "") for k, weight in times.items()}
