"""What a loop of the user's own shows of a step, and the tables that are made of it.

A record may stand before the update or behind it. Before it the tables are made in two parts: all
of them at once, and those that an update changes again when the optimizer has applied it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.loop.given import taken, tensors_of
from tb_zeroacc.keras.loop.per_replica import whole_of
from tb_zeroacc.keras.observe.replicas import replicas_here
from tb_zeroacc.keras.observe.step_data import is_visible
from tb_zeroacc.keras.tables import content, graph_backend, layer_tables
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.tables import data_tables, model_tables
from tb_zeroacc.recording.tables.model_tables import Snapshot
from tb_zeroacc.recording.tables.observation import Observation, Update

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """The arguments of a record, as they were given; None for what is not shown."""

    inputs: Any = None
    labels: Any = None
    outputs: Any = None
    sample_weight: Any = None
    loss: Any = None
    gradients: Any = None


def observe(
    model: Any, shown: ShownStep, forward: Observation | None, guard: Guard
) -> Observation:
    """Puts together what was shown and what the hooks saw.

    Args:
        model: The model.
        shown: What the user handed over.
        forward: The forward pass of the step, where the hooks saw one.
        guard: Says what cannot be used.

    Returns:
        The step. Where outputs were shown its `state` lists those of the model's own that the hooks
        saw; else it is None.
    """
    x, outputs = taken(guard, "inputs", shown.inputs), taken(guard, "outputs", shown.outputs)
    y_pred = outputs
    own: list[Any] = []
    if forward is not None:
        own += keras.tree.flatten(forward.y_pred)
        x = forward.x if x is None else x
        y_pred = forward.y_pred if y_pred is None else y_pred
    loss = shown.loss
    return Observation(
        model,
        None,
        x=x,
        y=taken(guard, "labels", shown.labels),
        y_pred=y_pred,
        sample_weight=taken(guard, "sample_weight", shown.sample_weight),
        loss_called=loss is not None,
        loss_reached=loss is not None,
        loss=loss if is_visible(loss) else None,
        calls=[] if forward is None else forward.calls,
        state=None if outputs is None else own,
        # One loss an example is not divided.
        replicas=replicas_here() if loss is not None and np.ndim(loss) == 0 else 1,
    )


def penalties_of(model: Any) -> list[Any]:
    """Terms beside the data's loss: unknown where there are any, for a loop may leave them out."""
    return [NAN] if model.losses else []


def gradients_for(model: Any, gradients: Any) -> list[Any] | None:
    """The gradient of each of a model's trainable variables; None where none was shown at all.

    Args:
        model: The model.
        gradients: One for each of them, or pairs of gradient and variable.

    Raises:
        ValueError: They cannot be told apart.
    """
    if gradients is None:
        return None
    variables = model.trainable_variables
    join = whole_of(int(model.distribute_strategy.num_replicas_in_sync))
    if isinstance(gradients, list | tuple):
        if gradients and all(_is_pair(g) for g in gradients):
            of = {id(variable): gradient for gradient, variable in gradients}
            return [tensors_of("gradients", of.get(id(variable)), join) for variable in variables]
        if len(gradients) == len(variables):
            return [tensors_of("gradients", gradient, join) for gradient in gradients]
        received = f"{len(gradients)} for {len(variables)} variables"
    else:
        received = type(gradients).__name__
    raise ValueError(
        "`gradients` must be a list with one entry for each of `model.trainable_variables`, or of "
        f"pairs of gradient and variable. Received: {received}."
    )


def _is_pair(given: Any) -> bool:
    """Whether this is a gradient with its variable."""
    if not isinstance(given, list | tuple) or len(given) != 2:
        return False
    return isinstance(given[1], keras.Variable | tf.Variable)


def look(optimizer: Any, variables: list[Any]) -> Snapshot:
    """The weights as they are now; not in a graph that does not run."""
    update = Update(optimizer, [], variables, fresh=False)
    return layer_tables.look(update, layer_tables.loss_scale_of(optimizer))


def unmoved(
    optimizer: Any, variables: list[Any], gradients: list[Any] | None, before: Snapshot
) -> Update:
    """An update that is still to come, or was not seen: what it changes is unknown."""
    unknown = replace(before, visited=tf.fill(tf.shape(before.visited), NAN))
    given = [None] * len(variables) if gradients is None else gradients
    return Update(
        optimizer, given, variables, fresh=False, before=unknown, replicas=replicas_here()
    )


def first_part(
    seen: Observation,
    guard: Guard,
    outputs: tuple[facts.Output, ...],
    *,
    has_gradients: bool,
) -> list[data_tables.ComputedTable]:
    """All tables of a step, as far as they are known when it is recorded.

    Args:
        seen: The step with its updates.
        guard: Turns failing parts off.
        outputs: What is known about the outputs.
        has_gradients: Whether the gradients of the updates are known; if not they have no table.
    """
    found = content.tables_of(seen, guard, outputs)
    return [t for t in found if has_gradients or t.layout.kind != "gradients"]


def second_part(
    seen: Observation, updates: list[Update], guard: Guard, *, has_gradients: bool
) -> list[data_tables.ComputedTable]:
    """The tables that updates change, when they have been applied.

    Args:
        seen: The step.
        updates: With the weights from before them.
        guard: Turns failing parts off.
        has_gradients: Whether the first part had the gradients.
    """
    updates = layer_tables.looked_at(updates)
    found = list(guard.run("the weights", content.weights, updates) or [])
    found += guard.run("the reduced gradients", content.reduced, updates) or []
    gradients = (
        None
        if has_gradients
        else guard.run("the gradients", model_tables.gradients, updates, graph_backend)
    )
    if gradients is not None:
        found += gradients[0]
        again = Observation(
            seen.model, None, loss=seen.loss, penalties=seen.penalties, replicas=seen.replicas
        )
        again.updates = updates
        found += guard.run("the loss", content.loss, again, gradients[1]) or []
    return found
