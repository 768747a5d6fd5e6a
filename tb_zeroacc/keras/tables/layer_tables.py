"""What a step of Keras shows of the model's inside, as `model_tables` takes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.tables import graph_backend
from tb_zeroacc.keras.tables.graph_numbers import as_float, average
from tb_zeroacc.recording.statistics.backend import NAN
from tb_zeroacc.recording.statistics.tensors import kind_of
from tb_zeroacc.recording.tables import model_tables
from tb_zeroacc.recording.tables.model_tables import MAX_ROWS, LayerOutput, Losses, Snapshot, Weight
from tb_zeroacc.recording.tables.observation import LayerCall, Observation, Update
from tb_zeroacc.records import as_float32


def weights_of(update: Update) -> tuple[Weight, ...]:
    """The variables of an update that have a row, noted at the update."""
    if update.weights is None:
        update.weights = tuple(Weight.of(v, path_of(v)) for v in update.variables[:MAX_ROWS])
    found: tuple[Weight, ...] = update.weights
    return found


def looked_at(updates: Iterable[Update]) -> list[Update]:
    """The updates whose weights were looked at before, each with its `weights` noted."""
    found = [update for update in updates if update.before is not None]
    for update in found:
        weights_of(update)
    return found


def values_of(weights: Sequence[Weight]) -> list[Any]:
    """The values of variables now."""
    return [value_of(weight.variable) for weight in weights]


def first_row(variable: Any) -> Any:
    """A variable's first entry along all axes but the last, float32 of shape (units,)."""
    value = value_of(variable)
    if len(variable.shape) == 0:
        return tf.reshape(as_float(value), [1])
    while len(value.shape) > 1:
        value = value[0]
    return as_float(value)


def look(update: Update, scale: Any) -> Snapshot:
    """Reads the weights before an update.

    Args:
        update: The update that is about to be applied.
        scale: The loss scale.
    """
    weights, rate = weights_of(update), rate_of(update.optimizer)
    return model_tables.look(weights, values_of(weights), rate, scale, graph_backend)


def narrowed(before: Snapshot, variables: list[Any]) -> Snapshot:
    """A snapshot of some of its variables, in the order in which they are given."""
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


def unseen(update: Update, scale: Any) -> Snapshot:
    """A snapshot of weights that were not read."""
    return model_tables.unseen(weights_of(update), scale, graph_backend)


def rate_of(optimizer: Any) -> Any:
    """The learning rate of the next update; NaN of a user's own function, which is not called."""
    rate = learning_rate(optimizer)
    return tf.constant(NAN) if rate is None else tf.cast(tf.convert_to_tensor(rate), tf.float32)


def loss_scale_of(optimizer: Any) -> Any:
    """The loss scale, before the optimizer changes it; 1 without one."""
    if has_loss_scale(optimizer):
        return tf.cast(tf.convert_to_tensor(loss_scale(optimizer)), tf.float32)
    return tf.constant(float(getattr(optimizer, "loss_scale_factor", None) or 1.0))


def layer_outputs(calls: Sequence[LayerCall]) -> list[LayerOutput]:
    """The outputs of a step's calls, where they can be used here."""
    found = [(call, first_tensor(call.output)) for call in calls]
    return [LayerOutput(c.layer, t, activation_in(c)) for c, t in found if is_visible(t)]


def activation_in(call: LayerCall) -> str:
    """Name of the activation of a call's output, noted at the call; empty without one."""
    if call.activation is None:
        own = not is_a(call.layer, "RNN")  # whose output is not their activation's
        call.activation = (activation_of(call.layer) or "") if own else ""
    return call.activation


def losses_of(seen: Observation) -> Losses:
    """The loss of a step; of several replicas this one's, as if it had trained alone."""
    total = mean_of(seen.loss) if seen.loss is not None else reported_loss(seen)
    total = NAN if total is None else total
    updates = looked_at(seen.updates)
    rates = model_tables.rates_of(updates)
    # Each replica's loss is divided by their number, so that Keras can sum them.
    replicas = float(seen.replicas)
    return Losses(
        total=total * replicas,
        penalty=_penalty(seen, total) * replicas,
        scale=next((u.before.scale for u in updates if not u.is_hidden), 1.0),
        rate=next(iter(rates.values())) if len(rates) == 1 else NAN,
        of_outputs={
            name: mean_of(value)
            for name, value in seen.output_losses.items()
            if is_visible(value)
        },
    )


def _penalty(seen: Observation, total: Any) -> Any:
    """What was added to the loss of the data; NaN where it cannot be seen."""
    terms = [mean_of(t) for t in seen.penalties if is_visible(t)]
    if terms:
        return sum(terms[1:], terms[0])
    if is_visible(seen.data_loss):
        return total - mean_of(seen.data_loss)
    # A `compute_loss` of the user's own may add terms out of sight.
    overridden = not is_as_keras_made_it(seen.model, "compute_loss")
    return NAN if seen.loss is None or overridden else 0.0


def reported_loss(seen: Observation) -> Any:
    """The `loss` that `train_step` returned; None without one."""
    return mean_of(seen.result["loss"]) if _reports_loss(seen) else None


def has_loss(seen: Observation) -> bool:
    """Whether a step showed a loss; a `train_step` of the user's own need not return `loss`."""
    return seen.loss is not None or _reports_loss(seen)


def _reports_loss(seen: Observation) -> bool:
    return isinstance(seen.result, dict) and "loss" in seen.result


def mean_of(value: Any) -> Any:
    """Mean of a loss of any shape, float32 of shape ()."""
    if isinstance(value, np.ndarray):
        wide = value if value.dtype == np.float64 else value.astype(np.float32)
        return as_float32(wide.mean())
    return average(value)


def first_tensor(structure: Any) -> Any:
    """The first floating-point tensor of a layer's output; None without any."""
    for leaf in keras.tree.flatten(structure):
        if isinstance(leaf, tf.RaggedTensor):
            leaf = leaf.flat_values
        if isinstance(leaf, np.ndarray):
            return leaf
        if isinstance(leaf, tf.Tensor) and kind_of(leaf) == "f":
            return leaf
    return None
