"""The backend for NumPy arrays in this machine's memory.

It takes a tenth of the time there that TensorFlow's own reductions take, and needs no trace
(measured, see `docs/measurements.md`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.recording.statistics.backend import PART, Moments
from tb_zeroacc.recording.statistics.tensors import HostTensor
from tb_zeroacc.records import as_float32

Array: TypeAlias = "NDArray[np.float32]"
NAN = np.float32("nan")
SMALL = 8192  # elements: up to here a copy costs less than a call for each array
WIDE = 2048  # elements of which NumPy compares many at once
NARROW = 64  # columns: fewer are laid one behind the other first, which is ten times as fast
BLOCK = 65_536  # elements that stay in a processor's cache while several statistics are taken

# Elementary operations.
as_float, root, floor = as_float32, np.sqrt, np.floor
is_nan, where, every = np.isnan, np.where, np.all
stack, concat, take, argmax = np.stack, np.concatenate, np.take, np.argmax
vector: Callable[[Sequence[Any]], Array] = functools.partial(np.array, dtype=np.float32)
unknown = functools.partial(np.full, fill_value=NAN)
add = np.add.reduce  # `sum` and `mean` take several times as long on the short rows of a batch
total, least, greatest = (
    functools.partial(function.reduce, axis=None) for function in (np.add, np.minimum, np.maximum)
)


def array_of(tensor: Any) -> Array:
    """A tensor's values as float32, not copied if they are that; those of an indexed one."""
    # `.numpy()` copies: half a millisecond for seven megabytes, against a microsecond.
    return as_float32(np.asarray(getattr(tensor, "values", tensor)))


def as_rows(tensor: Array | HostTensor, width: int | None = None) -> Array:
    """As in `Backend`; arrays are float32."""
    value = array_of(tensor.values) if isinstance(tensor, HostTensor) else tensor
    if width is None:
        width = value.shape[-1] if value.ndim > 1 else 1
    return value.reshape(-1, width or 1)


def examples(tensor: Array | HostTensor) -> int:
    """As in `Backend`."""
    value = tensor.values if isinstance(tensor, HostTensor) else tensor
    return len(value) if value.ndim else 1


def flat(values: Array) -> Array:
    """As in `Backend`."""
    return values.reshape(-1)


def mean(values: Array) -> Any:
    """As in `Backend`."""
    return add(values, None) / np.float32(values.size)


def share(mask: NDArray[np.bool_]) -> Any:
    """As in `Backend`."""
    return np.count_nonzero(mask) / mask.size if mask.size else NAN


def part_of(rows: Array) -> Array:
    """About `PART` elements of a larger array: every k-th row, all units."""
    step = rows.size // PART
    return rows if step < 2 else rows[:: step | 1]


def moments(arrays: Sequence[Array], *, with_mean: bool = False) -> Moments:
    """As in `Backend`; the mean of a large array is that of `part_of` it."""
    found = np.empty((len(arrays), 5), np.float32)
    small = [i for i, a in enumerate(arrays) if 0 < a.size <= SMALL]
    if small:
        found[small] = _of_many([arrays[i].reshape(-1) for i in small])
    for i, array in enumerate(arrays):
        if array.size > SMALL:
            found[i] = _of_one(array, with_mean=with_mean)
        elif not array.size:
            found[i] = NAN
    squares, high, low, sums, zeros = found.T
    sizes = np.array([a.size for a in arrays], np.float32)
    return Moments(
        squares=squares,
        mean=sums / sizes,
        rms=np.sqrt(squares / sizes),
        abs_max=np.maximum(np.abs(high), np.abs(low)),
        zero_share=zeros / sizes,
        non_finite=vector(
            [
                0 if sound else array.size - np.isfinite(array).sum()
                for array, sound in zip(arrays, np.isfinite(squares).tolist(), strict=True)
            ]
        ),
    )


def _of_many(vectors: list[Array]) -> Array:
    """Squares, maximum, minimum, sum and zeros of small vectors, which are laid end to end."""
    joined = np.concatenate(vectors)
    starts = np.cumsum([0, *(len(v) for v in vectors[:-1])])
    return np.stack(
        [
            np.add.reduceat(joined * joined, starts),
            np.maximum.reduceat(joined, starts),
            np.minimum.reduceat(joined, starts),
            np.add.reduceat(joined, starts),
            np.add.reduceat((joined == 0).astype(np.float32), starts),
        ],
        axis=1,
    )


def _of_one(array: Array, *, with_mean: bool) -> tuple[Any, ...]:
    values, part = array.reshape(-1), part_of(array)
    blocks = [values[at : at + BLOCK] for at in range(0, values.size, BLOCK)]
    found = np.array([(np.vdot(b, b), b.max(), b.min()) for b in blocks], np.float32)
    # Of booleans: counting those of a float array takes ten times as long.
    zeros = np.count_nonzero(part == 0) / part.size * array.size
    summed = part.mean() * array.size if with_mean else NAN
    return found[:, 0].sum(), found[:, 1].max(), found[:, 2].min(), summed, zeros


def unit_spreads(arrays: Sequence[Array]) -> Array:
    """As in `Backend`."""
    found = []
    for rows in arrays:
        part = part_of(rows)
        away = part - part[:, :1]  # exactly 0 where units are equal
        middle = add(away, 1) / np.float32(away.shape[1])
        variance = np.vdot(away, away) / away.size - np.vdot(middle, middle) / middle.size
        found.append(np.sqrt(np.maximum(variance, 0.0)))
    return vector(found)


def dead_share(rows: Array) -> Any:
    """As in `Backend`."""
    if not rows.size:
        return NAN
    dead = np.maximum.reduce(part_of(rows), 0) <= 0.0
    if rows.size > PART and dead.any():  # in all rows?
        dead = greatest_of_units(rows) <= 0.0
    return share(dead)


def greatest_of_units(rows: Array) -> Array:
    """Maximum of each column, (units,)."""
    width = rows.shape[1]
    together = max(1, WIDE // width)  # short rows cost four times as much one by one
    whole = len(rows) // together * together
    found = rows
    if whole:
        best = rows[:whole].reshape(-1, together * width).max(axis=0).reshape(-1, width)
        found = np.concatenate([best, rows[whole:]])
    highest: Array = found.max(axis=0)
    return highest


def rms_of_changes(now: Sequence[Array], before: Array) -> Array:
    """As in `Backend`."""
    change = np.concatenate(now) - before
    sizes = [len(values) for values in now]
    return np.sqrt(np.add.reduceat(change * change, np.cumsum([0, *sizes[:-1]])) / vector(sizes))


def column_statistics(rows: Array) -> Array:
    """As in `Backend`."""
    count, width = rows.shape
    columns, axis = (np.ascontiguousarray(rows.T), 1) if width < NARROW else (rows, 0)
    found = np.empty((7, width), np.float32)
    mean = add(columns, axis) / np.float32(count)
    away = columns - (mean[:, None] if axis else mean)
    found[0], found[1] = mean, np.sqrt(add(away * away, axis) / np.float32(count))
    np.minimum.reduce(columns, axis, out=found[2])
    np.maximum.reduce(columns, axis, out=found[3])
    found[4] = add(columns == 0, axis, np.float32) / np.float32(count)
    sound = isfinite(add(found[1]))
    found[5] = 0.0 if sound else count - add(np.isfinite(columns), axis, np.float32)
    found[6] = count
    return found.T


def fingerprint(rows: Array) -> Array:
    """As in `Backend`."""
    count, width = rows.shape
    down, across = _places(count, width)
    found = np.empty(3, np.float32)
    found[:2], found[2] = (down @ rows) @ across, count
    return found


@functools.lru_cache(maxsize=32)
def _places(count: int, width: int) -> tuple[Array, Array]:
    places = np.arange(width, dtype=np.float32)
    across = np.stack([np.cos(places + 0.5), np.cos(places * 1.7 + 0.3)], axis=1)
    down = np.cos(np.arange(count) * 0.9 + 0.1)
    return down.astype(np.float32), across.astype(np.float32)


def class_counts(ids: Array, classes: int) -> Array:
    """As in `Backend`."""
    whole = ids[np.floor(ids) == ids]
    whole[(whole < 0) | (whole > classes)] = classes
    return np.bincount(whole.astype(np.int64), minlength=classes + 1).astype(np.float32)


def entropy(rows: Array, activation: str | None) -> Any:
    """As in `Backend`."""

    def surprise(p: Array) -> Any:
        return -np.vdot(p, np.log(np.maximum(p, np.float32(1e-30))))

    if activation == "softmax":
        return surprise(rows) / len(rows)
    if activation == "sigmoid" and rows.shape[1] == 1:
        return (surprise(rows) + surprise(1 - rows)) / len(rows)
    return NAN


def joint_moments(inputs: Sequence[Array], labels: Sequence[Array]) -> Array:
    """As in `Backend`."""
    count = min(len(inputs[0]), len(labels[0]))
    x_mean, x = _centred([c[:count] for c in inputs])
    y_mean, y = _centred([c[:count] for c in labels])
    squares = [add(columns * columns) for columns in (x, y)]
    products = (x.T @ y).reshape(-1)
    return np.concatenate([np.array([count], np.float32), x_mean, y_mean, *squares, products])


def _centred(parts: Sequence[Array]) -> tuple[Array, Array]:
    columns = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    mean = add(columns) / np.float32(len(columns))
    if isfinite(add(mean)):
        return mean, columns - mean
    finite = np.isfinite(columns)
    known = np.maximum(finite.sum(axis=0), 1).astype(np.float32)
    mean = np.where(finite, columns, 0).sum(axis=0) / known
    return mean, np.where(finite, columns - mean, np.float32(0))
