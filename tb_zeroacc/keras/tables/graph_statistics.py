"""Statistics of one tensor, in the graph: few operations, and only total ones.

An operation that fails at run time would come out of `fit`. So there is no assertion, no gather, no
segment sum and no reshape here that any data could make fail. All results are float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import tensorflow as tf

from tb_zeroacc.recording.statistics.numpy_statistics import EDGES, PART, SIGMOID_EDGE, Moments
from tb_zeroacc.recording.statistics.tensors import kind_of
from tb_zeroacc.records import LARGEST

Tensor: TypeAlias = Any  # TensorFlow ships no types

ASSUMED_BATCH = 128  # where a shape leaves the batch open


def as_float(value: Tensor) -> Tensor:
    """Any numeric tensor as float32; the values of ragged, sparse and indexed ones.

    Finite numbers beyond float32's range become the largest that it holds, as in
    `records.as_float32`.

    Raises:
        TypeError: The tensor holds no numbers.
    """
    return _narrowed(_wide(value))


def total(value: Tensor) -> Tensor:
    """The sum of a numeric tensor, float32 of shape (); taken in float64 where that is its type."""
    return _narrowed(tf.reduce_sum(_wide(value)))


def sum_of(tensors: list[tuple[str, Any]]) -> Any:
    """The sum of all numbers, float32: in one pass it tells of every NaN and infinity.

    A sum that overflows does so, too: it costs a sample that was not needed.
    """
    sums = [
        total(tensor)
        for _, tensor in tensors
        if kind_of(tensor) == "f"
    ]
    return tf.add_n(sums) if sums else tf.constant(0.0)


def average(value: Tensor) -> Tensor:
    """The mean of a numeric tensor, as `total`."""
    return _narrowed(tf.reduce_mean(_wide(value)))


def _narrowed(value: Tensor) -> Tensor:
    if value.dtype == tf.float32:
        return value
    clipped = tf.clip_by_value(value, -LARGEST, LARGEST)
    return tf.cast(tf.where(tf.math.is_inf(value), value, clipped), tf.float32)


def _wide(value: Tensor) -> Tensor:
    """Numbers as float64 where they are that, else as float32."""
    if isinstance(value, tf.RaggedTensor):
        value = value.flat_values
    elif isinstance(value, tf.SparseTensor | tf.IndexedSlices):
        value = value.values
    value = tf.convert_to_tensor(value)
    if value.dtype in (tf.float32, tf.float64):
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


def _size_of(rows: Tensor) -> int:
    count, width = rows.shape
    return int((count or ASSUMED_BATCH) * width)


def part_of(rows: Tensor) -> Tensor:
    """About `PART` elements of a larger tensor: every k-th row, all units; k is fixed."""
    step = _size_of(rows) // PART
    return rows if step < 2 else rows[:: step | 1]  # odd, so as not to walk along a picture's edge


def in_stacks(tensors: Sequence[Tensor], statistic: Callable[[Tensor], Tensor]) -> Tensor:
    """A statistic of many tensors, with one set of operations for all small ones of one shape.

    Args:
        tensors: Each float32 of shape (rows, width).
        statistic: From a stack of shape (n, rows, width) to (n, statistics).

    Returns:
        float32 of shape (tensors, statistics).
    """
    stacks: dict[object, list[int]] = {}
    for i, rows in enumerate(tensors):
        alike = rows.shape.is_fully_defined() and _size_of(rows) <= PART
        stacks.setdefault(tuple(rows.shape) if alike else i, []).append(i)
    found = [
        statistic(tf.stack([tensors[i] for i in indices]) if len(indices) > 1
                  else tensors[indices[0]][None])
        for indices in stacks.values()
    ]  # fmt: skip
    order = [i for indices in stacks.values() for i in indices]
    joined = found[0] if len(found) == 1 else tf.concat(found, 0)
    if order == sorted(order):
        return joined
    return tf.gather(joined, [order.index(i) for i in range(len(order))])


def _range_of(stack: Tensor) -> Tensor:
    """Sum of squares, maximum and minimum of each: (n, 3)."""
    if stack.shape[0] == 1:
        return tf.stack([2.0 * tf.nn.l2_loss(stack), tf.reduce_max(stack), tf.reduce_min(stack)])[
            None
        ]
    squares = tf.reduce_sum(tf.square(stack), axis=[1, 2])
    return tf.stack(
        [squares, tf.reduce_max(stack, axis=[1, 2]), tf.reduce_min(stack, axis=[1, 2])], axis=1
    )


def _zero_share_of(stack: Tensor) -> Tensor:
    return tf.reduce_mean(tf.cast(tf.equal(stack, 0.0), tf.float32), axis=[1, 2])[:, None]


def non_finite_counts(tensors: Sequence[Tensor], squares: Tensor) -> Tensor:
    """Exact counts of NaN and infinity, (tensors,); looked for only where a sum of squares broke.

    Args:
        tensors: Each of any shape.
        squares: Their sums of squares, (tensors,): none finite hides a value that is not.
    """

    def count() -> Tensor:
        return tf.stack(
            [tf.reduce_sum(tf.cast(~tf.math.is_finite(t), tf.float32)) for t in tensors]
        )

    sound = tf.reduce_all(tf.math.is_finite(squares))
    return tf.cond(sound, lambda: tf.zeros([len(tensors)]), count)


def moments(tensors: Sequence[Tensor], *, with_mean: bool = False) -> Moments:
    """Statistics of many tensors, with one reduction for each; a graph leaves unused ones out.

    Args:
        tensors: Each float32 of shape (rows, width); at least one.
        with_mean: Whether the mean is wanted, of `part_of` each.
    """
    squares, high, low = tf.unstack(in_stacks(tensors, _range_of), axis=1)
    size = tf.stack([_count_of(t) for t in tensors])
    parts = [part_of(t) for t in tensors]
    return Moments(
        squares=squares,
        mean=in_stacks(parts, _mean_of)[:, 0] if with_mean else unknown([len(tensors)]),
        rms=tf.sqrt(squares / size),
        abs_max=tf.maximum(tf.abs(high), tf.abs(low)),
        zero_share=in_stacks(parts, _zero_share_of)[:, 0],
        non_finite=non_finite_counts(tensors, squares),
    )


def _mean_of(stack: Tensor) -> Tensor:
    return tf.reduce_mean(stack, axis=[1, 2])[:, None]


def unit_spreads(tensors: Sequence[Tensor]) -> Tensor:
    """`unit_spread` of many tensors, (tensors,); of `part_of` each."""
    return in_stacks([part_of(t) for t in tensors], unit_spread)[:, 0]


def dead_share(rows: Tensor) -> Tensor:
    """Share of units that no row activates."""
    return tf.reduce_mean(tf.cast(tf.reduce_max(rows, axis=0) <= 0.0, tf.float32))


def saturated_share(rows: Tensor, activation: str | None) -> Tensor:
    """Share of values whose activation's derivative is under 1 % of its largest; NaN without one.

    Of softmax the examples count, by p(1-p) of their largest probability.
    """
    if activation == "softmax":
        at_edge = tf.reduce_max(rows, axis=1) > 0.5 + SIGMOID_EDGE
    elif activation in EDGES:
        middle, edge = EDGES[activation]
        at_edge = tf.abs(rows - middle) >= edge
    else:
        return tf.constant(float("nan"))
    return tf.reduce_mean(tf.cast(at_edge, tf.float32))


def rms_of_changes(now: Sequence[Tensor], before: Tensor) -> Tensor:
    """Root mean squares of differences, (vectors,); `before` holds the old vectors end to end."""
    found, at = [], 0
    for values in now:
        size = int(values.shape[0])
        found.append(tf.sqrt(2.0 * tf.nn.l2_loss(values - before[at : at + size]) / float(size)))
        at += size
    return tf.stack(found)


def vector(values: Sequence[Tensor]) -> Tensor:
    """Scalars as a vector."""
    return tf.stack([tf.convert_to_tensor(value, tf.float32) for value in values])


def unknown(shape: Sequence[int]) -> Tensor:
    """NaN of a shape."""
    return tf.fill(list(shape), tf.constant(float("nan")))


def every(rows: Tensor, stride: int) -> Tensor:
    """Every so many-th element, a vector."""
    return tf.reshape(rows, [-1])[::stride]


def root_of_sum(squares: Sequence[Tensor]) -> Tensor:
    """The square root of the sum over all vectors."""
    return tf.sqrt(tf.reduce_sum(tf.concat(squares, 0)))


def side_by_side(columns: Sequence[Tensor]) -> Tensor:
    """Vectors as the columns of a table, float32 of shape (rows, columns)."""
    return tf.stack(columns, axis=1)


def below_each_other(tables: Sequence[Tensor]) -> Tensor:
    """Tables of the same columns as one."""
    return tf.concat(tables, 0)


def take_rows(values: Tensor, indices: Sequence[int]) -> Tensor:
    """Rows by their places, all of them within bounds."""
    return tf.gather(values, list(indices))


def _count_of(rows: Tensor) -> Tensor:
    if rows.shape.is_fully_defined():
        return tf.constant(float(rows.shape.num_elements()))
    return tf.cast(tf.size(rows), tf.float32)


def unit_spread(stack: Tensor) -> Tensor:
    """Standard deviation over the units (columns), rms over rows; exactly 0 for equal units.

    Args:
        stack: (n, rows, units).

    Returns:
        (n, 1).
    """
    # Exactly 0 where units are alike, which a rounded mean would not be.
    away = stack - stack[:, :, :1]
    middle = tf.reduce_mean(away, axis=2, keepdims=True)
    variance = tf.reduce_mean(tf.square(away), axis=[1, 2]) - tf.reduce_mean(
        tf.square(middle), axis=[1, 2]
    )
    return tf.sqrt(tf.maximum(variance, 0.0))[:, None]
