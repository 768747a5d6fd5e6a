"""Kind, rank and width of a tensor of any library, or of a NumPy array."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_KINDS = {"f": "f", "i": "i", "u": "i", "b": "b"}  # of NumPy's dtypes


@dataclass(slots=True)
class HostTensor:
    """Stands for a tensor whose shape and dtype a trace knew, and whose values come later.

    Attributes:
        spec: What the trace knew: anything with a shape and a dtype.
        values: The array of the step at hand.
    """

    spec: Any
    values: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, array: Any) -> HostTensor:
        """For an array that is there."""
        return cls(array, array)

    @property
    def shape(self) -> Any:
        """The shape that the trace knew."""
        return self.spec.shape

    @property
    def dtype(self) -> Any:
        """The tensor's dtype."""
        return self.spec.dtype


def kind_of(tensor: Any) -> str:
    """`f` for floating-point numbers, `i` for integers, `b` for booleans, else empty."""
    dtype: Any = getattr(tensor, "dtype", None)
    if hasattr(dtype, "is_floating"):
        return "f" if dtype.is_floating else "i" if dtype.is_integer else "b" * dtype.is_bool
    return _KINDS.get(getattr(dtype, "kind", ""), "")


def is_numeric(tensor: Any) -> bool:
    """Whether a tensor holds real numbers."""
    return kind_of(tensor) != ""


def is_dense(tensor: Any) -> bool:
    """Whether a tensor is neither sparse nor ragged."""
    composite = hasattr(tensor, "indices") or hasattr(tensor, "flat_values")
    return hasattr(tensor, "shape") and not composite


def rank_of(tensor: Any) -> int | None:
    """Number of axes; None where it is unknown."""
    shape = getattr(tensor, "shape", ())
    rank = getattr(shape, "rank", None) if hasattr(shape, "rank") else len(shape)
    return None if rank is None else int(rank)


def width_of(tensor: Any) -> int | None:
    """Size of the last axis; None for vectors, and where it is unknown."""
    rank = rank_of(tensor)
    return tensor.shape[-1] if rank is not None and rank > 1 else None
