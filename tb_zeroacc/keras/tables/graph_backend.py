"""The backend for TensorFlow's tensors: few operations, and only total ones.

An operation that fails at run time would come out of `fit`. So there is no assertion, no gather, no
segment sum and no reshape here that any data could make fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from tb_zeroacc.keras.tables import graph_numbers
from tb_zeroacc.recording.statistics.backend import NAN, PART, Moments, Tensor

ASSUMED_BATCH = 128  # where a shape leaves the batch open

# Elementary operations.
as_float = graph_numbers.as_float
stack, concat, take, where = tf.stack, tf.concat, tf.gather, tf.where
total, mean, least, greatest = tf.reduce_sum, tf.reduce_mean, tf.reduce_min, tf.reduce_max
argmax, root, floor, is_nan, every = tf.argmax, tf.sqrt, tf.floor, tf.math.is_nan, tf.reduce_all


def as_rows(tensor: Tensor, width: int | None = None) -> Tensor:
    """As in `Backend`; an open last axis makes one column."""
    value = as_float(tensor)
    if width is None:
        width = value.shape[-1] if value.shape.rank is not None and value.shape.rank > 1 else 1
    return tf.reshape(value, [-1, width or 1])


def examples(tensor: Tensor) -> Tensor:
    """As in `Backend`."""
    return tf.cast(tf.shape(tensor)[0] if tensor.shape.rank else 1, tf.float32)


def vector(values: Sequence[Tensor | float]) -> Tensor:
    """As in `Backend`."""
    return tf.stack([tf.convert_to_tensor(value, tf.float32) for value in values])


def unknown(shape: Sequence[int]) -> Tensor:
    """As in `Backend`."""
    return tf.fill(list(shape), tf.constant(NAN))


def flat(values: Tensor) -> Tensor:
    """As in `Backend`."""
    return tf.reshape(values, [-1])


def share(mask: Tensor) -> Tensor:
    """As in `Backend`."""
    return tf.reduce_mean(tf.cast(mask, tf.float32))


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


def moments(tensors: Sequence[Tensor], *, with_mean: bool = False) -> Moments:
    """As in `Backend`, with one reduction for each; a graph leaves unused ones out."""
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


def _mean_of(stack: Tensor) -> Tensor:
    return tf.reduce_mean(stack, axis=[1, 2])[:, None]


def _zero_share_of(stack: Tensor) -> Tensor:
    return tf.reduce_mean(tf.cast(tf.equal(stack, 0.0), tf.float32), axis=[1, 2])[:, None]


def _count_of(rows: Tensor) -> Tensor:
    if rows.shape.is_fully_defined():
        return tf.constant(float(rows.shape.num_elements()))
    return tf.cast(tf.size(rows), tf.float32)


def non_finite_counts(tensors: Sequence[Tensor], squares: Tensor) -> Tensor:
    """Exact counts of NaN and infinity, (tensors,); looked for only where a sum of squares broke.

    Args:
        tensors: Each of any shape.
        squares: Their sums of squares, (tensors,): a finite one has finite values alone.
    """

    def count() -> Tensor:
        return tf.stack(
            [tf.reduce_sum(tf.cast(~tf.math.is_finite(t), tf.float32)) for t in tensors]
        )

    sound = tf.reduce_all(tf.math.is_finite(squares))
    return tf.cond(sound, lambda: tf.zeros([len(tensors)]), count)


def unit_spreads(tensors: Sequence[Tensor]) -> Tensor:
    """As in `Backend`."""
    return in_stacks([part_of(t) for t in tensors], unit_spread)[:, 0]


def unit_spread(stack: Tensor) -> Tensor:
    """Standard deviation over units, root mean square over rows: (n, rows, units) to (n, 1)."""
    # Exactly 0 where units are equal, which a rounded mean would not be.
    away = stack - stack[:, :, :1]
    middle = tf.reduce_mean(away, axis=2, keepdims=True)
    variance = tf.reduce_mean(tf.square(away), axis=[1, 2]) - tf.reduce_mean(
        tf.square(middle), axis=[1, 2]
    )
    return tf.sqrt(tf.maximum(variance, 0.0))[:, None]


def dead_share(rows: Tensor) -> Tensor:
    """As in `Backend`."""
    return share(tf.reduce_max(rows, axis=0) <= 0.0)


def rms_of_changes(now: Sequence[Tensor], before: Tensor) -> Tensor:
    """As in `Backend`."""
    found, at = [], 0
    for values in now:
        size = int(values.shape[0])
        found.append(tf.sqrt(2.0 * tf.nn.l2_loss(values - before[at : at + size]) / float(size)))
        at += size
    return tf.stack(found)


def column_statistics(rows: Tensor) -> Tensor:
    """As in `Backend`."""
    count = examples(rows)
    middle = tf.reduce_mean(rows, axis=0)
    std = tf.sqrt(tf.reduce_mean(tf.square(rows - middle), axis=0))
    zeros = tf.reduce_sum(tf.cast(tf.equal(rows, 0.0), tf.float32), axis=0)
    finite = tf.reduce_sum(tf.cast(tf.math.is_finite(rows), tf.float32), axis=0)
    return tf.stack(
        [
            middle, std, tf.reduce_min(rows, axis=0), tf.reduce_max(rows, axis=0),
            zeros / count, count - finite, tf.broadcast_to(count, tf.shape(middle)),
        ],
        axis=1,
    )  # fmt: skip


def fingerprint(rows: Tensor) -> Tensor:
    """As in `Backend`."""
    count = examples(rows)
    places = tf.range(rows.shape[1], dtype=tf.float32)
    across = tf.stack([tf.cos(places + 0.5), tf.cos(places * 1.7 + 0.3)], axis=1)
    down = tf.cos(tf.range(count) * 0.9 + 0.1)
    sums = tf.reduce_sum(tf.matmul(rows, across) * down[:, None], axis=0)
    return tf.concat([sums, count[None]], 0)


def class_counts(ids: Tensor, classes: int) -> Tensor:
    """As in `Backend`."""
    is_integer = tf.equal(tf.floor(ids), ids)
    known = (ids >= 0.0) & (ids < float(classes))
    safe = tf.where(known, ids, float(classes))
    return tf.math.unsorted_segment_sum(
        tf.cast(is_integer, tf.float32), tf.cast(safe, tf.int32), classes + 1
    )


def entropy(rows: Tensor, activation: str | None) -> Tensor:
    """As in `Backend`."""

    def surprise(p: Tensor) -> Tensor:
        return -p * tf.math.log(tf.maximum(p, 1e-30))

    if activation == "softmax":
        return tf.reduce_mean(tf.reduce_sum(surprise(rows), axis=1))
    if activation == "sigmoid" and rows.shape[1] == 1:
        return tf.reduce_mean(surprise(rows) + surprise(1.0 - rows))
    return tf.constant(NAN)


def joint_moments(inputs: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
    """As in `Backend`."""
    count = tf.minimum(tf.shape(inputs[0])[0], tf.shape(labels[0])[0])
    x_mean, x = _centred(tf.concat([c[:count] for c in inputs], 1))
    y_mean, y = _centred(tf.concat([c[:count] for c in labels], 1))
    return tf.concat(
        [
            tf.cast(count, tf.float32)[None], x_mean, y_mean,
            tf.reduce_sum(x * x, 0), tf.reduce_sum(y * y, 0),
            tf.reshape(tf.matmul(x, y, transpose_a=True), [-1]),
        ],
        0,
    )  # fmt: skip


def _centred(columns: Tensor) -> tuple[Tensor, Tensor]:
    finite = tf.math.is_finite(columns)
    zeroed = tf.where(finite, columns, 0.0)
    known = tf.maximum(tf.reduce_sum(tf.cast(finite, tf.float32), 0), 1.0)
    middle = tf.reduce_sum(zeroed, 0) / known
    return middle, tf.where(finite, columns - middle, 0.0)
