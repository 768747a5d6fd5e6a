"""The first batches of what `fit` would be given, drawn so that training still sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

Batch: TypeAlias = tuple[Any, Any, Any]  # inputs, labels, sample weights; None for what is absent
ROWS = 0  # the seed of the rows that are drawn: a check says the same twice


def first_batches(data: Any, labels: Any, *, size: int, most: int) -> list[Batch]:
    """Batches as `fit` would take them.

    Rows of arrays are drawn without order, as `fit` shuffles them. An iterator gives a batch only
    once, so nothing is drawn from it.

    Args:
        data: What `fit` calls `x`: arrays, a `tf.data.Dataset`, a `PyDataset`, a loader, a
            generator; or the tuple of a batch, `(x, y)`.
        labels: What `fit` calls `y`; None for data that carry their labels.
        size: Rows of a batch of arrays.
        most: Batches at most.

    Returns:
        The batches; none for an iterator.

    Raises:
        ValueError: The data are none of these, they are empty, or their lengths differ.
    """
    weights = None
    if isinstance(data, tuple) and labels is None:
        data, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
    if isinstance(data, keras.utils.PyDataset):
        found: Iterable[Any] = (data[n] for n in range(min(most, data.num_batches or most)))
    elif isinstance(data, Iterator):
        return []
    elif _is_of_arrays(data):
        return list(_of_arrays((data, labels, weights), size, most))
    elif isinstance(data, Iterable):
        found = data
    else:
        raise ValueError(
            "`data` must be what `fit` accepts: arrays, a dataset or a loader. "
            f"Received: data={data!r} of type {type(data).__name__}."
        )
    batches = [keras.utils.unpack_x_y_sample_weight(batch) for batch in islice(found, most)]
    if not batches:
        raise ValueError("`data` hold no batch: there is nothing to check, nor to train on.")
    return batches


def _is_of_arrays(data: Any) -> bool:
    if isinstance(data, list) and data and isinstance(data[0], tuple):
        return False  # a list of batches
    if isinstance(data, dict | list | tuple):
        leaves = tf.nest.flatten(data)
        return bool(leaves) and all(_is_array(leaf) for leaf in leaves)
    return _is_array(data)


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | tf.Tensor | tf.RaggedTensor) or hasattr(
        value, "__array__"
    )


def _of_arrays(whole: Batch, size: int, most: int) -> Iterator[Batch]:
    """Batches of rows that are drawn at random, none twice."""
    lengths = {len(leaf) for leaf in tf.nest.flatten(whole) if leaf is not None}
    if len(lengths) > 1:
        counts = " and ".join(map(str, sorted(lengths)))
        raise ValueError(f"`data` and `labels` must have as many rows. Received: {counts} rows.")
    (rows,) = lengths
    if rows == 0:
        raise ValueError("`data` hold no row: there is nothing to check, nor to train on.")
    order = np.random.default_rng(ROWS).permutation(rows)
    for start in range(0, min(rows, size * most), size):
        chosen = order[start : start + size]
        yield tf.nest.map_structure(lambda leaf, c=chosen: _rows(leaf, c), whole)


def _rows(leaf: Any, chosen: np.ndarray) -> Any:
    if leaf is None:
        return None
    if isinstance(leaf, tf.Tensor | tf.RaggedTensor):
        return tf.gather(leaf, chosen)
    return np.asarray(leaf)[chosen]
