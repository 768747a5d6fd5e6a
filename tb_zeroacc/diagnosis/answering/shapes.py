"""Shapes of tensors in words."""

from __future__ import annotations

from tb_zeroacc.facts import Tensor


def shape_words(tensor: Tensor) -> str:
    """The shape of a tensor, `n` for a size that is not fixed: `(n, 3)`."""
    sizes = ["n" if size is None else str(size) for size in tensor.shape or ()]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
