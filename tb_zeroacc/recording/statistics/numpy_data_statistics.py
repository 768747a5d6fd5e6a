"""Statistics of what goes into a model and comes out, of arrays in the memory of this machine.

`numpy_statistics` has those of a model's inside. A test holds this module and Keras'
`graph_data_statistics` to each other.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from tb_zeroacc.recording.statistics import numpy_statistics
from tb_zeroacc.recording.statistics.numpy_statistics import NAN, ROUNDING_STEP, Array
from tb_zeroacc.recording.statistics.tensors import rank_of

NARROW = 64  # columns: fewer are laid one behind the other first, which is ten times as fast
add = np.add.reduce
below_each_other, take_rows = numpy_statistics.below_each_other, numpy_statistics.take_rows


@dataclass(slots=True)
class HostTensor:
    """Stands for a tensor of which a trace knew shape and dtype, and whose values come later.

    Attributes:
        spec: What the trace knew: anything with a shape and a dtype.
        values: Of the step at hand.
    """

    spec: Any
    values: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, array: Any) -> HostTensor:
        """An array that is there."""
        return cls(array, array)

    @property
    def shape(self) -> Any:
        """The shape that the trace knew."""
        return self.spec.shape

    @property
    def dtype(self) -> Any:
        """The tensor's dtype."""
        return self.spec.dtype


def as_rows(tensor: HostTensor, width: int | None = None) -> Array:
    """Flattens to (rows, width) float32; `width` defaults to the last axis, 1 for vectors."""
    return numpy_statistics.as_rows(numpy_statistics.array_of(tensor.values), width)


def column_statistics(rows: Array) -> Array:
    """Per column: mean, std, min, max, zero share, non-finite count, count; (width, 7)."""
    count, width = rows.shape
    columns, axis = (np.ascontiguousarray(rows.T), 1) if width < NARROW else (rows, 0)
    # Methods like `mean` and `sum` take several times as long on the short rows of a batch.
    found = np.empty((7, width), np.float32)
    mean = add(columns, axis) / np.float32(count)
    away = columns - (mean[:, None] if axis else mean)
    found[0], found[1] = mean, np.sqrt(add(away * away, axis) / np.float32(count))
    np.minimum.reduce(columns, axis, out=found[2])
    np.maximum.reduce(columns, axis, out=found[3])
    found[4] = add(columns == 0, axis, np.float32) / np.float32(count)
    sound = isfinite(add(found[1]))
    found[5] = 0.0 if sound else count - add(np.isfinite(columns), axis, np.float32)
    found[6] = count
    return found.T


def pool(columns: Array) -> Array:
    """Joins rows of `column_statistics` of equal counts into one, (1, 7)."""
    mean, std, low, high, zero, bad, count = columns.T
    middle = mean.mean()
    variance = (std * std + (mean - middle) ** 2).mean()
    joined = [middle, np.sqrt(variance), low.min(), high.max(), zero.mean(), bad.sum(), count.sum()]
    return numpy_statistics.vector(joined)[None]


def fingerprint(rows: Array) -> Array:
    """Two sums weighted by position, equal for equal batches alone; and the rows, (3,)."""
    count, width = rows.shape
    down, across = _places(count, width)
    found = np.empty(3, np.float32)
    found[:2], found[2] = (down @ rows) @ across, count
    return found


@functools.lru_cache(maxsize=32)
def _places(count: int, width: int) -> tuple[Array, Array]:
    places = np.arange(width, dtype=np.float32)
    across = np.stack([np.cos(places + 0.5), np.cos(places * 1.7 + 0.3)], axis=1)
    down = np.cos(np.arange(count) * 0.9 + 0.1)
    return down.astype(np.float32), across.astype(np.float32)


def class_counts(ids: Array, classes: int) -> Array:
    """Counts of class ids 0 .. classes-1 and of all others, float32 of shape (classes + 1,).

    Args:
        ids: float32 of shape (examples,). What is no whole number is not counted at all.
        classes: Number of classes.
    """
    whole = ids[np.floor(ids) == ids]
    whole[(whole < 0) | (whole > classes)] = classes
    return np.bincount(whole.astype(np.int64), minlength=classes + 1).astype(np.float32)


def take_columns(rows: Array, indices: Sequence[int]) -> Array:
    """Columns by their places."""
    found: Array = rows[:, list(indices)]
    return found


def stacked(vectors: Sequence[Array]) -> Array:
    """Vectors as the rows of a table."""
    return np.stack(vectors)


def label_statistics(labels: HostTensor, units: int) -> Array:
    """A row of the table `labels`, (12,).

    Args:
        labels: Of one output, of any shape.
        units: Size of the last axis; 1 for class ids.
    """
    flat = as_rows(labels, units)
    everything = column_statistics(flat.reshape(-1, 1))[0].tolist()
    whole = np.count_nonzero(np.floor(flat) == flat) / flat.size
    least, greatest = everything[2:4]
    if units > 1:
        sums = add(flat, 1)
        least, greatest = np.minimum.reduce(sums), np.maximum.reduce(sums)
    examples = len(labels.values) if rank_of(labels) else 1
    return numpy_statistics.vector(
        [*everything[:5], whole, least, greatest, *everything[5:], examples, units]
    )


def weight_statistics(weights: HostTensor) -> Array:
    """A row of the table `sample_weights`, (5,)."""
    flat = as_rows(weights, 1)
    zeros = (flat == 0).mean()
    return numpy_statistics.vector([flat.mean(), flat.min(), flat.max(), zeros, flat.size])


def output_statistics(flat: Array, activation: str | None) -> Array:
    """A row of the table `outputs`, (9,).

    Args:
        flat: (rows, units).
        activation: The output's, as far as it is known.
    """
    mean, spread, least, greatest, _, bad, _ = column_statistics(flat).T
    rows, units = flat.shape
    return numpy_statistics.vector(
        [
            add(mean) / units, add(spread) / units, np.minimum.reduce(least),
            np.maximum.reduce(greatest), _entropy(flat, activation), _edge(flat, activation),
            add(bad), rows, units,
        ]
    )  # fmt: skip


def _entropy(flat: Array, activation: str | None) -> Any:
    """Mean entropy over examples in nats; NaN where the output is no distribution."""

    def surprise(p: Array) -> Any:
        return -np.vdot(p, np.log(np.maximum(p, np.float32(1e-30))))

    if activation == "softmax":
        return surprise(flat) / len(flat)
    if activation == "sigmoid" and flat.shape[1] == 1:
        return (surprise(flat) + surprise(1 - flat)) / len(flat)
    return NAN


def _edge(flat: Array, activation: str | None) -> Any:
    """Share of values that cannot be told from the activation's bound; NaN without bounds."""
    step = np.float32(ROUNDING_STEP)
    if activation in ("sigmoid", "softmax"):
        return np.count_nonzero((flat <= step) | (flat >= 1 - step)) / flat.size
    if activation == "tanh":
        return np.count_nonzero(np.abs(flat) >= 1 - step) / flat.size
    return NAN


def largest_units(flat: Array) -> Array:
    """The place of each row's largest unit as float32, (rows,); NaN where a unit is none."""
    ids: Array = flat.argmax(axis=1).astype(np.float32)
    ids[np.isnan(add(flat, 1))] = NAN
    return ids


def above(flat: Array, edge: float) -> Array:
    """1.0 for values above an edge, 0.0 for others, NaN for none; a vector."""
    values = flat.reshape(-1)
    ids = (values > edge).astype(np.float32)
    ids[np.isnan(values)] = NAN
    return ids


def ids_of_one_hot(flat: Array, *, certain: bool) -> Array:
    """Class ids as float32, (rows,); all NaN, which nothing counts, where rows are not one-hot.

    Args:
        flat: (rows, classes).
        certain: Whether rows are known to be classes.
    """
    ids: Array = flat.argmax(axis=1).astype(np.float32)
    one_hot = certain or ((flat.sum(axis=1) == 1) & (flat.max(axis=1) == 1)).all()
    return ids if one_hot else np.full_like(ids, NAN)


def filled_up(counts: Array, columns: int) -> Array:
    """Class counts with NaN for classes that an output lacks, and the others' at the end."""
    if columns == len(counts):
        return counts
    lacking = numpy_statistics.unknown([columns - len(counts)])
    return np.concatenate([counts[:-1], lacking, counts[-1:]])


def one_hot(ids: Array, classes: int) -> Array:
    """A column for each of the first classes, (rows, classes); `ids` is float32 of (rows, 1)."""
    found: Array = (ids == np.arange(classes, dtype=np.float32)).astype(np.float32)
    return found


def joint_moments(inputs: Sequence[Array], labels: Sequence[Array]) -> Array:
    """Count, means, sums of squares and of products, as `Association` joins them; a vector.

    Values that are not finite count as their column's mean.

    Args:
        inputs: Columns, float32 of shape (examples, any) each.
        labels: Likewise.
    """
    count = min(len(inputs[0]), len(labels[0]))
    x_mean, x = _centred([c[:count] for c in inputs])
    y_mean, y = _centred([c[:count] for c in labels])
    squares = [add(columns * columns) for columns in (x, y)]
    products = (x.T @ y).reshape(-1)
    return np.concatenate([np.array([count], np.float32), x_mean, y_mean, *squares, products])


def _centred(parts: Sequence[Array]) -> tuple[Array, Array]:
    columns = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    mean = add(columns) / np.float32(len(columns))
    if isfinite(add(mean)):
        return mean, columns - mean
    finite = np.isfinite(columns)
    known = np.maximum(finite.sum(axis=0), 1).astype(np.float32)
    mean = np.where(finite, columns, 0).sum(axis=0) / known
    return mean, np.where(finite, columns - mean, np.float32(0))
