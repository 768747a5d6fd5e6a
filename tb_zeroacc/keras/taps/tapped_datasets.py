"""A tap in a `tf.data` pipeline: a sequential map that hands each element on as it is.

It holds a variable and no Python, keeps its order (no parallel calls of its own), and consists of
operations that cannot fail on data: an error in it would come out of the user's training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tb_zeroacc.keras.observe.op_callbacks import without_op_callbacks
from tb_zeroacc.keras.observe.replicas import own_variable
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.pipeline import tallies
from tb_zeroacc.recording.pipeline.tapped import (
    TUPLE_PARTS,
    Tap,
    TappedTensor,
    TapSource,
    tensors_of_element,
)
from tb_zeroacc.recording.statistics.tensors import is_numeric

_MARK = "_zero_accuracy_tap"
_WIDE = (tf.float32, tf.float64)  # sums of float16 overflow at once


def tapped_dataset(dataset: Any, name: str) -> Any:
    """The dataset with a tap behind it: same elements, same order, same structure."""
    # A fault here never comes out of the user's pipeline.
    guard = Guard(without_op_callbacks)
    part = f"what passes the tap {name!r}"
    if tf.inside_function():  # no variable can be made there
        guard.turn_off(part, TypeError("made in a function: tap behind the interleave or flat_map"))
        return dataset
    tap = guard.run(part, DatasetTap, name, dataset)
    if tap is None:
        return dataset
    # What passes is handed on as one argument a component of a tuple, as `map` does.
    is_tuple = type(dataset.element_spec) is tuple

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def through(*components: Any) -> Any:
        element = components if is_tuple else components[0]
        guard.run(part, tap.note, element)
        return element

    found = _resumable(dataset.map(through))
    if found.element_spec != dataset.element_spec:
        # Slices of a ragged tensor that are dense themselves: a map would let them batch no more.
        guard.turn_off(part, TypeError("no map hands such elements on: tap the batches"))
        return dataset
    setattr(found, _MARK, tap)
    return found


def _resumable(dataset: Any) -> Any:
    """Lets iterators be saved: what a tap has counted is no part of their state."""
    if dataset.options().experimental_external_state_policy is not None:
        return dataset
    options = tf.data.Options()
    options.experimental_external_state_policy = tf.data.experimental.ExternalStatePolicy.IGNORE
    return dataset.with_options(options)


def _sources(dataset: Any, part: str = "") -> list[TapSource]:
    """The nearest taps up the pipeline; of zipped datasets with the part that each becomes."""
    known = getattr(dataset, _MARK, None)
    if known is not None:
        return [TapSource(known, part)]
    above: list[Any] = getattr(dataset, "_inputs", list)()
    if len(above) == 1:
        return _sources(above[0], part)
    zipped = getattr(dataset, "_datasets", None)
    if part or type(zipped) is not tuple or not 1 < len(zipped) <= len(TUPLE_PARTS):
        return []  # concatenated, or drawn from several: there is no one stage before
    pairs = zip(TUPLE_PARTS, zipped, strict=False)
    return [found for label, each in pairs if isinstance(each, tf.data.Dataset)
            for found in _sources(each, label)]  # fmt: skip


class DatasetTap(Tap):
    """A tap whose vectors are variables in the graph.

    Args:
        name: The user's.
        dataset: What stands before it.
    """

    def __init__(self, name: str, dataset: Any) -> None:
        super().__init__(name, _sources(dataset))
        parts = tensors_of_element(dataset.element_spec)
        self.tensors = tuple(
            TappedTensor(part, _shape_of(spec), _dtype_of(spec)) for part, spec in parts
        )
        start = tallies.nothing(len(parts))
        counts, sums = len(tallies.COUNTS), len(tallies.SUMS)
        self._counts, self._sums, self._extremes = (
            own_variable(piece, "zeroacc_tap", "/CPU:0")
            for piece in np.split(start, [counts, counts + sums], axis=1)
        )

    def held(self) -> NDArray[np.float64]:
        """As in `Tap`."""
        pieces = (self._counts, self._sums, self._extremes)
        return np.concatenate([piece.numpy() for piece in pieces], axis=1)

    def elements(self) -> int:
        """As in `Tap`, without reading the rest."""
        counts = self._counts.numpy()
        return int(counts[0, 0]) if len(counts) else 0

    def note(self, element: Any) -> None:
        """Counts one element, and samples it if it is due; called while `map` is traced."""
        leaves = [leaf for _, leaf in tensors_of_element(element)]
        tensors = [_values_of(leaf) for leaf in leaves[: tallies.MOST_TENSORS]]
        tensors += [None] * (len(leaves) - len(tensors))
        if not tensors:
            return
        one = tf.constant(1.0, tf.float64)
        bad = [_is_bad(tensor) for tensor in tensors]
        self._counts.assign_add(tf.stack([[one, each] for each in bad]))
        number = self._counts.read_value()[0, 0]

        def look() -> Any:
            seen = [_sums_of(tensor) for tensor in tensors]
            self._sums.assign_add(tf.stack([sums for sums, _ in seen]))
            extremes = tf.stack([extremes for _, extremes in seen])
            self._extremes.assign(tf.maximum(self._extremes.read_value(), extremes))
            return tf.constant(True)

        tf.cond(tallies.is_due(number), look, lambda: tf.constant(False))


def _values_of(leaf: Any) -> Any:
    """The stored numbers of a dense, ragged or sparse tensor; None of anything else."""
    if isinstance(leaf, tf.RaggedTensor):
        leaf = leaf.flat_values
    elif isinstance(leaf, tf.SparseTensor):
        leaf = leaf.values
    return leaf if isinstance(leaf, tf.Tensor) and is_numeric(leaf) else None


def _is_bad(tensor: Any) -> Any:
    """1 if a value is NaN or infinite, else 0, float64 of shape ().

    Either makes the sum so, which takes a sixth of the time of a test of each value. A sum that
    overflows counts as well: values that large are as good as infinite.
    """
    if tensor is None or not tensor.dtype.is_floating:
        return tf.constant(0.0, tf.float64)
    known = tensor if tensor.dtype in _WIDE else tf.cast(tensor, tf.float32)
    return 1.0 - tf.cast(tf.math.is_finite(tf.reduce_sum(known)), tf.float64)


def _sums_of(tensor: Any) -> tuple[Any, Any]:
    """`tallies.SUMS` and `tallies.EXTREMES` of one element, float64."""
    if tensor is None:
        return tf.zeros([len(tallies.SUMS)], tf.float64), tf.constant([-np.inf] * 2, tf.float64)
    flat = tf.reshape(tensor, [-1])
    values = tf.cast(flat[:: tallies.spacing(tf.size(flat))], tf.float64)
    finite = tf.math.is_finite(values)
    known = tf.where(finite, values, 0.0)
    low = tf.reduce_min(tf.where(finite, values, np.inf))
    high = tf.reduce_max(tf.where(finite, values, -np.inf))

    def share(holds: Any) -> Any:
        return tf.reduce_sum(tf.cast(finite & holds, tf.float64))

    sums = [
        tf.constant(1.0, tf.float64), tf.cast(tf.size(values), tf.float64), share(finite),
        tf.reduce_sum(known), tf.reduce_sum(known * known), share(known == 0.0),
        share(known == tf.floor(known)), share(known == low), share(known == high),
    ]  # fmt: skip
    return tf.stack(sums), tf.stack([-low, high])


def _shape_of(spec: Any) -> tuple[int | None, ...] | None:
    shape = getattr(spec, "shape", None)
    return tuple(shape) if isinstance(shape, tf.TensorShape) and shape.rank is not None else None


def _dtype_of(spec: Any) -> str:
    return str(getattr(getattr(spec, "dtype", None), "name", ""))
