"""What `strategy.run` and distributed datasets hand out: a value a replica of this process.

Examples are joined in the order of the replicas. A loss of shape (), and gradients, are shares of
the whole, as tensorflow.org's "Custom training with tf.distribute.Strategy" divides them by all
examples of a step, and Keras' losses by all replicas: so that they can be summed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import tensorflow as tf

Join: TypeAlias = Callable[[list[Any]], Any]


def is_per_replica(given: Any) -> bool:
    """Whether something is a value a replica, and no variable."""
    return isinstance(given, tf.distribute.DistributedValues) and not isinstance(given, tf.Variable)


def joined(given: Any, join: Join) -> Any:
    """The values of all replicas of this process as one tensor, or as one structure of them."""
    values = list(given.values)
    if len(values) == 1 or type(given).__name__ == "Mirrored":  # the same in each
        return values[0]
    return keras.tree.map_structure(lambda *leaves: join(list(leaves)), *values)


def end_to_end(values: list[Any]) -> Any:
    """Examples behind each other; of values without any their mean."""
    if isinstance(values[0], tf.RaggedTensor):
        return tf.concat(values, 0)
    if isinstance(values[0], tf.SparseTensor):
        return tf.sparse.concat(0, values)
    values = [tf.convert_to_tensor(value) for value in values]
    return tf.reduce_mean(values, 0) if values[0].shape.rank == 0 else tf.concat(values, 0)


def whole_of(replicas: int) -> Join:
    """How shares are joined, to what these replicas would have found by themselves.

    Args:
        replicas: Those among which the whole is divided, of other processes as well.
    """

    def whole(values: list[Any]) -> Any:
        if any(value is None for value in values):
            return None
        values = [v if isinstance(v, tf.Variable) else tf.convert_to_tensor(v) for v in values]
        total = tf.add_n(values)
        factor = replicas / len(values)
        return total if factor == 1.0 else total * tf.cast(factor, total.dtype)

    return whole


def loss_of(replicas: int) -> Join:
    """How losses are joined: shares of one number, or one for each example."""
    whole = whole_of(replicas)

    def loss(values: list[Any]) -> Any:
        is_share = tf.convert_to_tensor(values[0]).shape.rank == 0
        return whole(values) if is_share else end_to_end(values)

    return loss
