"""Statistics of what goes into a model and comes out, in the graph; only total operations.

`graph_statistics` has those of the model's inside, and says why nothing here may fail at run time.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tb_zeroacc.keras.tables import graph_statistics
from tb_zeroacc.keras.tables.graph_statistics import Tensor, as_float
from tb_zeroacc.recording.statistics.numpy_statistics import ROUNDING_STEP

as_rows = graph_statistics.as_rows
below_each_other, take_rows = graph_statistics.below_each_other, graph_statistics.take_rows
NAN = float("nan")


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
    """Two sums weighted by position, equal for equal batches alone; and the rows, (3,)."""
    count, width = tf.shape(rows)[0], rows.shape[1]
    places = tf.range(width, dtype=tf.float32)
    across = tf.stack([tf.cos(places + 0.5), tf.cos(places * 1.7 + 0.3)], axis=1)
    down = tf.cos(tf.range(tf.cast(count, tf.float32)) * 0.9 + 0.1)
    sums = tf.reduce_sum(tf.matmul(rows, across) * down[:, None], axis=0)
    return tf.concat([sums, tf.cast(count, tf.float32)[None]], 0)


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


def take_columns(rows: Tensor, indices: Sequence[int]) -> Tensor:
    """Columns by their places, all of them within bounds."""
    return tf.gather(rows, list(indices), axis=1)


def stacked(vectors: Sequence[Tensor]) -> Tensor:
    """Vectors as the rows of a table."""
    return tf.stack(vectors)


def label_statistics(labels: Tensor, units: int) -> Tensor:
    """A row of the table `labels`, (12,).

    Args:
        labels: Of one output, of any shape.
        units: Size of the last axis; 1 for class ids.
    """
    flat = as_rows(labels, units)
    column = tf.reshape(flat, [-1, 1])
    everything = column_statistics(column)[0]  # (7,)
    whole = tf.reduce_mean(tf.cast(tf.equal(tf.floor(column), column), tf.float32))
    sums = tf.reduce_sum(flat, axis=1)
    examples = tf.shape(labels)[0] if labels.shape.rank else 1
    return tf.stack(
        [
            *tf.unstack(everything[:5]), whole, tf.reduce_min(sums), tf.reduce_max(sums),
            everything[5], everything[6], tf.cast(examples, tf.float32), float(units),
        ]
    )  # fmt: skip


def weight_statistics(weights: Tensor) -> Tensor:
    """A row of the table `sample_weights`, (5,)."""
    flat = as_float(weights)
    zeros = tf.reduce_mean(tf.cast(tf.equal(flat, 0.0), tf.float32))
    size = tf.cast(tf.size(flat), tf.float32)
    return tf.stack(
        [tf.reduce_mean(flat), tf.reduce_min(flat), tf.reduce_max(flat), zeros, size]
    )


def output_statistics(flat: Tensor, activation: str | None) -> Tensor:
    """A row of the table `outputs`, (9,).

    Args:
        flat: (rows, units).
        activation: The output's, as far as it is known.
    """
    units = flat.shape[1]
    middle = tf.reduce_mean(flat, axis=0)
    spread = tf.sqrt(tf.reduce_mean(tf.square(flat - middle), axis=0))
    finite = tf.reduce_sum(tf.cast(tf.math.is_finite(flat), tf.float32))
    size = tf.cast(tf.size(flat), tf.float32)
    return tf.stack(
        [
            tf.reduce_mean(middle), tf.reduce_mean(spread), tf.reduce_min(flat),
            tf.reduce_max(flat), _entropy(flat, activation), _edge(flat, activation),
            size - finite, size / float(units), float(units),
        ]
    )  # fmt: skip


def _entropy(flat: Tensor, activation: str | None) -> Tensor:
    """Mean entropy over examples in nats; NaN where the output is no distribution."""

    def surprise(p: Tensor) -> Tensor:
        return -p * tf.math.log(tf.maximum(p, 1e-30))

    if activation == "softmax":
        return tf.reduce_mean(tf.reduce_sum(surprise(flat), axis=1))
    if activation == "sigmoid" and flat.shape[1] == 1:
        return tf.reduce_mean(surprise(flat) + surprise(1.0 - flat))
    return tf.constant(NAN)


def _edge(flat: Tensor, activation: str | None) -> Tensor:
    """Share of values that cannot be told from the activation's bound; NaN without bounds."""
    if activation in ("sigmoid", "softmax"):
        near = (flat <= ROUNDING_STEP) | (flat >= 1.0 - ROUNDING_STEP)
    elif activation == "tanh":
        near = tf.abs(flat) >= 1.0 - ROUNDING_STEP
    else:
        return tf.constant(NAN)
    return tf.reduce_mean(tf.cast(near, tf.float32))


def largest_units(flat: Tensor) -> Tensor:
    """The place of each row's largest unit as float32, (rows,); NaN where a unit is none."""
    ids = tf.cast(tf.argmax(flat, axis=1, output_type=tf.int32), tf.float32)
    return tf.where(tf.math.is_nan(tf.reduce_sum(flat, axis=1)), NAN, ids)


def above(flat: Tensor, edge: float) -> Tensor:
    """1.0 for values above an edge, 0.0 for others, NaN for none; a vector."""
    ids = tf.where(tf.math.is_nan(flat), NAN, tf.cast(flat > edge, tf.float32))
    return tf.reshape(ids, [-1])


def ids_of_one_hot(flat: Tensor, *, certain: bool) -> Tensor:
    """Class ids as float32, (rows,); all NaN, which nothing counts, where rows are not one-hot.

    Args:
        flat: (rows, classes).
        certain: Whether rows are known to be classes.
    """
    ids = tf.cast(tf.argmax(flat, axis=1, output_type=tf.int32), tf.float32)
    if certain:
        return ids
    one_hot = tf.equal(tf.reduce_sum(flat, 1), 1.0) & tf.equal(tf.reduce_max(flat, 1), 1.0)
    return tf.where(tf.reduce_all(one_hot), ids, NAN)


def filled_up(counts: Tensor, columns: int) -> Tensor:
    """Class counts with NaN for classes that an output lacks, and the others' at the end."""
    lacking = tf.fill([columns - counts.shape[0]], NAN)
    return tf.concat([counts[:-1], lacking, counts[-1:]], 0)


def one_hot(ids: Tensor, classes: int) -> Tensor:
    """A column for each of the first classes, (rows, classes); `ids` is float32 of (rows, 1)."""
    return tf.cast(tf.equal(ids, tf.range(classes, dtype=tf.float32)), tf.float32)


def joint_moments(inputs: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
    """Count, means, sums of squares and of products, as `Association` joins them; a vector.

    Values that are not finite count as their column's mean.

    Args:
        inputs: Columns, float32 of shape (examples, any) each.
        labels: Likewise.
    """
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
    mean = tf.reduce_sum(zeroed, 0) / known
    return mean, tf.where(finite, columns - mean, 0.0)
