"""Which activation reaches the loss in a loop of the user's own, as far as that can be known.

The model tells what its last layer does, but the loop may do more before it asks for the loss: a
softmax by hand would make a true statement about the model a false one about the loss.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.contract.activations import by_operation
from tb_zeroacc.keras.tables.graph_numbers import as_float
from tb_zeroacc.recording.tables.observation import Observation

ROUNDING = 1e-3  # by so much a sum of probabilities may miss 1, in half precision


def as_reached(
    outputs: tuple[facts.Output, ...], seen: Observation | None
) -> tuple[facts.Output, ...]:
    """Outputs with the activation that reaches the loss; None where that is not known.

    Args:
        outputs: With the activation of the layer that makes each.
        seen: A step; None before the first.
    """
    given = [] if seen is None or seen.y_pred is None else keras.tree.flatten(seen.y_pred)
    tensors = given if len(given) == len(outputs) else [None] * len(outputs)
    return tuple(
        replace(output, activation=_reached(output.activation, tensor, seen))
        for output, tensor in zip(outputs, tensors, strict=True)
    )


def _reached(of_layer: str | None, tensor: Any, seen: Observation | None) -> str | None:
    if seen is None or tensor is None:
        return None
    if seen.state is None:  # no outputs were shown: nothing tells that this is what the loss saw
        return None if of_layer == "linear" else of_layer
    if any(tensor is own for own in seen.state):
        return of_layer
    if hasattr(tensor, "numpy"):
        return of_layer if _fits(of_layer, as_float(tensor)) else None
    return by_operation(tensor)


def _fits(activation: str | None, values: Any) -> bool:
    """Whether values can be an activation's; linear ones must be no probabilities."""
    low, high = float(tf.reduce_min(values)), float(tf.reduce_max(values))
    if activation == "softmax" and values.shape.rank:
        sums = tf.reduce_sum(values, axis=-1)
        return low >= 0.0 and bool(tf.reduce_all(tf.abs(sums - 1.0) < ROUNDING))
    if activation == "linear":
        return low < 0.0 or high > 1.0
    if activation == "sigmoid":
        return low >= 0.0 and high <= 1.0
    if activation == "tanh":
        return low >= -1.0 and high <= 1.0
    return True
