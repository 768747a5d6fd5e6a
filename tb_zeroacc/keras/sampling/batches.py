"""Batches of steps: drawn ahead or kept, their structure, their inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@dataclass(slots=True)
class Batches:
    """Batches that do not come from a dataset; `first` is the one that comes next."""

    rest: Any
    first: Any

    def __iter__(self) -> Any:
        return self.rest

    def __next__(self) -> Any:
        return next(self.rest)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step drew, and when that was there, as `clock_behind` tells it, or None."""

    step: int
    content: Any
    ready: Any


def spec_of(iterator: Any) -> Any:
    """What the batches of an iterator are like."""
    if not isinstance(iterator, Batches):
        return iterator.element_spec
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else tf.TensorSpec(
            [None, *np.shape(leaf)[1:]], tf.as_dtype(leaf.dtype)
        ),
        iterator.first,
    )


def without_optionals(structure: Any) -> Any:
    """A batch, or its spec, with None for an input that was left out: Keras packs it so."""

    def given(leaf: Any) -> Any:
        is_none = type(leaf).__name__ == "NoneTensorSpec"
        is_left_out = isinstance(leaf, tf.experimental.Optional | tf.OptionalSpec)
        return None if is_none or is_left_out else leaf

    return tf.nest.map_structure(given, structure)


def leaves_of(structure: Any) -> list[Any]:
    """The leaves of a batch, or of its spec, that were not left out."""
    return [leaf for leaf in tf.nest.flatten(structure) if leaf is not None]


def packed(template: Any, leaves: Sequence[Any]) -> Any:
    """The structure that `leaves_of` took apart, with other leaves."""
    rest = iter(leaves)
    return tf.nest.map_structure(lambda leaf: None if leaf is None else next(rest), template)


def bytes_of(value: Any) -> int:
    """Size of a tensor or an array; 0 for what is neither."""
    if isinstance(value, tf.RaggedTensor | tf.SparseTensor):
        return sum(map(bytes_of, tf.nest.flatten(value, expand_composites=True)))
    dtype: Any = getattr(value, "dtype", None)
    if isinstance(value, tf.Tensor):
        count: int = math.prod(value.shape)
        return count * int(dtype.size)
    size: int = getattr(value, "nbytes", 0)
    return size


def has_bad_input(batch: Any) -> bool:
    """Whether an input holds a value that is not finite; only asked of tensors in host memory."""
    x, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
    for leaf in keras.tree.flatten(x):
        values = getattr(leaf, "flat_values", getattr(leaf, "values", leaf))
        if not _is_floating(values) or "GPU" in getattr(values, "device", ""):
            continue
        array = np.asarray(values)
        with np.errstate(all="ignore"):  # finite numbers may overflow; asking each takes longer
            total = np.add.reduce(array, axis=None)
        if not np.isfinite(total) and not np.isfinite(array).all():
            return True
    return False


def _is_floating(values: Any) -> bool:
    dtype = getattr(values, "dtype", None)
    return bool(getattr(dtype, "is_floating", getattr(dtype, "kind", "") == "f"))
