"""What a step showed, put together: inputs with their names, outputs with their labels."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.recorder import tables
from tb_zeroacc.recorder.host_data import HostTensor
from tb_zeroacc.recorder.losses import describe_outputs
from tb_zeroacc.recorder.observation import Observation
from tb_zeroacc.recorder.targets import Target


def parts_of(
    seen: Observation, outputs: tuple[facts.Output, ...] | None = None
) -> tuple[list[tuple[str, Any]], list[Target]]:
    """Inputs with names, and outputs with their labels, from what a step showed.

    Args:
        seen: The step.
        outputs: What is known about the outputs, where the step does not show them.
    """
    _, y, weight = data_of(seen)
    outputs = outputs or describe_outputs(seen.model, seen, [])
    predictions = keras.tree.flatten(seen.y_pred) if seen.y_pred is not None else []
    predictions += [None] * (len(outputs) - len(predictions))
    labels = _aligned(y, [o.name for o in outputs])
    weights = _aligned(weight, [o.name for o in outputs], repeat=True)
    targets = [
        Target(output, *(t if t is not None and is_visible(t) else None for t in tensors))
        for output, *tensors in zip(outputs, labels, predictions, weights, strict=True)
    ]
    return inputs_of(seen), targets


def inputs_of(seen: Observation) -> list[tuple[str, Any]]:
    """The input tensors of a step with names, as far as they can be used here."""
    x, _, _ = data_of(seen)
    return [(name, tensor) for name, tensor in tables.named(x, "x") if is_visible(tensor)]


def data_of(seen: Observation) -> tuple[Any, Any, Any]:
    """Inputs, labels and sample weights of a step: as it was fed, labels as the loss saw them."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(seen.data)
    x = seen.x if x is None else x
    y = y if seen.y is None else seen.y
    weight = weight if seen.sample_weight is None else seen.sample_weight
    return x, y, weight


def _aligned(structure: Any, names: list[str], *, repeat: bool = False) -> list[Any]:
    """The tensors of labels or weights in the order of the outputs; None where there is none."""
    if structure is None:
        return [None] * len(names)
    if isinstance(structure, dict):
        return [structure.get(name) for name in names]
    flat: list[Any] = keras.tree.flatten(structure)
    if repeat and len(flat) == 1:
        return flat * len(names)
    return (flat + [None] * len(names))[: len(names)]


def is_visible(tensor: Any) -> bool:
    """Whether a tensor can be used here: not one of a loop's, a branch's or a scratch graph."""
    if tensor is None:
        return False
    if isinstance(tensor, tf.RaggedTensor):
        tensor = tensor.flat_values
    if isinstance(tensor, tf.SparseTensor | tf.IndexedSlices):
        tensor = tensor.values
    if not isinstance(tensor, tf.Tensor):
        return isinstance(tensor, int | float | np.ndarray | HostTensor)
    owner = getattr(tensor, "graph", None) if not hasattr(tensor, "numpy") else None
    if owner is None:
        return True
    graph = tf.compat.v1.get_default_graph()
    while graph is not None:
        if graph is owner:
            return True
        graph = getattr(graph, "outer_graph", None)
    return False
