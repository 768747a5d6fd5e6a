"""What can be asked of a tensor, whatever library made it, and of a NumPy array."""

from __future__ import annotations

from typing import Any

_KINDS = {"f": "f", "i": "i", "u": "i", "b": "b"}  # of NumPy's dtypes


def kind_of(tensor: Any) -> str:
    """`f` for floating point numbers, `i` for whole ones, `b` for booleans, else empty."""
    dtype: Any = getattr(tensor, "dtype", None)
    if hasattr(dtype, "is_floating"):
        return "f" if dtype.is_floating else "i" if dtype.is_integer else "b" * dtype.is_bool
    return _KINDS.get(getattr(dtype, "kind", ""), "")


def is_numeric(tensor: Any) -> bool:
    """Whether a tensor holds real numbers."""
    return kind_of(tensor) != ""


def is_dense(tensor: Any) -> bool:
    """Whether a tensor stores all its values, one beside the other: no sparse or ragged one."""
    composite = hasattr(tensor, "indices") or hasattr(tensor, "flat_values")
    return hasattr(tensor, "shape") and not composite


def rank_of(tensor: Any) -> int | None:
    """The number of axes; None where it is open."""
    shape = getattr(tensor, "shape", ())
    rank = getattr(shape, "rank", None) if hasattr(shape, "rank") else len(shape)
    return None if rank is None else int(rank)


def width_of(tensor: Any) -> int | None:
    """The size of the last axis; None for vectors, and where it is open."""
    rank = rank_of(tensor)
    return tensor.shape[-1] if rank is not None and rank > 1 else None
