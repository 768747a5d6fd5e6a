"""What a step of Keras shows of the model's inside, as `model_tables` asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc.keras.compat import (
    has_loss_scale,
    is_a,
    is_as_keras_made_it,
    learning_rate,
    loss_scale,
    path_of,
    value_of,
)
from tb_zeroacc.keras.contract.activations import activation_of
from tb_zeroacc.keras.tables import graph_statistics as graph
from tb_zeroacc.recording.statistics.tensors import kind_of
from tb_zeroacc.recording.tables import model_tables
from tb_zeroacc.recording.tables.data_tables import NAN, ComputedTable
from tb_zeroacc.recording.tables.model_tables import MAX_ROWS, LayerOutput, Losses, Snapshot, Weight
from tb_zeroacc.recording.tables.observation import LayerCall, Observation, Update
from tb_zeroacc.records import as_float32


def weights_of(update: Update) -> tuple[Weight, ...]:
    """The variables of an update that have a row."""
    if update.weights is None:
        update.weights = tuple(Weight.of(v, path_of(v)) for v in update.variables[:MAX_ROWS])
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
        st: `graph_statistics`, or `numpy_statistics` where the values are arrays.
    """
    weights = weights_of(update)
    values = values_of(weights) if values is None else values
    rate = rate_of(update.optimizer) if rate is None else rate
    return model_tables.look(weights, values, rate, scale, st)


def narrowed(before: Snapshot, variables: list[Any]) -> Snapshot:
    """What a snapshot says about some of its variables, in the order in which they are given."""
    places = {id(weight.variable): i for i, weight in enumerate(before.weights)}
    kept = [places[id(v)] for v in variables if id(v) in places]
    if not kept or kept == list(range(len(before.weights))):
        return before
    parts = tf.split(before.visited, [weight.visited for weight in before.weights])
    return replace(
        before,
        weights=tuple(before.weights[i] for i in kept),
        statistics=tf.gather(before.statistics, kept),
        visited=tf.concat([parts[i] for i in kept], 0),
    )


def unseen(update: Update, scale: Any, st: Any = graph) -> Snapshot:
    """What is known before an update where nobody looked."""
    return model_tables.unseen(weights_of(update), scale, st)


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
) -> list[ComputedTable]:
    """`weights`: before the update, and what the update changed.

    Args:
        updates: The updates of a step.
        now: The values of each one's variables behind it; they are read where they are not given.
        st: `graph_statistics`, or `numpy_statistics` where the values are arrays.
    """
    found = [weights_of(update) for update in updates]
    now = [values_of(weights) for weights in found] if now is None else now
    return model_tables.weights(updates, now, st)


def gradients(updates: list[Update], st: Any = graph) -> tuple[list[ComputedTable], Any]:
    """`gradients`, unscaled and before any clipping, and their global norm."""
    for update in updates:
        weights_of(update)
    return model_tables.gradients(updates, st)


def activations(calls: list[LayerCall], st: Any = graph) -> list[ComputedTable]:
    """`activations`: a row a call of a layer."""
    found = [(call, first_tensor(call.output)) for call in calls[:MAX_ROWS]]
    return model_tables.activations(
        [LayerOutput(c.layer, t, activation_in(c)) for c, t in found if t is not None], st
    )


def activation_in(call: LayerCall) -> str:
    """The activation that a call's output carries; empty where there is none to speak of."""
    if call.activation is None:
        own = not is_a(call.layer, "RNN")  # their output is no activation's own
        call.activation = (activation_of(call.layer) or "") if own else ""
    return call.activation


def loss(
    seen: Observation, norm: Any, is_visible: Callable[[Any], bool], st: Any = graph
) -> list[ComputedTable]:
    """`loss`: a row for the whole, and with several outputs one for each."""
    total = mean_of(seen.loss) if seen.loss is not None else reported_loss(seen)
    total = NAN if total is None else total
    looked = [u for u in seen.updates if u.before is not None]
    rates = model_tables.rates_of(looked)
    # Each replica's loss is divided by their number, so that Keras can sum them.
    replicas = float(seen.model.distribute_strategy.num_replicas_in_sync)
    found = Losses(
        total=total * replicas,
        penalty=_penalty(seen, total, is_visible) * replicas,
        scale=next((u.before.scale for u in looked if not u.is_hidden), 1.0),
        rate=next(iter(rates.values())) if len(rates) == 1 else NAN,
        of_outputs={
            name: mean_of(value)
            for name, value in seen.output_losses.items()
            if is_visible(value)
        },
    )
    return model_tables.loss(found, norm, st)


def _penalty(seen: Observation, total: Any, is_visible: Callable[[Any], bool]) -> Any:
    """What was added to the data's loss; NaN where nobody sees it."""
    terms = [mean_of(t) for t in seen.penalties if is_visible(t)]
    if terms:
        return sum(terms[1:], terms[0])
    if is_visible(seen.data_loss):
        return total - mean_of(seen.data_loss)
    # A `compute_loss` of the user's own may add terms that nobody sees.
    overridden = not is_as_keras_made_it(seen.model, "compute_loss")
    return NAN if seen.loss is None or overridden else 0.0


def learning_rates(updates: list[Update], st: Any = graph) -> list[ComputedTable]:
    """`learning_rates`, where several optimizers train: a row each."""
    return model_tables.learning_rates(updates, st)


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
