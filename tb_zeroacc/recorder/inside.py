"""The tables of a model's inside: activations, gradients, weights and their updates, the loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc.recorder import statistics as st
from tb_zeroacc.recorder.contract import activation_of
from tb_zeroacc.recorder.hooks import LayerCall, Observation, Update
from tb_zeroacc.recorder.tables import NAN, Table, is_numeric, table

MAX_ROWS = 512  # of activations, and of variables
ZERO_FLOORED = frozenset({"relu", "relu6"})  # units whose derivative is 0 where their output is
RECURRENT = keras.layers.RNN  # their output is no activation's own


@dataclass(slots=True)
class Snapshot:
    """The weights before an update, as far as they are needed after it.

    Attributes:
        variables: The variables that have a row.
        statistics: float32 of shape (variables, 5): rms, abs max, spread over units, non-finite
            count, 0 where the snapshot was not taken.
        visited: Some elements of each variable, end to end; float32.
        rate: The learning rate that this update applies.
        scale: What the loss, and so each gradient, was multiplied with.
    """

    variables: list[Any]
    statistics: Any
    visited: Any
    rate: Any
    scale: Any


def visit(variable: Any) -> Any:
    """At most about 8 000 elements of a variable, spread over all rows and units."""
    size, width = _size(variable), _last_axis(variable)
    flat = tf.reshape(st.as_float(_tensor(variable)), [-1])
    return flat[:: st.update_stride(size, width)]


def visited_size(variable: Any) -> int:
    """How many elements `visit` returns."""
    size = _size(variable)
    return -(-size // st.update_stride(size, _last_axis(variable)))


def weigh(variables: list[Any], *, fused: bool) -> Any:
    """Statistics of the weights as they are now: float32 of shape (variables, 4)."""
    moments, spreads = st.Moments(fused), []
    for variable in variables:
        width = _last_axis(variable)
        rows = tf.reshape(st.as_float(_tensor(variable)), [-1, width])
        moments.add(rows)
        is_kernel = len(variable.shape) > 1 and width > 1
        spreads.append(st.unit_spread(rows) if is_kernel else tf.constant(NAN))
    found = moments.join()
    return tf.stack([found.rms, found.abs_max, tf.stack(spreads), found.non_finite], axis=1)


def weights(updates: list[Update]) -> list[Table]:
    """`weights`: before the update, and what the update changed."""
    rows, values = [], []
    for update in updates:
        before: Snapshot = update.before
        sizes = [visited_size(v) for v in before.variables]
        old = tf.split(before.visited, sizes)
        changes = [
            tf.sqrt(2.0 * tf.nn.l2_loss(visit(v) - o) / float(n))
            for v, o, n in zip(before.variables, old, sizes, strict=True)
        ]
        rms, high, spread, bad, taken = tf.unstack(before.statistics, axis=1)
        changed = tf.where(taken > 0.0, tf.stack(changes), NAN)
        rows += [v.path for v in before.variables]
        known = [tf.where(taken > 0.0, s, NAN) for s in (rms, high, spread)]
        values.append(
            tf.stack([*known, changed / rms, changed, tf.where(taken > 0.0, bad, NAN)], axis=1)
        )
    return [table("weights", _unique(rows), tf.concat(values, 0))] if values else []


def gradients(updates: list[Update]) -> tuple[list[Table], Any]:
    """`gradients`, unscaled and before any clipping, and their global norm."""
    rows, values, squares = [], [], []
    for update in updates:
        given = {id(v): g for v, g in zip(update.variables, update.gradients, strict=False)}
        found = [given.get(id(v)) for v in update.before.variables]
        moments = st.Moments(fused=update.before.scale.fused)
        for gradient in found:
            if gradient is not None:
                rows_of = st.as_float(gradient)
                moments.add(tf.reshape(rows_of, [-1, 1]))
        rows += [v.path for v in update.before.variables]
        if not len(moments):
            values.append(tf.constant([[0.0] + [NAN] * 4] * len(found)))
            continue
        scale = update.before.scale.value
        joined = moments.join()
        squares.append(tf.reduce_sum(joined.squares) / tf.square(scale))
        each = tf.unstack(
            tf.stack(
                [
                    tf.ones_like(joined.rms), joined.rms / scale, joined.abs_max / scale,
                    joined.zero_share, joined.non_finite,
                ],
                axis=1,
            )
        )  # fmt: skip
        none = tf.constant([0.0] + [NAN] * 4)
        remaining = iter(each)
        values.append(tf.stack([none if g is None else next(remaining) for g in found]))
    norm = tf.sqrt(tf.add_n(squares)) if squares else tf.constant(NAN)
    return ([table("gradients", _unique(rows), tf.concat(values, 0))] if values else []), norm


def activations(calls: list[LayerCall], *, fused: bool) -> list[Table]:
    """`activations`: a row a call of a layer."""
    rows: list[str] = []
    moments = st.Moments(fused)
    means, dead, saturated, units = [], [], [], []
    for call in calls[:MAX_ROWS]:
        tensor = first_tensor(call.output)
        if tensor is None:
            continue
        flat = st.as_rows(tensor)
        activation = activation_of(call.layer)
        if isinstance(call.layer, RECURRENT):
            activation = None
        moments.add(flat)
        means.append(tf.reduce_mean(flat))
        dead.append(_dead_share(flat) if activation in ZERO_FLOORED else tf.constant(NAN))
        saturated.append(_saturated_share(flat, activation))
        units.append(float(flat.shape[1]))
        name = call.layer.name
        rows.append(f"{name}#{call.index}" if call.index else name)
    if not rows:
        return []
    found = moments.join()
    columns = [
        tf.stack(means), found.rms, found.abs_max, found.zero_share, tf.stack(dead),
        tf.stack(saturated), found.non_finite, tf.constant(units),
    ]  # fmt: skip
    return [table("activations", _unique(rows), tf.stack(columns, axis=1))]


def loss(seen: Observation, norm: Any, is_visible: Any) -> list[Table]:
    """`loss`: one row."""
    total = mean_of(seen.loss) if seen.loss is not None else reported_loss(seen)
    total = tf.constant(NAN) if total is None else total
    terms = [mean_of(t) for t in seen.penalties if is_visible(t)]
    if terms:
        penalty = tf.add_n(terms)
    else:  # a `compute_loss` of the user's own may add terms that nobody sees
        overridden = type(seen.model).compute_loss is not keras.Model.compute_loss
        penalty = tf.constant(NAN if seen.loss is None or overridden else 0.0)
    first: Snapshot | None = seen.updates[0].before if seen.updates else None
    scale = first.scale.value if first else tf.constant(1.0)
    rate = first.rate if first else tf.constant(NAN)
    # Each replica's loss is divided by their number, so that Keras can sum them.
    replicas = float(seen.model.distribute_strategy.num_replicas_in_sync)
    total, penalty = total * replicas, penalty * replicas
    row = tf.stack([total, total - penalty, penalty, scale, rate, norm])
    return [table("loss", ["loss"], row[None])]


def reported_loss(seen: Observation) -> Any:
    """The loss that `train_step` returned, where `compute_loss` was never called; None without."""
    return mean_of(seen.result["loss"]) if _reports_loss(seen) else None


def has_loss(seen: Observation) -> bool:
    """Whether a step showed a loss; a `train_step` of the user's own need not name one `loss`."""
    return seen.loss is not None or _reports_loss(seen)


def _reports_loss(seen: Observation) -> bool:
    return isinstance(seen.result, dict) and "loss" in seen.result


def mean_of(value: Any) -> Any:
    """A loss as a float32 scalar, whatever its shape."""
    return tf.reduce_mean(tf.cast(tf.convert_to_tensor(value), tf.float32))


def first_tensor(structure: Any) -> Any:
    """The first tensor of real numbers in a layer's output; None without any."""
    for leaf in keras.tree.flatten(structure):
        if isinstance(leaf, tf.RaggedTensor):
            leaf = leaf.flat_values
        if isinstance(leaf, tf.Tensor) and is_numeric(leaf) and leaf.dtype.is_floating:
            return leaf
    return None


@dataclass(slots=True)
class LossScale:
    """What gradients were multiplied with, and whether fused operations may be used on them."""

    value: Any
    fused: bool = field(default=False)


def _dead_share(flat: Any) -> Any:
    """Share of units that no row activates."""
    return tf.reduce_mean(tf.cast(tf.reduce_max(flat, axis=0) <= 0.0, tf.float32))


def _saturated_share(flat: Any, activation: str | None) -> Any:
    if activation == "sigmoid":
        at_edge = tf.abs(flat - 0.5) > st.SIGMOID_EDGE
    elif activation == "tanh":
        at_edge = tf.abs(flat) > st.TANH_EDGE
    else:
        return tf.constant(NAN)
    return tf.reduce_mean(tf.cast(at_edge, tf.float32))


def _tensor(variable: Any) -> Any:
    return tf.convert_to_tensor(variable.value if hasattr(variable, "value") else variable)


def _size(variable: Any) -> int:
    size = 1
    for n in variable.shape:
        size *= int(n)
    return size


def _last_axis(variable: Any) -> int:
    return int(variable.shape[-1]) if len(variable.shape) else 1


def _unique(names: list[str]) -> list[str]:
    """Marks repeated names: `a/kernel`, `a/kernel#1`."""
    seen: dict[str, int] = {}
    marked = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        marked.append(f"{name}#{count}" if count else name)
    return marked
