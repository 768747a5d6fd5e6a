"""The tables of a model's inside: activations, gradients, weights and their updates, the loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc.recorder import host
from tb_zeroacc.recorder import statistics as graph
from tb_zeroacc.recorder.activations import activation_of
from tb_zeroacc.recorder.generations import (
    has_loss_scale,
    is_a,
    is_as_keras_made_it,
    learning_rate,
    loss_scale,
    path_of,
    value_of,
)
from tb_zeroacc.recorder.observation import LayerCall, Observation, Update
from tb_zeroacc.recorder.tables import NAN, Table, table
from tb_zeroacc.recorder.tensors import kind_of
from tb_zeroacc.records import as_float32

MAX_ROWS = 512  # of activations, and of variables
STATISTICS = 4  # of a variable before its update
ZERO_FLOORED = frozenset({"relu", "relu6"})  # units whose derivative is 0 where their output is


@dataclass(frozen=True, slots=True)
class Weight:
    """A variable that has a row: what is asked of it at every sample.

    Attributes:
        variable: The variable.
        path: Its name in the record.
        size, width: Elements, and size of the last axis.
        is_kernel: Whether it has units that can be alike.
        stride: Step of a walk that visits about 4 000 of its elements.
        visited: How many they are.
    """

    variable: Any
    path: str
    size: int
    width: int
    is_kernel: bool
    stride: int
    visited: int

    @classmethod
    def of(cls, variable: Any) -> Weight:
        """What a variable's shape says."""
        shape = [int(n) for n in variable.shape]
        size, width = math.prod(shape), shape[-1] if shape else 1
        stride = host.update_stride(size, width)
        is_kernel = len(shape) > 1 and width > 1
        return cls(variable, path_of(variable), size, width, is_kernel, stride, -(-size // stride))


@dataclass(slots=True)
class Snapshot:
    """The weights before an update, as far as they are needed after it.

    Attributes:
        statistics: float32 of shape (weights, 4): rms, abs max, spread over units, non-finite
            count. NaN where nobody looked.
        visited: Some elements of each weight, end to end; float32. NaN where nobody looked.
        rate: The learning rate that this update applies.
        scale: What the loss, and so each gradient, was multiplied with.
        weights: What has a row here, where it may be more than an update changes.
    """

    statistics: Any
    visited: Any
    rate: Any
    scale: Any
    weights: tuple[Weight, ...] = ()


def weights_of(update: Update) -> tuple[Weight, ...]:
    """The variables of an update that have a row."""
    if update.weights is None:
        update.weights = tuple(Weight.of(v) for v in update.variables[:MAX_ROWS])
    found: tuple[Weight, ...] = update.weights
    return found


def values_of(weights: Sequence[Weight]) -> list[Any]:
    """The weights as they are now."""
    return [value_of(weight.variable) for weight in weights]


def first_row(variable: Any) -> Any:
    """One value of each unit, float32 of shape (units,); a vector as a whole."""
    value = value_of(variable)
    if len(variable.shape) == 0:
        return tf.reshape(graph.as_float(value), [1])
    while len(value.shape) > 1:
        value = value[0]
    return graph.as_float(value)


def look(
    update: Update, scale: Any, values: list[Any] | None = None, rate: Any = None, st: Any = graph
) -> Snapshot:
    """The weights as they are before an update.

    Args:
        update: The update.
        scale: What the loss was multiplied with.
        values: The values of its weights; they are read where they are not given.
        rate: The learning rate, likewise.
        st: `statistics`, or `host` where the values are arrays.
    """
    weights = weights_of(update)
    rows = _rows(weights, values_of(weights) if values is None else values, st)
    visited = _visited(weights, rows, st)
    rate = rate_of(update.optimizer) if rate is None else rate
    found = _weigh(rows, weights, st)
    return Snapshot(found, st.below_each_other(visited), rate, scale, weights)


def _weigh(rows: list[Any], weights: Sequence[Weight], st: Any) -> Any:
    """Statistics of the weights as they are now: float32 of shape (weights, 4)."""
    found = st.moments(rows)
    kernels = [i for i, weight in enumerate(weights) if weight.is_kernel]
    spreads = st.vector([NAN])  # at the end, for what is no kernel
    if kernels:
        spreads = st.below_each_other([st.unit_spreads([rows[i] for i in kernels]), spreads])
    places = {i: place for place, i in enumerate(kernels)}
    spread = st.take_rows(spreads, [places.get(i, len(kernels)) for i in range(len(weights))])
    return st.side_by_side([found.rms, found.abs_max, spread, found.non_finite])


def unseen(update: Update, scale: Any, st: Any = graph) -> Snapshot:
    """What is known before an update where nobody looked."""
    weights = weights_of(update)
    visited = st.unknown([sum(w.visited for w in weights)])
    statistics = st.unknown([len(weights), STATISTICS])
    return Snapshot(statistics, visited, st.unknown([]), scale)


def rate_of(optimizer: Any) -> Any:
    """The learning rate of this update; NaN for a user's own function, which is not called."""
    rate = learning_rate(optimizer)
    return tf.constant(NAN) if rate is None else tf.cast(tf.convert_to_tensor(rate), tf.float32)


def loss_scale_of(optimizer: Any) -> Any:
    """What an optimizer multiplies the loss with, before it changes that."""
    if has_loss_scale(optimizer):
        return tf.cast(tf.convert_to_tensor(loss_scale(optimizer)), tf.float32)
    return tf.constant(float(getattr(optimizer, "loss_scale_factor", None) or 1.0))


def weights(
    updates: list[Update], now: list[list[Any]] | None = None, st: Any = graph
) -> list[Table]:
    """`weights`: before the update, and what the update changed.

    Args:
        updates: The updates of a step.
        now: The values of each one's variables behind it; they are read where they are not given.
        st: `statistics`, or `host` where the values are arrays.
    """
    rows, values = [], []
    for i, update in enumerate(updates):
        before: Snapshot = update.before
        weights = weights_of(update)
        found = values_of(weights) if now is None else now[i]
        visited = _visited(weights, _rows(weights, found, st), st)
        changed = st.rms_of_changes(visited, before.visited)
        rms, high, spread, bad = (before.statistics[:, column] for column in range(STATISTICS))
        rows += [weight.path for weight in weights]
        values.append(st.side_by_side([rms, high, spread, changed / rms, changed, bad]))
    return [table("weights", _unique(rows), st.below_each_other(values))] if values else []


def gradients(updates: list[Update], st: Any = graph) -> tuple[list[Table], Any]:
    """`gradients`, unscaled and before any clipping, and their global norm."""
    rows, values, squares = [], [], []
    for update in updates:
        if update.is_hidden:
            continue
        weights = weights_of(update)
        given = list(zip(weights, update.gradients, strict=False))
        present = [(weight, g) for weight, g in given if g is not None]
        rows += [weight.path for weight in weights]
        found = st.vector([0.0] + [NAN] * 4)[None]  # at the end, for those without a gradient
        if present:
            scale = 1.0 if update.is_unscaled else update.before.scale
            known = _rows([weight for weight, _ in present], [g for _, g in present], st)
            of = st.moments(known)
            squares.append(of.squares / (scale * scale))
            columns = [
                st.vector([1.0] * len(known)), of.rms / scale, of.abs_max / scale,
                of.zero_share, of.non_finite,
            ]  # fmt: skip
            found = st.below_each_other([st.side_by_side(columns), found])
        places = {weight.path: place for place, (weight, _) in enumerate(present)}
        values.append(st.take_rows(found, [places.get(w.path, len(present)) for w in weights]))
    norm = st.root_of_sum(squares) if squares else st.vector([NAN])[0]
    if not values:
        return [], norm
    return [table("gradients", _unique(rows), st.below_each_other(values))], norm


def activations(calls: list[LayerCall], st: Any = graph) -> list[Table]:
    """`activations`: a row a call of a layer."""
    rows: list[str] = []
    outputs, dead, saturated, units = [], [], [], []
    counts: dict[int, int] = {}
    for call in calls[:MAX_ROWS]:
        tensor = first_tensor(call.output)
        if tensor is None:
            continue
        flat = st.as_rows(tensor)
        activation = activation_in(call)
        outputs.append(flat)
        dead.append(st.dead_share(flat) if activation in ZERO_FLOORED else NAN)
        saturated.append(st.saturated_share(flat, activation))
        units.append(float(flat.shape[1]))
        # Counted here: Keras may have called a layer in a graph of its own, to learn its shapes.
        index = counts[id(call.layer)] = counts.get(id(call.layer), -1) + 1
        rows.append(f"{call.layer.name}#{index}" if index else call.layer.name)
    if not rows:
        return []
    found = st.moments(outputs, with_mean=True)
    columns = [
        found.mean, found.rms, found.abs_max, found.zero_share, st.vector(dead),
        st.vector(saturated), found.non_finite, st.vector(units),
    ]  # fmt: skip
    return [table("activations", _unique(rows), st.side_by_side(columns))]


def activation_in(call: LayerCall) -> str:
    """The activation that a call's output carries; empty where there is none to speak of."""
    if call.activation is None:
        own = not is_a(call.layer, "RNN")  # their output is no activation's own
        call.activation = (activation_of(call.layer) or "") if own else ""
    return call.activation


def loss(seen: Observation, norm: Any, is_visible: Any, st: Any = graph) -> list[Table]:
    """`loss`: a row for the whole, and with several outputs one for each."""
    total = mean_of(seen.loss) if seen.loss is not None else reported_loss(seen)
    total = NAN if total is None else total
    terms = [mean_of(t) for t in seen.penalties if is_visible(t)]
    if terms:
        penalty = sum(terms[1:], terms[0])
    elif is_visible(seen.data_loss):
        penalty = total - mean_of(seen.data_loss)
    else:  # a `compute_loss` of the user's own may add terms that nobody sees
        overridden = not is_as_keras_made_it(seen.model, "compute_loss")
        penalty = NAN if seen.loss is None or overridden else 0.0
    looked = [u for u in seen.updates if u.before is not None]
    scale = next((u.before.scale for u in looked if not u.is_hidden), 1.0)
    rates = rates_of(looked)
    rate = next(iter(rates.values())) if len(rates) == 1 else NAN
    # Each replica's loss is divided by their number, so that Keras can sum them.
    replicas = float(seen.model.distribute_strategy.num_replicas_in_sync)
    total, penalty = total * replicas, penalty * replicas
    row = st.vector([total, total - penalty, penalty, scale, rate, norm])
    rows, values = ["loss"], [row[None]]
    for name, value in seen.output_losses.items():
        if is_visible(value):
            rows.append(name)
            values.append(st.vector([mean_of(value), *[NAN] * 5])[None])
    return [table("loss", _unique(rows), st.below_each_other(values))]


def rates_of(updates: list[Update]) -> dict[str, Any]:
    """The learning rate of each optimizer's first update in a step, by the optimizer's name."""
    rates: dict[int, tuple[str, Any]] = {}
    for update in updates:
        if update.optimizer is not None:
            rates.setdefault(id(update.optimizer), (update.name, update.before.rate))
    names = _unique([name for name, _ in rates.values()])
    return dict(zip(names, (rate for _, rate in rates.values()), strict=True))


def learning_rates(updates: list[Update], st: Any = graph) -> list[Table]:
    """`learning_rates`, where several optimizers train: a row each."""
    rates = rates_of(updates)
    if len(rates) < 2:
        return []
    return [table("learning_rates", list(rates), st.vector(list(rates.values()))[:, None])]


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
    if isinstance(value, np.ndarray):
        wide = value if value.dtype == np.float64 else value.astype(np.float32)
        return as_float32(wide.mean())
    return graph.average(value)


def first_tensor(structure: Any) -> Any:
    """The first tensor of real numbers in a layer's output; None without any."""
    for leaf in keras.tree.flatten(structure):
        if isinstance(leaf, tf.RaggedTensor):
            leaf = leaf.flat_values
        if isinstance(leaf, np.ndarray):
            return leaf
        if isinstance(leaf, tf.Tensor) and kind_of(leaf) == "f":
            return leaf
    return None


def _rows(weights: Sequence[Weight], values: list[Any], st: Any) -> list[Any]:
    """Values or gradients of weights as (rows, units)."""
    return [st.as_rows(value, w.width) for w, value in zip(weights, values, strict=True)]


def _visited(weights: Sequence[Weight], rows: list[Any], st: Any) -> list[Any]:
    """Some elements of each weight, spread over all rows and units."""
    return [st.every(value, w.stride) for w, value in zip(weights, rows, strict=True)]


def _unique(names: list[str]) -> list[str]:
    """Marks repeated names: `a/kernel`, `a/kernel#1`."""
    seen: dict[str, int] = {}
    marked = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        marked.append(f"{name}#{count}" if count else name)
    return marked
