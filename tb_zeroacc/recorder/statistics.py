"""Statistics of one tensor, in the graph: few operations, and only total ones.

An operation that fails at run time would come out of `fit`. So there is no assertion, no gather, no
segment sum and no reshape here that any data could make fail. All results are float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import tensorflow as tf

Tensor: TypeAlias = Any  # TensorFlow ships no types

# Derivatives under 1 % of their maximum: s(1-s) < .0025 and 1-t² < .01.
SIGMOID_EDGE = 0.49749372  # |s - 1/2|
TANH_EDGE = 0.99498744  # |t|
# Values this near a bound of their activation cannot be told from it: float32's rounding step at 1.
ROUNDING_STEP = 1.2e-7
# One fused pass counts zeros and non-finite values in one operation, but takes 7 ns an element
# where six vectorised ones take 2: it pays for small tensors, whose cost is the operations.
SMALL = 32_768
ASSUMED_BATCH = 128  # where a shape leaves the batch open
_FULL_HEALTH = 4


def as_float(value: Tensor) -> Tensor:
    """Any numeric tensor as float32; the values of ragged, sparse and indexed ones.

    Raises:
        TypeError: The tensor holds no numbers.
    """
    if isinstance(value, tf.RaggedTensor):
        value = value.flat_values
    elif isinstance(value, tf.SparseTensor | tf.IndexedSlices):
        value = value.values
    value = tf.convert_to_tensor(value)
    if value.dtype == tf.float32:
        return value
    if not (value.dtype.is_floating or value.dtype.is_integer or value.dtype.is_bool):
        raise TypeError(f"{value.dtype.name} holds no real numbers")
    return tf.cast(value, tf.float32)


def as_rows(value: Tensor, width: int | None = None) -> Tensor:
    """Flattens to (rows, width) float32; `width` defaults to the last axis, 1 for vectors."""
    value = as_float(value)
    if width is None:
        width = value.shape[-1] if value.shape.rank is not None and value.shape.rank > 1 else 1
    if not width:  # an open last axis: one column holds everything
        width = 1
    return tf.reshape(value, [-1, width])


def _is_small(rows: Tensor) -> bool:
    count, width = rows.shape
    return bool((count or ASSUMED_BATCH) * width <= SMALL)


def census(rows: Tensor, *, fused: bool) -> Tensor:
    """Counts of one tensor, float32 of shape (3,): elements, zeros, non-finite values."""
    if fused and _is_small(rows):
        found = tf.raw_ops.DebugNumericSummaryV2(
            input=rows, output_dtype=tf.float32, tensor_debug_mode=_FULL_HEALTH, tensor_id=-1
        )  # (11,): .., 4 elements, 5 -inf, 6 +inf, 7 NaN, 8 negative, 9 zero, 10 positive
        return tf.stack([found[4], found[9], tf.reduce_sum(found[5:8])])
    size = tf.cast(tf.size(rows), tf.float32)
    zeros = tf.reduce_sum(tf.cast(tf.equal(rows, 0.0), tf.float32))
    finite = tf.reduce_sum(tf.cast(tf.math.is_finite(rows), tf.float32))
    return tf.stack([size, zeros, size - finite])


@dataclass(slots=True)
class Moments:
    """Statistics of many tensors, each computed with few operations and joined at the end.

    Args:
        fused: Whether operations that XLA does not know may be used.
    """

    fused: bool
    _halves: list[Tensor] = field(default_factory=list)  # sum of squares / 2
    _high: list[Tensor] = field(default_factory=list)
    _low: list[Tensor] = field(default_factory=list)
    _counts: list[Tensor] = field(default_factory=list)

    def add(self, rows: Tensor) -> None:
        """Adds one tensor of shape (rows, width)."""
        self._halves.append(tf.nn.l2_loss(rows))
        self._high.append(tf.reduce_max(rows))
        self._low.append(tf.reduce_min(rows))
        self._counts.append(census(rows, fused=self.fused))

    def __len__(self) -> int:
        return len(self._halves)

    def join(self) -> Joined:
        """The statistics of all tensors added, each of shape (tensors,)."""
        counts = tf.stack(self._counts)  # (tensors, 3)
        size = counts[:, 0]
        squares = 2.0 * tf.stack(self._halves)
        return Joined(
            count=size,
            squares=squares,
            rms=tf.sqrt(squares / size),
            abs_max=tf.maximum(tf.abs(tf.stack(self._high)), tf.abs(tf.stack(self._low))),
            zero_share=counts[:, 1] / size,
            non_finite=counts[:, 2],
        )


@dataclass(frozen=True, slots=True)
class Joined:
    """Statistics of several tensors, float32 of shape (tensors,) each."""

    count: Tensor
    squares: Tensor
    rms: Tensor
    abs_max: Tensor
    zero_share: Tensor
    non_finite: Tensor


def column_statistics(rows: Tensor) -> Tensor:
    """Per column: mean, std, min, max, zero share, non-finite count, count; (width, 7)."""
    count = tf.cast(tf.shape(rows)[0], tf.float32)
    mean = tf.reduce_mean(rows, axis=0)
    std = tf.sqrt(tf.reduce_mean(tf.square(rows - mean), axis=0))
    zeros = tf.reduce_sum(tf.cast(tf.equal(rows, 0.0), tf.float32), axis=0)
    finite = tf.reduce_sum(tf.cast(tf.math.is_finite(rows), tf.float32), axis=0)
    return tf.stack(
        [
            mean, std, tf.reduce_min(rows, axis=0), tf.reduce_max(rows, axis=0),
            zeros / count, count - finite, tf.broadcast_to(count, tf.shape(mean)),
        ],
        axis=1,
    )  # fmt: skip


def pool(columns: Tensor) -> Tensor:
    """Joins rows of `column_statistics` of equal counts into one, (1, 7)."""
    mean, std, low, high, zero, bad, count = tf.unstack(columns, axis=1)
    middle = tf.reduce_mean(mean)
    variance = tf.reduce_mean(tf.square(std) + tf.square(mean - middle))
    joined = [
        middle, tf.sqrt(variance), tf.reduce_min(low), tf.reduce_max(high),
        tf.reduce_mean(zero), tf.reduce_sum(bad), tf.reduce_sum(count),
    ]  # fmt: skip
    return tf.stack(joined)[None]


def fingerprint(rows: Tensor) -> Tensor:
    """Two sums weighted by position, (2,): equal for equal batches, hardly ever for others."""
    count, width = tf.shape(rows)[0], rows.shape[1]
    places = tf.range(width, dtype=tf.float32)
    across = tf.stack([tf.cos(places + 0.5), tf.cos(places * 1.7 + 0.3)], axis=1)
    down = tf.cos(tf.range(tf.cast(count, tf.float32)) * 0.9 + 0.1)
    return tf.reduce_sum(tf.matmul(rows, across) * down[:, None], axis=0)


def class_counts(ids: Tensor, classes: int) -> Tensor:
    """Counts of class ids 0 .. classes-1 and of all others, float32 of shape (classes + 1,).

    Args:
        ids: float32 of shape (examples,). What is no whole number is not counted at all.
        classes: Number of classes.
    """
    whole = tf.equal(tf.floor(ids), ids)
    known = (ids >= 0.0) & (ids < float(classes))
    safe = tf.where(known, ids, float(classes))
    return tf.math.unsorted_segment_sum(
        tf.cast(whole, tf.float32), tf.cast(safe, tf.int32), classes + 1
    )


def update_stride(size: int, width: int, most: int = 4096) -> int:
    """Step of a walk through a flattened variable that meets all rows and all units.

    Args:
        size: Number of elements.
        width: Size of the last axis; the step shares no factor with it.
        most: About how many elements to visit.
    """
    from math import gcd

    step = max(1, size // most)
    while step > 1 and gcd(step, max(width, 1)) != 1:
        step += 1
    return step


def unit_spread(rows: Tensor) -> Tensor:
    """Standard deviation over the units (columns), rms over rows; exactly 0 for equal units."""
    away = rows - rows[:, :1]  # exactly 0 where units are alike, which a rounded mean would not be
    middle = tf.reduce_mean(away, axis=1)
    variance = 2.0 * (
        tf.nn.l2_loss(away) / tf.cast(tf.size(rows), tf.float32)
        - tf.nn.l2_loss(middle) / tf.cast(tf.size(middle), tf.float32)
    )
    return tf.sqrt(tf.maximum(variance, 0.0))
