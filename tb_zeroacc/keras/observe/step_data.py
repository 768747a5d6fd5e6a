"""What a step was fed with, and which of its tensors can be used where we stand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc.recording.statistics.tensors import HostTensor
from tb_zeroacc.recording.tables.observation import Observation


def data_of(seen: Observation) -> tuple[Any, Any, Any]:
    """Inputs, labels and sample weights of a step: as it was fed, labels as the loss saw them."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(seen.data)
    x = seen.x if x is None else x
    y = y if seen.y is None else seen.y
    weight = weight if seen.sample_weight is None else seen.sample_weight
    return x, y, weight


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
