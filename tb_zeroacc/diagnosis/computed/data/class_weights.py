"""The mean sample weight of each class, from the batches that are on record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run


@per_run
def mean_weight(run: Run, output: str) -> float | None:
    """The mean over all sampled weights of an output; None where none are on record."""
    table = run.table("sample_weights")
    row = output_row(table, output)
    if table is None or row is None:
        return None
    means = table.column("mean")[:, row]
    return float(np.nanmean(means)) if np.isfinite(means).any() else None


@per_run
def class_weights(run: Run, output: str) -> NDArray[np.float64] | None:
    """The mean weight of the examples of each class, (classes,); None without weights or counts.

    On record are the mean weight and the class counts of each batch. The mean is the sum over the
    classes of their share times their weight, so that least squares over the batches give the
    latter: exactly where a weight follows from the class (Keras' `class_weight`, weights made from
    labels), and near the mean of all where it does not.
    """
    weights, counts = run.table("sample_weights"), run.table("label_counts")
    known, overall = class_counts(run, output), mean_weight(run, output)
    at, of = output_row(weights, output), output_row(counts, output)
    if weights is None or counts is None or at is None or of is None:
        return None
    if known is None or overall is None:
        return None
    kept = [i for i, name in enumerate(counts.columns) if name != "other"]
    both, left, right = np.intersect1d(weights.steps, counts.steps, return_indices=True)
    drawn = np.nan_to_num(counts.values[right, of][:, kept].astype(np.float64))
    means = weights.column("mean")[left, at]
    good = np.isfinite(means) & (drawn.sum(axis=1) > 0)
    if not len(both) or not good.any():
        return np.full(len(kept), overall)
    shares = drawn[good] / drawn[good].sum(axis=1, keepdims=True)
    # From the mean, so that a class that no batch tells apart keeps it.
    off = np.linalg.lstsq(shares, means[good] - overall, rcond=1e-6)[0]
    low, high = (_bound(weights.column(name)[:, at], side) for name, side in _BOUNDS)
    return np.asarray(np.clip(overall + off, low, high))


_BOUNDS = (("min", -np.inf), ("max", np.inf))


def _bound(values: NDArray[np.float64], unknown: float) -> float:
    known = values[np.isfinite(values)]
    if not len(known):
        return unknown
    return float(known.min() if unknown < 0 else known.max())
