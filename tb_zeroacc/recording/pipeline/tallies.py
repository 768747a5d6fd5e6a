"""What a tap keeps of one tensor: sums and extremes, which become the columns of `pipeline`.

The graph (`tapped_datasets`) and NumPy (`tapped_iterators`) fill the same float64 vector.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import facts
from tb_zeroacc.records import as_float32

# Counted for every element.
COUNTS = ("elements", "non_finite_elements")
# Summed over the sampled values of sampled elements; from `sum` to `largest` over finite ones.
SUMS = ("sampled", "values", "finite", "sum", "squares", "zeros", "integers", "least", "largest")
EXTREMES = ("negated_min", "max")  # -infinity before the first value
WIDTH = len(COUNTS) + len(SUMS) + len(EXTREMES)
# The first elements are all sampled, then every 17th: a prime, so that it shares no factor with the
# elements of an epoch. Of a larger element at most this many values are, evenly spaced.
FIRST, PERIOD = 32, 17
MOST_VALUES = 2**14
# An element may be a table of many columns; tensors beyond this number are counted only.
MOST_TENSORS = 32


def is_due(element: Any) -> Any:
    """Whether the `element`-th element, counted from 1, is sampled; a number or a tensor."""
    return (element <= FIRST) | (element % PERIOD == 0)


def spacing(size: Any) -> Any:
    """Step between the sampled values of an element of `size` values, a number or a tensor.

    It shares no factor with 2 and 3, or it would visit one colour of an image alone.
    """
    return ((size - 1) // MOST_VALUES + 5) // 6 * 6 + 1


def nothing(tensors: int) -> NDArray[np.float64]:
    """The vectors before the first element, float64 of shape (tensors, `WIDTH`)."""
    held = np.zeros((tensors, WIDTH))
    held[:, -len(EXTREMES) :] = -np.inf
    return held


def sums_of(values: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """`SUMS` and `EXTREMES` of one element.

    Args:
        values: The sampled values, float64 of shape (values,).
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
    """The table `pipeline`, float32 of shape (tensors, 13); NaN where no finite value was sampled.

    Args:
        held: A tap's vectors, float64 of shape (tensors, `WIDTH`).
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
