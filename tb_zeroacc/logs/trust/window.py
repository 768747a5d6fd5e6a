"""Reads a file block by block, and tells whether it is still the one that was read before.

A file may be replaced by a larger one: the bytes before the place where reading goes on are then
others. They come with the first block, so that looking costs no request of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_zeroacc.logs.following import BLOCK, Read

SAMPLE = 64  # bytes: a whole record of a scalar, with its wall time and two checksums


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file held where its reading stopped.

    Attributes:
        first: Its first bytes; empty where they were not read.
        at: Where `before` lies.
        before: The last bytes before that place; empty where they were not kept.
    """

    first: bytes = b""
    at: int = 0
    before: bytes = b""


@dataclass(slots=True)
class Window:
    """One file while it is read: the block that was read last is at hand.

    Args:
        source: Reads from the file itself.
        size: The file's present size in bytes.
    """

    source: Read
    size: int
    _at: int = 0
    _block: bytes = field(default=b"", repr=False)
    _first: bytes = b""

    def read(self, first: int, count: int) -> bytes:
        """Bytes from `first` on: at least one and at most `count`, none at the end."""
        if not self._at <= first < self._at + len(self._block):
            self._at, self._block = first, self.source(first, min(BLOCK, self.size - first))
            if first == 0:
                self._first = self._block[:SAMPLE]
        start = first - self._at
        return self._block[start : start + count]

    def holds(self, mark: Mark, *, is_renamed: bool) -> bool:
        """Whether the file is the one that was marked, as far as it was read.

        Args:
            mark: What it held.
            is_renamed: Whether the file system says that another file has taken its name.
        """
        if is_renamed and self.source(0, SAMPLE)[: len(mark.first)] != mark.first:
            return False
        return not mark.before or self.read(mark.at, len(mark.before)) == mark.before

    def marked(self, offset: int, known: Mark) -> Mark:
        """What the file holds before `offset`; its first bytes may be known from before."""
        at = max(0, offset - SAMPLE)
        start = at - self._at
        before = self._block[start : start + offset - at] if start >= 0 else b""
        return Mark(self._first or known.first, at, before)
