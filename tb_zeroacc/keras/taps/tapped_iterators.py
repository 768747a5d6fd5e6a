"""Taps in Python: generators and other iterators, functions that return them, `PyDataset`."""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.keras.observe.op_callbacks import without_op_callbacks
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.pipeline import tallies
from tb_zeroacc.recording.pipeline.tapped import Tap, TappedTensor, TapSource, tensors_of_element

# Taps that wait for an element, a stack per thread: what is fetched within is the stage before.
_WAITING = threading.local()
# Keeps the taps of exhausted generators until the end of the epoch, when they are read.
_ENDED: deque[IteratorTap] = deque(maxlen=64)


class IteratorTap(Tap):
    """A tap whose vectors are an array in this process."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # A fault here never comes out of the user's pipeline.
        self._guard = Guard(without_op_callbacks)
        self._held = tallies.nothing(0)
        self._lock = threading.Lock()  # a `PyDataset` loads in several threads

    def held(self) -> NDArray[np.float64]:
        """As in `Tap`."""
        with self._lock:
            return self._held.copy()

    def note(self, element: Any) -> None:
        """Counts one element, and samples it if it is due."""
        self._guard.run(f"what passes the tap {self.name!r}", self._note, element)

    def _note(self, element: Any) -> None:
        leaves = tensors_of_element(element)
        arrays = [_array_of(leaf) for _, leaf in leaves]
        with self._lock:
            if not self._knows(tuple(part for part, _ in leaves), arrays):
                return
            held = self._held
            held[:, 0] += 1
            due = bool(len(held)) and tallies.is_due(int(held[0, 0]))
            for row, array in zip(held[: tallies.MOST_TENSORS], arrays, strict=False):
                if array is not None and array.dtype.kind in "fiub":
                    _add(row, array, look=due)

    def _knows(self, parts: tuple[str, ...], arrays: list[Any]) -> bool:
        """Whether an element has the same parts as the first one, which defines the rows."""
        if not self.tensors:
            self.tensors = tuple(map(_tensor, parts, arrays))
            self._held = tallies.nothing(len(parts))
        if parts != tuple(tensor.part for tensor in self.tensors):
            return False
        self.tensors = tuple(map(_joined, self.tensors, arrays))
        return True

    def __getstate__(self) -> dict[str, Any]:
        """For a process that loads a `PyDataset`: it gets a tap of its own, which is never read."""
        return {**self.__dict__, "_lock": None, "sources": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Makes a lock of its own."""
        self.__dict__.update(state)
        self._lock = threading.Lock()


def _add(row: NDArray[np.float64], array: Any, *, look: bool) -> None:
    """Adds one element to a vector of `tallies`."""
    row[1] += array.dtype.kind == "f" and not np.isfinite(array).all()
    if look:
        flat = array.reshape(-1)
        looked_at = flat[:: tallies.spacing(flat.size)].astype(np.float64)
        sums, extremes = tallies.sums_of(looked_at)
        row[2:-2] += sums
        row[-2:] = np.maximum(row[-2:], extremes)


@contextmanager
def _pulling(tap: Tap) -> Iterator[None]:
    """Around the call that fetches an element from the stage before `tap`."""
    stack: list[Tap] = _WAITING.__dict__.setdefault("stack", [])
    if stack and stack[-1] is not tap and all(s.tap is not tap for s in stack[-1].sources):
        stack[-1].sources.append(TapSource(tap))
    stack.append(tap)
    try:
        yield
    finally:
        stack.pop()


def tapped(source: Iterable[Any], tap: IteratorTap) -> Iterator[Any]:
    """A generator of what `source` yields, each element noted by `tap`."""
    iterator = iter(source)
    try:
        while True:
            with _pulling(tap):
                try:
                    element = next(iterator)
                except StopIteration:
                    return
            tap.note(element)
            yield element
    finally:
        if tap not in _ENDED:
            _ENDED.append(tap)


def tapped_calls(
    make: Callable[..., Iterable[Any]], tap: IteratorTap
) -> Callable[..., Iterator[Any]]:
    """A function that calls `make` and taps what it returns; one tap for all its calls."""

    @functools.wraps(make)
    def call(*args: Any, **kwargs: Any) -> Iterator[Any]:
        return tapped(make(*args, **kwargs), tap)

    return call


class TappedPyDataset(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """A `PyDataset` with a tap behind it: same batches, same order, same workers.

    Args:
        dataset: What stands before it; attributes that are not found here are looked up there.
        tap: Notes the batches. Those that other processes load are not seen.
    """

    def __init__(self, dataset: Any, tap: IteratorTap) -> None:
        super().__init__(
            workers=dataset.workers,
            use_multiprocessing=dataset.use_multiprocessing,
            max_queue_size=dataset.max_queue_size,
        )
        self._dataset = dataset
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_dataset" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self._dataset, name)

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def num_batches(self) -> int | None:
        """Batches of an epoch, None for a dataset without end."""
        batches: int | None = self._dataset.num_batches
        return batches

    def __getitem__(self, index: int) -> Any:
        with _pulling(self._tap):
            batch = self._dataset[index]
        self._tap.note(batch)
        return batch

    def on_epoch_begin(self) -> None:
        """Passed on."""
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Passed on."""
        self._dataset.on_epoch_end()


def _array_of(leaf: Any) -> Any:
    """A tensor as an array; None of anything else."""
    if not hasattr(leaf, "shape") and not isinstance(leaf, int | float | bool | str | bytes):
        return None
    try:
        return np.asarray(leaf)
    except Exception:  # noqa: BLE001 - a user's own type; it is counted all the same
        return None


def _tensor(part: str, array: Any) -> TappedTensor:
    if array is None:
        return TappedTensor(part, None, "")
    return TappedTensor(part, array.shape, array.dtype.name)


def _joined(known: TappedTensor, array: Any) -> TappedTensor:
    """The tensor, with None for sizes that vary between elements."""
    if array is None or known.shape is None or known.shape == array.shape:
        return known
    if len(known.shape) != array.ndim:
        return TappedTensor(known.part, None, known.dtype)
    sizes = (a if a == b else None for a, b in zip(known.shape, array.shape, strict=True))
    return TappedTensor(known.part, tuple(sizes), known.dtype)
