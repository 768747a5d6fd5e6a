"""The tables of one sample, from what a step showed: data and outputs. `inside` has the model's.

Every function returns tables of float32 tensors whose row and column counts are fixed; names are
known while the step is traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.recorder import statistics as st
from tb_zeroacc.recorder.structures import with_paths
from tb_zeroacc.recorder.targets import Target
from tb_zeroacc.records import Layout

MAX_FEATURES = 256
MAX_LABEL_COLUMNS = 32
NAN = float("nan")


@dataclass(slots=True)
class Table:
    """One table: the names of its rows and columns, and float32 values of shape (rows, columns)."""

    layout: Layout
    values: Any


def table(kind: str, rows: Sequence[str], values: Any, pooled: int = 0) -> Table:
    """A table of a kind whose columns are fixed."""
    return Table(Layout(kind, tuple(rows), facts.COLUMNS[kind], pooled), values)


def named(structure: Any, default: str) -> list[tuple[str, Any]]:
    """The tensors of a nested structure with names: `x`; `x[1]`, or the key of a dictionary."""
    if structure is None:
        return []
    found = [(path, leaf) for path, leaf in with_paths(structure)
             if leaf is not None]
    if len(found) == 1 and not isinstance(structure, dict):
        return [(default, found[0][1])]
    return [
        ("/".join(str(p) for p in path) if isinstance(path[0], str) else
         default + "".join(f"[{p}]" for p in path), leaf)
        for path, leaf in found
    ]


def is_numeric(tensor: Any) -> bool:
    """Whether a tensor holds real numbers."""
    dtype = getattr(tensor, "dtype", None)
    return isinstance(dtype, tf.DType) and (
        dtype.is_floating or dtype.is_integer or dtype.is_bool
    )


def sum_of(tensors: list[tuple[str, Any]]) -> Any:
    """The sum of all numbers, float32: in one pass it tells of every NaN and infinity.

    A sum that overflows does so, too: it costs a sample that was not needed.
    """
    sums = [
        tf.reduce_sum(st.as_float(tensor))
        for _, tensor in tensors
        if is_numeric(tensor) and tensor.dtype.is_floating
    ]
    return tf.add_n(sums) if sums else tf.constant(0.0)


def evenly(count: int, most: int) -> list[int]:
    """Indices of at most `most` of `count` columns, evenly spaced."""
    if count <= most:
        return list(range(count))
    return [int(i) for i in np.linspace(0, count - 1, most).round()]


def inputs(tensors: list[tuple[str, Any]]) -> list[Table]:
    """`inputs`: a row a feature (the last axis: channels of images), the rest pooled."""
    rows: list[str] = []
    values: list[Any] = []
    pooled = 0
    numeric = [(name, t) for name, t in tensors if is_numeric(t)]
    quota = max(1, MAX_FEATURES // max(1, len(numeric)))
    for name, tensor in numeric[:MAX_FEATURES]:
        columns = st.column_statistics(st.as_rows(tensor))
        width = columns.shape[0]
        kept = evenly(width, quota)
        if width == 1 and len(tensor.shape) < 2:
            rows.append(name)
        else:
            rows += [f"{name}[{i}]" for i in kept]
        if len(kept) == width:
            values.append(columns)
            continue
        rest = sorted(set(range(width)) - set(kept))
        pooled += len(rest)
        rows.append(f"{name}[rest]")
        values += [tf.gather(columns, kept), st.pool(tf.gather(columns, rest))]
    return [table("inputs", rows, tf.concat(values, 0), pooled)] if values else []


def batch(tensors: list[tuple[str, Any]]) -> list[Table]:
    """`batch`: the fingerprint of each input's batch."""
    rows, values = [], []
    for name, tensor in tensors[:MAX_FEATURES]:
        if not is_numeric(tensor):
            continue
        # Of sparse and ragged batches the stored values alone, which know no example.
        flat = st.as_rows(tensor, _per_example(tensor) if isinstance(tensor, tf.Tensor) else 1)
        count = tf.cast(tf.shape(flat)[0], tf.float32)
        rows.append(name)
        values.append(tf.concat([st.fingerprint(flat), count[None]], 0))
    return [table("batch", rows, tf.stack(values))] if values else []


def labels(targets: list[Target]) -> list[Table]:
    """`labels` and `label_counts`."""
    rows, values = [], []
    for target in targets:
        if not is_numeric(target.labels):
            continue
        flat = st.as_rows(target.labels, target.label_units)
        column = tf.reshape(flat, [-1, 1])
        everything = st.column_statistics(column)[0]  # (7,)
        whole = tf.reduce_mean(tf.cast(tf.equal(tf.floor(column), column), tf.float32))
        sums = tf.reduce_sum(flat, axis=1)
        examples = tf.shape(target.labels)[0] if target.labels.shape.rank else 1
        rows.append(target.name)
        values.append(
            tf.stack(
                [
                    *tf.unstack(everything[:5]), whole, tf.reduce_min(sums), tf.reduce_max(sums),
                    everything[5], everything[6], tf.cast(examples, tf.float32),
                    float(target.label_units),
                ]
            )
        )  # fmt: skip
    found = [table("labels", rows, tf.stack(values))] if values else []
    counted = [
        (t.name, st.class_counts(_label_ids(t), t.classes))
        for t in targets
        if t.classes and is_numeric(t.labels)
    ]
    return found + _counts("label_counts", counted)


def sample_weights(targets: list[Target]) -> list[Table]:
    """`sample_weights`, where there are any."""
    rows, values = [], []
    for target in targets:
        if is_numeric(target.weights):
            flat = st.as_float(target.weights)
            zeros = tf.reduce_mean(tf.cast(tf.equal(flat, 0.0), tf.float32))
            size = tf.cast(tf.size(flat), tf.float32)
            rows.append(target.name)
            values.append(
                tf.stack([tf.reduce_mean(flat), tf.reduce_min(flat), tf.reduce_max(flat), zeros,
                          size])
            )
    return [table("sample_weights", rows, tf.stack(values))] if values else []


def outputs(targets: list[Target]) -> list[Table]:
    """`outputs` and `prediction_counts`."""
    rows, values = [], []
    counted: list[tuple[str, Any]] = []
    for target in targets:
        if not is_numeric(target.predictions):
            continue
        flat = st.as_rows(target.predictions)
        units = flat.shape[1]
        middle = tf.reduce_mean(flat, axis=0)
        spread = tf.sqrt(tf.reduce_mean(tf.square(flat - middle), axis=0))
        finite = tf.reduce_sum(tf.cast(tf.math.is_finite(flat), tf.float32))
        size = tf.cast(tf.size(flat), tf.float32)
        activation = target.output.activation
        rows.append(target.name)
        values.append(
            tf.stack(
                [
                    tf.reduce_mean(middle), tf.reduce_mean(spread), tf.reduce_min(flat),
                    tf.reduce_max(flat), _entropy(flat, activation), _edge(flat, activation),
                    size - finite, size / float(units), float(units),
                ]
            )
        )  # fmt: skip
        if target.encoding in ("ids", "rows"):
            ids = tf.cast(tf.argmax(flat, axis=1, output_type=tf.int32), tf.float32)
            ids = tf.where(tf.math.is_nan(tf.reduce_sum(flat, axis=1)), NAN, ids)
        elif target.encoding == "binary":
            edge = 0.0 if target.output.from_logits else 0.5
            ids = tf.where(tf.math.is_nan(flat), NAN, tf.cast(flat > edge, tf.float32))
            ids = tf.reshape(ids, [-1])
        else:
            continue
        counted.append((target.name, st.class_counts(ids, target.classes or 1)))
    found = [table("outputs", rows, tf.stack(values))] if values else []
    return found + _counts("prediction_counts", counted)


def association(tensors: list[tuple[str, Any]], targets: list[Target]) -> list[Table]:
    """Moments of this batch that `Association` joins: two means, two sums of squares, products.

    One row; not written as it is. Values that are not finite count as the column's mean.
    """
    width, names = _input_columns(tensors)
    label_width, label_names = _label_columns(targets)
    if not width or not label_width:
        return []
    count = tf.minimum(tf.shape(width[0])[0], tf.shape(label_width[0])[0])
    x = tf.concat([c[:count] for c in width], 1)
    y = tf.concat([c[:count] for c in label_width], 1)
    x_mean, x = _centred(x)
    y_mean, y = _centred(y)
    total = tf.cast(count, tf.float32)
    values = tf.concat(
        [
            total[None], x_mean, y_mean, tf.reduce_sum(x * x, 0), tf.reduce_sum(y * y, 0),
            tf.reshape(tf.matmul(x, y, transpose_a=True), [-1]),
        ],
        0,
    )  # fmt: skip
    return [Table(Layout(facts.ASSOCIATION_TABLE, tuple(names), tuple(label_names)), values[None])]


def _centred(columns: Any) -> tuple[Any, Any]:
    finite = tf.math.is_finite(columns)
    zeroed = tf.where(finite, columns, 0.0)
    known = tf.maximum(tf.reduce_sum(tf.cast(finite, tf.float32), 0), 1.0)
    mean = tf.reduce_sum(zeroed, 0) / known
    return mean, tf.where(finite, columns - mean, 0.0)


def _per_example(tensor: Any) -> int:
    sizes = tensor.shape[1:] if tensor.shape.rank else []
    return int(np.prod([s or 1 for s in sizes])) if len(sizes) else 1


def _input_columns(tensors: list[tuple[str, Any]]) -> tuple[list[Any], list[str]]:
    columns, names = [], []
    numeric = [(n, t) for n, t in tensors if isinstance(t, tf.Tensor) and is_numeric(t)]
    for name, tensor in numeric[:MAX_FEATURES]:
        if None in tensor.shape[1:]:
            continue  # of open length: its columns have no fixed meaning
        width = _per_example(tensor)
        kept = evenly(width, max(1, MAX_FEATURES // len(numeric)))
        flat = st.as_rows(tensor, width)
        columns.append(flat if len(kept) == width else tf.gather(flat, kept, axis=1))
        names += [f"{name}[{i}]" for i in kept]
    return columns, names


def _label_columns(targets: list[Target]) -> tuple[list[Any], list[str]]:
    columns: list[Any] = []
    names: list[str] = []
    for target in targets:
        if not isinstance(target.labels, tf.Tensor) or not is_numeric(target.labels):
            continue
        if None in target.labels.shape[1:]:
            continue
        width = _per_example(target.labels)
        flat = st.as_rows(target.labels, width)
        if target.encoding == "ids" and width == 1:
            kept = list(range(min(target.units, MAX_LABEL_COLUMNS)))
            flat = tf.cast(tf.equal(flat, tf.range(len(kept), dtype=tf.float32)), tf.float32)
        else:
            kept = evenly(width, MAX_LABEL_COLUMNS)
            flat = flat if len(kept) == width else tf.gather(flat, kept, axis=1)
        room = MAX_LABEL_COLUMNS - len(names)
        if room > 0:
            columns.append(flat[:, :room])
            names += [f"{target.name}[{i}]" for i in kept][:room]
    return columns, names


def _label_ids(target: Target) -> Any:
    """Class ids as float32, (examples,); NaN, which nothing counts, where rows are not one-hot."""
    flat = st.as_rows(target.labels, target.label_units)
    if target.encoding != "rows":
        return tf.reshape(flat, [-1])
    ids = tf.cast(tf.argmax(flat, axis=1, output_type=tf.int32), tf.float32)
    if target.certain:
        return ids
    one_hot = tf.equal(tf.reduce_sum(flat, 1), 1.0) & tf.equal(tf.reduce_max(flat, 1), 1.0)
    return tf.where(tf.reduce_all(one_hot), ids, NAN)


def _counts(kind: str, counted: list[tuple[str, Any]]) -> list[Table]:
    """Joins class counts of several outputs; NaN where an output has fewer classes."""
    if not counted:
        return []
    most = max(c.shape[0] for _, c in counted) - 1
    columns = (*map(str, range(most)), "other")
    values = [
        tf.concat([c[:-1], tf.fill([most + 1 - c.shape[0]], NAN), c[-1:]], 0) for _, c in counted
    ]
    return [Table(Layout(kind, tuple(n for n, _ in counted), columns), tf.stack(values))]


def _entropy(flat: Any, activation: str | None) -> Any:
    """Mean entropy over examples in nats; NaN where the output is no distribution."""
    def surprise(p: Any) -> Any:
        return -p * tf.math.log(tf.maximum(p, 1e-30))

    if activation == "softmax":
        return tf.reduce_mean(tf.reduce_sum(surprise(flat), axis=1))
    if activation == "sigmoid" and flat.shape[1] == 1:
        return tf.reduce_mean(surprise(flat) + surprise(1.0 - flat))
    return tf.constant(NAN)


def _edge(flat: Any, activation: str | None) -> Any:
    """Share of values that cannot be told from the activation's bound; NaN without bounds."""
    if activation in ("sigmoid", "softmax"):
        near = (flat <= st.ROUNDING_STEP) | (flat >= 1.0 - st.ROUNDING_STEP)
    elif activation == "tanh":
        near = tf.abs(flat) >= 1.0 - st.ROUNDING_STEP
    else:
        return tf.constant(NAN)
    return tf.reduce_mean(tf.cast(near, tf.float32))
