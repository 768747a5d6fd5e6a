"""The tables of a model's inside: activations, gradients, weights and their updates, the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc.recorder import statistics as st
from tb_zeroacc.recorder.contract import activation_of
from tb_zeroacc.recorder.hooks import LayerCall, Observation, Update
from tb_zeroacc.recorder.tables import NAN, Table, is_numeric, table

MAX_ROWS = 512  # of activations, and of variables
STATISTICS = 4  # of a variable before its update
ZERO_FLOORED = frozenset({"relu", "relu6"})  # units whose derivative is 0 where their output is
RECURRENT = keras.layers.RNN  # their output is no activation's own


@dataclass(slots=True)
class Snapshot:
    """The weights before an update, as far as they are needed after it.

    Attributes:
        variables: The variables that have a row.
        statistics: float32 of shape (variables, 4): rms, abs max, spread over units, non-finite
            count. NaN where nobody looked.
        visited: Some elements of each variable, end to end; float32. NaN where nobody looked.
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


def first_row(variable: Any) -> Any:
    """One value of each unit, float32 of shape (units,); a vector as a whole."""
    value = _tensor(variable)
    if len(variable.shape) == 0:
        return tf.reshape(st.as_float(value), [1])
    while len(value.shape) > 1:
        value = value[0]
    return st.as_float(value)


def visited_size(variable: Any) -> int:
    """How many elements `visit` returns."""
    size = _size(variable)
    return -(-size // st.update_stride(size, _last_axis(variable)))


def weigh(variables: list[Any]) -> Any:
    """Statistics of the weights as they are now: float32 of shape (variables, 4)."""
    rows = [_rows_of(variable, _tensor(variable)) for variable in variables]
    found = st.moments(rows)
    kernels = [i for i, v in enumerate(variables) if len(v.shape) > 1 and _last_axis(v) > 1]
    spreads = [tf.constant(NAN)] * len(variables)
    if kernels:
        parts = [st.part_of(rows[i]) for i in kernels]
        known = tf.unstack(st.in_stacks(parts, st.unit_spread)[:, 0])
        for i, spread in zip(kernels, known, strict=True):
            spreads[i] = spread
    return tf.stack([found.rms, found.abs_max, tf.stack(spreads), found.non_finite], axis=1)


def look(update: Update, scale: Any) -> Snapshot:
    """The weights as they are before an update."""
    variables = update.variables[:MAX_ROWS]
    visited = tf.concat([visit(v) for v in variables], 0)
    return Snapshot(variables, weigh(variables), visited, rate_of(update.optimizer), scale)


def unseen(update: Update, scale: Any) -> Snapshot:
    """What is known before an update where nobody looked."""
    variables = update.variables[:MAX_ROWS]
    visited = tf.fill([sum(visited_size(v) for v in variables)], NAN)
    statistics = tf.fill([len(variables), STATISTICS], NAN)
    return Snapshot(variables, statistics, visited, tf.constant(NAN), scale)


def rate_of(optimizer: Any) -> Any:
    """The learning rate of this update; NaN for a user's own function, which is not called."""
    optimizer = getattr(optimizer, "inner_optimizer", None) or optimizer
    rate = getattr(optimizer, "_learning_rate", None)
    schedules = keras.optimizers.schedules.LearningRateSchedule
    if rate is None or (callable(rate) and not isinstance(rate, schedules | keras.Variable)):
        return tf.constant(NAN)
    return tf.cast(tf.convert_to_tensor(optimizer.learning_rate), tf.float32)


def loss_scale_of(optimizer: Any) -> Any:
    """What an optimizer multiplies the loss with, before it changes that."""
    if hasattr(optimizer, "initial_scale"):  # a LossScaleOptimizer, which may not be built yet
        scale = optimizer.dynamic_scale if optimizer.built else optimizer.initial_scale
        return tf.cast(tf.convert_to_tensor(scale), tf.float32)
    return tf.constant(float(getattr(optimizer, "loss_scale_factor", None) or 1.0))


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
        rms, high, spread, bad = tf.unstack(before.statistics, axis=1)
        changed = tf.stack(changes)
        rows += [v.path for v in before.variables]
        values.append(tf.stack([rms, high, spread, changed / rms, changed, bad], axis=1))
    return [table("weights", _unique(rows), tf.concat(values, 0))] if values else []


def gradients(updates: list[Update]) -> tuple[list[Table], Any]:
    """`gradients`, unscaled and before any clipping, and their global norm."""
    rows, values, squares = [], [], []
    for update in updates:
        given = {id(v): g for v, g in zip(update.variables, update.gradients, strict=False)}
        found = [given.get(id(v)) for v in update.before.variables]
        rows += [v.path for v in update.before.variables]
        known = [
            _rows_of(v, g)
            for v, g in zip(update.before.variables, found, strict=True)
            if g is not None
        ]
        if not known:
            values.append(tf.constant([[0.0] + [NAN] * 4] * len(found)))
            continue
        scale = update.before.scale
        of = st.moments(known)
        squares.append(tf.reduce_sum(of.squares) / tf.square(scale))
        columns = [
            tf.ones_like(of.rms), of.rms / scale, of.abs_max / scale, st.zero_shares(known),
            of.non_finite,
        ]  # fmt: skip
        each = tf.unstack(tf.stack(columns, axis=1))
        none = tf.constant([0.0] + [NAN] * 4)
        remaining = iter(each)
        values.append(tf.stack([none if g is None else next(remaining) for g in found]))
    norm = tf.sqrt(tf.add_n(squares)) if squares else tf.constant(NAN)
    return ([table("gradients", _unique(rows), tf.concat(values, 0))] if values else []), norm


def activations(calls: list[LayerCall]) -> list[Table]:
    """`activations`: a row a call of a layer."""
    rows: list[str] = []
    outputs, dead, saturated, units = [], [], [], []
    for call in calls[:MAX_ROWS]:
        tensor = first_tensor(call.output)
        if tensor is None:
            continue
        flat = st.as_rows(tensor)
        activation = activation_of(call.layer)
        if isinstance(call.layer, RECURRENT):
            activation = None
        outputs.append(flat)
        dead.append(_dead_share(flat) if activation in ZERO_FLOORED else tf.constant(NAN))
        saturated.append(_saturated_share(flat, activation))
        units.append(float(flat.shape[1]))
        name = call.layer.name
        rows.append(f"{name}#{call.index}" if call.index else name)
    if not rows:
        return []
    found = st.moments(outputs)
    columns = [
        st.means(outputs), found.rms, found.abs_max, st.zero_shares(outputs), tf.stack(dead),
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
    scale = first.scale if first else tf.constant(1.0)
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


def _dead_share(flat: Any) -> Any:
    """Share of units that no row activates."""
    return tf.reduce_mean(tf.cast(tf.reduce_max(flat, axis=0) <= 0.0, tf.float32))


def _saturated_share(flat: Any, activation: str | None) -> Any:
    """Share of values where the activation's derivative is under 1 % of its largest."""
    if activation == "sigmoid":
        at_edge = tf.abs(flat - 0.5) > st.SIGMOID_EDGE
    elif activation == "tanh":
        at_edge = tf.abs(flat) > st.TANH_EDGE
    elif activation == "hard_sigmoid":
        at_edge = tf.abs(flat - 0.5) >= 0.5
    elif activation == "hard_tanh":
        at_edge = tf.abs(flat) >= 1.0
    elif activation == "softmax":  # p(1-p) of an example's largest probability
        at_edge = tf.reduce_max(flat, axis=1) > 0.5 + st.SIGMOID_EDGE
    else:
        return tf.constant(NAN)
    return tf.reduce_mean(tf.cast(at_edge, tf.float32))


def _rows_of(variable: Any, value: Any) -> Any:
    """A variable's values or gradient as (rows, units)."""
    return tf.reshape(st.as_float(value), [-1, _last_axis(variable)])


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
