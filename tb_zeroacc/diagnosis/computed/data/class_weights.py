"""The mean sample weight of each class, from the batches that are on record."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.data.labels import class_counts
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run

ROUNDED = 1e-3  # of the mean weight of a batch: sums over its examples in float32 are off by less


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
    overall, batches = mean_weight(run, output), _batches(run, output)
    if overall is None or batches is None:
        return None
    shares, means, low, high = batches
    if not len(means):
        return np.full(shares.shape[1], overall)
    # From the mean, so that a class that no batch tells apart keeps it.
    off = np.linalg.lstsq(shares, means - overall, rcond=1e-6)[0]
    return np.asarray(np.clip(overall + off, low, high))


@per_run
def follow_classes(run: Run, output: str) -> bool | None:
    """Whether all examples of a class weigh the same; None where the batches do not tell."""
    weights, batches = class_weights(run, output), _batches(run, output)
    if weights is None or batches is None:
        return None
    shares, means, low, high = batches
    present = (shares > 0).any(axis=0)
    classes = int(present.sum())
    if len(means) <= classes or np.linalg.matrix_rank(shares) < classes:
        return None
    room = ROUNDED * max(abs(low), abs(high))
    ends = weights[present].min() - low, weights[present].max() - high
    return bool(np.abs([*(shares @ weights - means), *ends]).max() <= room)


def _batches(run: Run, output: str) -> _Batches | None:
    """What is on record of the weights, batch by batch; None without weights or counts."""
    weights, counts = run.table("sample_weights"), run.table("label_counts")
    at, of = output_row(weights, output), output_row(counts, output)
    if weights is None or counts is None or at is None or of is None:
        return None
    if class_counts(run, output) is None:
        return None
    kept = [i for i, name in enumerate(counts.columns) if name != "other"]
    _, left, right = np.intersect1d(weights.steps, counts.steps, return_indices=True)
    drawn = np.nan_to_num(counts.values[right, of][:, kept].astype(np.float64))
    means = weights.column("mean")[left, at]
    good = np.isfinite(means) & (drawn.sum(axis=1) > 0)
    shares = drawn[good] / drawn[good].sum(axis=1, keepdims=True)
    low, high = (_bound(weights.column(name)[:, at], side) for name, side in _BOUNDS)
    return _Batches(shares, means[good], low, high)


class _Batches(NamedTuple):
    """Weights batch by batch.

    Attributes:
        shares: Of each class, (batches, classes).
        means: Mean weight of each batch, (batches,).
        low, high: The smallest and the largest weight of any example; infinite where unknown.
    """

    shares: NDArray[np.float64]
    means: NDArray[np.float64]
    low: float
    high: float


_BOUNDS = (("min", -np.inf), ("max", np.inf))


def _bound(values: NDArray[np.float64], unknown: float) -> float:
    known = values[np.isfinite(values)]
    if not len(known):
        return unknown
    return float(known.min() if unknown < 0 else known.max())
