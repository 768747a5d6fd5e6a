"""TensorFlow's tensors of any dtype and storage as float32 numbers.

Finite numbers beyond float32's range become the largest that it holds, as in `records.as_float32`.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tb_zeroacc.recording.statistics.backend import Tensor
from tb_zeroacc.recording.statistics.tensors import kind_of
from tb_zeroacc.records import LARGEST


def as_float(value: Tensor) -> Tensor:
    """Any numeric tensor as float32; the values of ragged, sparse and indexed ones.

    Raises:
        TypeError: The tensor holds no numbers.
    """
    return _narrowed(_wide(value))


def average(value: Tensor) -> Tensor:
    """Mean of a numeric tensor, float32 of shape (); taken in float64 where that is its dtype."""
    return _narrowed(tf.reduce_mean(_wide(value)))


def total(value: Tensor) -> Tensor:
    """Sum of a numeric tensor, float32 of shape (); taken in float64 where that is its dtype."""
    return _narrowed(tf.reduce_sum(_wide(value)))


def sum_of(tensors: list[tuple[str, Any]]) -> Any:
    """Sum of all floating-point tensors, float32 of shape (): not finite if any value is not.

    One that overflows is not finite either: it costs a sample that was not needed.
    """
    sums = [total(tensor) for _, tensor in tensors if kind_of(tensor) == "f"]
    return tf.add_n(sums) if sums else tf.constant(0.0)


def _narrowed(value: Tensor) -> Tensor:
    if value.dtype == tf.float32:
        return value
    clipped = tf.clip_by_value(value, -LARGEST, LARGEST)
    return tf.cast(tf.where(tf.math.is_inf(value), value, clipped), tf.float32)


def _wide(value: Tensor) -> Tensor:
    """Numbers as float64 where they are that, else as float32."""
    if isinstance(value, tf.RaggedTensor):
        value = value.flat_values
    elif isinstance(value, tf.SparseTensor | tf.IndexedSlices):
        value = value.values
    value = tf.convert_to_tensor(value)
    if value.dtype in (tf.float32, tf.float64):
        return value
    if not (value.dtype.is_floating or value.dtype.is_integer or value.dtype.is_bool):
        raise TypeError(f"{value.dtype.name} holds no real numbers")
    return tf.cast(value, tf.float32)
