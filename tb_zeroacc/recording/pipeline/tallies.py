"""What a tap keeps of one tensor: sums and extremes, which become the columns of `pipeline`.

The graph (`tapped_datasets`) and NumPy (`tapped_iterators`) fill the same float64 vector.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.records import as_float32

# Counted at every element.
COUNTS = ("elements", "non_finite_elements")
# Summed over the values looked at in sampled elements, from `sum` to `largest` the finite ones.
SUMS = ("sampled", "values", "finite", "sum", "squares", "zeros", "integers", "least", "largest")
EXTREMES = ("negated_min", "max")  # -infinity before the first value
WIDTH = len(COUNTS) + len(SUMS) + len(EXTREMES)
# The first elements are all looked at, then every 17th: a prime, or the elements of an epoch would
# share a factor with it. Of a larger element at most so many values are, evenly spaced.
FIRST, PERIOD = 32, 17
MOST_VALUES = 2**14
# A tap sees tables of many columns, too; tensors beyond are counted only.
MOST_TENSORS = 32


def is_due(element: int) -> bool:
    """Whether the `element`-th element, counted from 1, is looked at."""
    return element <= FIRST or element % PERIOD == 0


def spacing(size: int) -> int:
    """The step between the values that are looked at in an element of `size` values.

    It shares no factor with 2 and 3, or it would see one colour of an image alone.
    """
    return (max(size - 1, 0) // MOST_VALUES + 5) // 6 * 6 + 1


def nothing(tensors: int) -> NDArray[np.float64]:
    """The vectors before the first element, float64 of shape (tensors, `WIDTH`)."""
    held = np.zeros((tensors, WIDTH))
    held[:, -len(EXTREMES) :] = -np.inf
    return held


def sums_of(values: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """`SUMS` and `EXTREMES` of one element.

    Args:
        values: Those that are looked at, float64 of shape (values,).
    """
    known = values[np.isfinite(values)]
    low = float(known.min(initial=np.inf))
    high = float(known.max(initial=-np.inf))
    with np.errstate(all="ignore"):
        sums = [
            1, values.size, known.size, known.sum(), known @ known, (known == 0).sum(),
            (known == np.floor(known)).sum(), (known == low).sum(), (known == high).sum(),
        ]  # fmt: skip
    return [float(each) for each in sums], [-low, high]


def table_of(held: NDArray[np.float64]) -> NDArray[np.float32]:
    """The columns of `pipeline`: float64 of shape (tensors, `WIDTH`) to float32 of (tensors, 13).

    NaN where nothing was looked at, or nothing was finite.
    """
    of = dict(zip((*COUNTS, *SUMS, *EXTREMES), held.T, strict=True))
    with np.errstate(all="ignore"):
        finite, low, high = of["finite"], -of["negated_min"], of["max"]
        mean = of["sum"] / finite
        spread = np.sqrt(np.maximum(of["squares"] / finite - mean**2, 0.0))
        columns = {
            **{name: of[name] for name in ("elements", "non_finite_elements", "sampled", "values")},
            "mean": mean,
            "std": np.where(low == high, 0.0, spread),  # else what rounding leaves
            "min": np.where(finite > 0, low, np.nan),
            "max": np.where(finite > 0, high, np.nan),
            "zero_share": of["zeros"] / finite,
            "integer_share": of["integers"] / finite,
            "non_finite_share": 1.0 - finite / of["values"],
            "least_share": of["least"] / finite,
            "largest_share": of["largest"] / finite,
        }
        ordered = [columns[name] for name in facts.COLUMNS[facts.PIPELINE_TABLE]]
        return as_float32(np.stack(ordered, axis=1))
