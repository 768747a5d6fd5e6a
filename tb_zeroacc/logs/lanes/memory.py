"""Keeps the memory of blocks and columns at hand from one block to the next."""

from __future__ import annotations

import numpy as np

# The most that the C library of GNU learns from: `M_MMAP_THRESHOLD` in mallopt(3).
LARGEST = 31 * 2**20  # bytes


def keep_freed_memory() -> None:
    """Has the C library keep large pieces of memory that are freed.

    It gives back to the kernel what is larger than all that was freed before, and fetching the
    pages of the next block takes longer than reading the records in it. It learns from one large
    piece, which is never touched. Other C libraries learn nothing.
    """
    np.empty(LARGEST, np.uint8)
