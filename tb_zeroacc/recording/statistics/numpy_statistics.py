"""Statistics of arrays in the memory of this machine, with NumPy.

It takes a tenth of the time there that TensorFlow's own reductions take, and needs no trace
(measured, see `docs/measurements.md`). Keras' `graph_statistics` has the same for tensors
elsewhere; a test holds the two modules to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.records import as_float32

Array: TypeAlias = "NDArray[np.float32]"
NAN = np.float32("nan")
# Derivatives under 1 % of their maximum: s(1-s) < .0025 and 1-t² < .01.
SIGMOID_EDGE = 0.49749372  # |s - 1/2|
# Of each activation the middle of its range, and how far from there it counts as saturated. The
# hard ones are flat at their bounds alone.
EDGES = {
    "sigmoid": (0.5, SIGMOID_EDGE), "tanh": (0.0, 0.99498744),
    "hard_sigmoid": (0.5, 0.5), "hard_tanh": (0.0, 1.0),
}  # fmt: skip
# Values this near a bound of their activation cannot be told from it: float32's rounding step at 1.
ROUNDING_STEP = 1.2e-7
# Shares and spreads of larger tensors are taken from about this many of their elements.
PART = 32_768
SMALL = 8192  # elements: up to here a copy costs less than a call for each array
WIDE = 2048  # elements of which NumPy compares many at once
BLOCK = 65_536  # elements that stay in a processor's cache while several statistics are taken


@dataclass(frozen=True, slots=True)
class Moments:
    """Statistics of several tensors or arrays, float32 of shape (tensors,) each."""

    squares: Any
    mean: Any
    rms: Any
    abs_max: Any
    zero_share: Any  # of `part_of` each, as the mean
    non_finite: Any


def array_of(tensor: Any) -> Array:
    """A tensor's values as float32, not copied where they are that; those of an indexed one."""
    # `.numpy()` copies: half a millisecond for seven megabytes, against a microsecond.
    return as_float32(np.asarray(getattr(tensor, "values", tensor)))


def as_rows(value: Array, width: int | None = None) -> Array:
    """Flattens to (rows, width); `width` defaults to the last axis, 1 for vectors."""
    if width is None:
        width = value.shape[-1] if value.ndim > 1 else 1
    return value.reshape(-1, width or 1)


def part_of(rows: Array) -> Array:
    """About `PART` elements of a larger array: every k-th row, all units."""
    step = rows.size // PART
    return rows if step < 2 else rows[:: step | 1]


def moments(arrays: Sequence[Array], *, with_mean: bool = False) -> Moments:
    """Statistics of many arrays, each of shape (rows, width).

    Args:
        arrays: At least one.
        with_mean: Whether the mean is wanted; of a large array that of `part_of` it.
    """
    found = np.empty((len(arrays), 5), np.float32)
    small = [i for i, a in enumerate(arrays) if 0 < a.size <= SMALL]
    if small:
        found[small] = _of_many([arrays[i].reshape(-1) for i in small])
    for i, array in enumerate(arrays):
        if array.size > SMALL:
            found[i] = _of_one(array, with_mean=with_mean)
        elif not array.size:
            found[i] = NAN
    squares, high, low, total, zeros = found.T
    sizes = np.array([a.size for a in arrays], np.float32)
    return Moments(
        squares=squares,
        mean=total / sizes,
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


def _of_many(flat: list[Array]) -> Array:
    """Squares, maximum, minimum, sum and zeros of small arrays, which are laid end to end."""
    joined = np.concatenate(flat)
    starts = np.cumsum([0, *(len(a) for a in flat[:-1])])
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
    flat, part = array.reshape(-1), part_of(array)
    blocks = [flat[at : at + BLOCK] for at in range(0, flat.size, BLOCK)]
    found = np.array([(np.vdot(b, b), b.max(), b.min()) for b in blocks], np.float32)
    # Of booleans: counting those of a float array takes ten times as long.
    zeros = np.count_nonzero(part == 0) / part.size * array.size
    total = part.mean() * array.size if with_mean else NAN
    return found[:, 0].sum(), found[:, 1].max(), found[:, 2].min(), total, zeros


def update_stride(size: int, width: int, most: int = 4096) -> int:
    """Step of a walk through a flattened variable that meets all rows and all units.

    Args:
        size: Number of elements.
        width: Size of the last axis; the step shares no factor with it.
        most: About how many elements to visit.
    """
    step = max(1, size // most)
    while step > 1 and gcd(step, max(width, 1)) != 1:
        step += 1
    return step


def unit_spreads(arrays: Sequence[Array]) -> Array:
    """Standard deviations over the units, rms over rows, (arrays,); of `part_of` each."""
    found = []
    for rows in arrays:
        part = part_of(rows)
        away = part - part[:, :1]  # exactly 0 where units are alike
        middle = np.add.reduce(away, 1) / np.float32(away.shape[1])
        variance = np.vdot(away, away) / away.size - np.vdot(middle, middle) / middle.size
        found.append(np.sqrt(np.maximum(variance, 0.0)))
    return vector(found)


def dead_share(rows: Array) -> Any:
    """Share of units that no row activates."""
    if not rows.size:
        return NAN
    dead = np.maximum.reduce(part_of(rows), 0) <= 0.0
    if rows.size > PART and dead.any():  # in all rows?
        dead = greatest_of_units(rows) <= 0.0
    return np.count_nonzero(dead) / dead.size


def greatest_of_units(rows: Array) -> Array:
    """Maximum of each column, (units,)."""
    width = rows.shape[1]
    together = max(1, WIDE // width)  # short rows cost four times as much one by one
    whole = len(rows) // together * together
    found = rows
    if whole:
        best = rows[:whole].reshape(-1, together * width).max(axis=0).reshape(-1, width)
        found = np.concatenate([best, rows[whole:]])
    greatest: Array = found.max(axis=0)
    return greatest


def saturated_share(rows: Array, activation: str | None) -> Any:
    """Share of values with a derivative under 1 % of its largest; NaN without an activation."""
    if not rows.size:
        return NAN
    if activation == "softmax":
        return (rows.max(axis=1) > 0.5 + SIGMOID_EDGE).mean()
    if activation not in EDGES:
        return NAN
    middle, edge = EDGES[activation]
    return (np.abs(rows - np.float32(middle)) >= np.float32(edge)).mean()


def rms_of_changes(now: Sequence[Array], before: Array) -> Array:
    """Root mean squares of differences, (vectors,); `before` holds the old vectors end to end."""
    change = np.concatenate(now) - before
    sizes = [len(vector) for vector in now]
    return np.sqrt(np.add.reduceat(change * change, np.cumsum([0, *sizes[:-1]])) / vector(sizes))


def vector(values: Sequence[Any]) -> Array:
    """Numbers as a vector."""
    return np.array(values, np.float32)


def unknown(shape: Sequence[int]) -> Array:
    """NaN of a shape."""
    return np.full(shape, NAN)


def every(rows: Array, stride: int) -> Array:
    """Every so many-th element, a vector."""
    return rows.reshape(-1)[::stride]


def root_of_sum(squares: Sequence[Array]) -> Any:
    """The square root of the sum over all vectors."""
    return np.sqrt(np.concatenate(squares).sum())


def side_by_side(columns: Sequence[Array]) -> Array:
    """Vectors as the columns of a table."""
    return np.stack(columns, axis=1)


def below_each_other(tables: Sequence[Array]) -> Array:
    """Tables of the same columns as one."""
    return np.concatenate(tables)


def take_rows(values: Array, indices: Sequence[int]) -> Array:
    """Rows by their places."""
    return values[list(indices)]
