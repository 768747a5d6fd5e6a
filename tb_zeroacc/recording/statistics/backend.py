"""The operations that a library must have, so that statistics can be taken of its tensors.

A backend is a module: `numpy_backend` for arrays in this machine's memory, Keras' `graph_backend`
for TensorFlow's tensors. What is cheap is written once, in `shared_statistics`, on top of the
elementary operations; what is taken of whole layers is written in each backend, as fast as it can
be there. Tests compare the two backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Tensor: TypeAlias = Any  # of the backend; TensorFlow ships no types
NAN = float("nan")
# Shares and spreads of larger tensors are taken from about this many of their elements.
PART = 32_768


@dataclass(frozen=True, slots=True)
class Moments:
    """Statistics of several tensors, float32 of shape (tensors,) each.

    Attributes:
        squares: Sum of squares.
        mean, rms, abs_max: Mean, root mean square and largest absolute value.
        zero_share: Share of elements that are 0, in about `PART` elements.
        non_finite: Number of elements that are NaN or infinite.
    """

    squares: Tensor
    mean: Tensor
    rms: Tensor
    abs_max: Tensor
    zero_share: Tensor
    non_finite: Tensor


class Backend(Protocol):
    """Operations on one library's tensors.

    Tensors are float32, `rows` of shape (rows, units). Without an `axis` reductions give a scalar.
    """

    # Elementary operations, named and called as in NumPy where it has them.

    def as_float(self, values: Tensor, /) -> Tensor:
        """Real numbers as float32; finite ones beyond its range as the largest that it holds."""

    def as_rows(self, tensor: Tensor, width: int | None = None) -> Tensor:
        """Any tensor as (rows, width); `width` defaults to the last axis, 1 for vectors."""

    def examples(self, tensor: Tensor) -> Tensor:
        """Size of the first axis of any tensor, a scalar; 1 for scalars."""

    def vector(self, values: Sequence[Tensor | float], /) -> Tensor:
        """Scalars as a vector."""

    def unknown(self, shape: Sequence[int], /) -> Tensor:
        """NaN of a shape."""

    def flat(self, values: Tensor, /) -> Tensor:
        """All elements as a vector."""

    def stack(self, values: Sequence[Tensor], /, axis: int = 0) -> Tensor:
        """Tensors of one shape along a new axis."""

    def concat(self, values: Sequence[Tensor], axis: int, /) -> Tensor:
        """Tensors end to end along an axis that they have."""

    def take(self, values: Tensor, indices: Sequence[int], /, *, axis: int) -> Tensor:
        """Entries along an axis by their indices, all of them within bounds."""

    def total(self, values: Tensor, /, *, axis: int | None = None) -> Tensor:
        """Sum."""

    def mean(self, values: Tensor, /) -> Tensor:
        """Mean of all elements."""

    def least(self, values: Tensor, /, *, axis: int | None = None) -> Tensor:
        """Minimum."""

    def greatest(self, values: Tensor, /, *, axis: int | None = None) -> Tensor:
        """Maximum."""

    def argmax(self, values: Tensor, axis: int, /) -> Tensor:
        """Index of the maximum along an axis, as an integer."""

    def root(self, values: Tensor, /) -> Tensor:
        """Square root."""

    def floor(self, values: Tensor, /) -> Tensor:
        """The largest integer that is not above a value."""

    def is_nan(self, values: Tensor, /) -> Tensor:
        """Which elements are NaN, bool."""

    def where(self, mask: Tensor, yes: Tensor | float, no: Tensor | float, /) -> Tensor:
        """`yes` where the mask holds, else `no`; shapes are broadcast."""

    def every(self, mask: Tensor, /) -> Tensor:
        """Whether all elements of a bool tensor hold, a scalar."""

    def share(self, mask: Tensor) -> Tensor:
        """Share of the elements of a bool tensor that hold, a scalar; NaN of no elements."""

    # Statistics of layers and weights.

    def moments(self, tensors: Sequence[Tensor], *, with_mean: bool = False) -> Moments:
        """Moments of one or more tensors, each `rows`; the mean is NaN unless it is asked for."""

    def unit_spreads(self, tensors: Sequence[Tensor]) -> Tensor:
        """Per tensor: standard deviation over units, root mean square over rows, (tensors,).

        Of about `PART` elements of each; exactly 0 where all units are equal.
        """

    def dead_share(self, rows: Tensor) -> Tensor:
        """Share of units that are above 0 in no row, a scalar."""

    def rms_of_changes(self, now: Sequence[Tensor], before: Tensor) -> Tensor:
        """Root mean square of each vector's change, (vectors,); `before` has all end to end."""

    # Statistics of data and outputs.

    def column_statistics(self, rows: Tensor) -> Tensor:
        """Per column: mean, std, min, max, zero share, non-finite count, count; (units, 7)."""

    def fingerprint(self, rows: Tensor) -> Tensor:
        """Two sums weighted by position, which tell batches apart, and the number of rows, (3,)."""

    def class_counts(self, ids: Tensor, classes: int) -> Tensor:
        """Counts of ids 0 .. classes-1, then of all other integers, (classes + 1,).

        Args:
            ids: Class ids of shape (examples,); what is no integer is not counted.
            classes: Number of classes.
        """

    def entropy(self, rows: Tensor, activation: str | None) -> Tensor:
        """Mean entropy of predicted distributions in nats, a scalar; NaN of anything else.

        Args:
            rows: Outputs, (examples, classes); for a sigmoid one unit, the probability of yes.
            activation: The activation of the outputs.
        """

    def joint_moments(self, inputs: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
        """Moments that `RunningAssociation` joins: count, means, squares, products; a vector.

        Squares and products are sums of deviations from the mean. Values that are not finite count
        as their column's mean.

        Args:
            inputs: Columns, each of shape (examples, any).
            labels: Likewise.
        """
