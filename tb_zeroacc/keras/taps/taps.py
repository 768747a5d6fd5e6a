"""`tap`: counts and samples what passes a place of an input pipeline, and never changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf

from tb_zeroacc.keras.taps.tapped_datasets import tapped_dataset
from tb_zeroacc.keras.taps.tapped_iterators import (
    IteratorTap,
    TappedPyDataset,
    tapped,
    tapped_calls,
)


def tap(name: str) -> Callable[[Any], Any]:
    """Watches what passes one place of an input pipeline; elements and their order stay.

    What comes back takes the pipeline up to there and returns it with the tap behind it:

    * a `tf.data.Dataset`, through `dataset.apply(tap("scaled"))`;
    * a generator or another iterator, `tap("scaled")(batches)`;
    * a function that returns one, as `tf.data.Dataset.from_generator` takes it;
    * a `keras.utils.PyDataset`.

    A `fit` with a `ZeroAccuracyCallback` records the taps that saw elements while it ran.

    Args:
        name: What the stage before it did, as the verdict is to call it.

    Raises:
        ValueError: `name` is no text, or empty.

    Example:
        >>> dataset = dataset.map(normalise).apply(tap("normalised")).batch(32)
    """
    if not isinstance(name, str) or not name:
        raise ValueError(
            f"`name` must say what the stage did, such as 'normalised'. Received: name={name!r}."
        )

    def behind(pipeline: Any) -> Any:
        if isinstance(pipeline, tf.data.Dataset):
            return tapped_dataset(pipeline, name)
        if isinstance(pipeline, keras.utils.PyDataset):
            return TappedPyDataset(pipeline, IteratorTap(name))
        if isinstance(pipeline, Iterator):
            return tapped(pipeline, IteratorTap(name))
        if callable(pipeline):
            return tapped_calls(pipeline, IteratorTap(name))
        advice = " Pass `iter(...)` of it." if isinstance(pipeline, Iterable) else ""
        raise TypeError(
            "tap(...) takes a tf.data.Dataset, a keras.utils.PyDataset, an iterator or a function "
            f"that returns one. Received: {type(pipeline).__name__}.{advice}"
        )

    return behind
