"""What is asked of a source, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

PIECE = 16 * 2**20  # bytes that are held at once: most logs are read in one request
MOST_AT_ONCE = 64  # requests

NameTest: TypeAlias = Callable[[str], bool]  # whether a file of this name is wanted


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a source.

    Attributes:
        location: What its pieces are asked for by.
        path: Where it lies below the asked place, with `/`; empty for that place itself.
        size: Its size in bytes.
        modified: When it was last written, seconds since the epoch; None where that is not told.
        version: Tells this state of it from any other; None where nothing does.
    """

    location: str
    path: str
    size: int
    modified: float | None = None
    version: str | None = None


class Span(NamedTuple):
    """Bytes of one file that are going to be read: from `first` on, before `end`."""

    location: str
    first: int
    end: int

    @property
    def piece(self) -> Span:
        """As much of it as is asked for at once."""
        return self._replace(end=min(self.end, self.first + PIECE))


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one file, from `first` on.

    Attributes:
        first: Where they lie.
        content: The bytes.
        is_last: Whether the file ends with them.
    """

    first: int
    content: bytes
    is_last: bool = False

    def covers(self, at: int) -> bool:
        """Whether it tells what lies at a byte of the file, if only that it ends before."""
        is_there = self.first <= at < self.first + len(self.content)
        return is_there or (self.is_last and at >= self.first)


class Source(Protocol):
    """Where files lie. Its questions end in time, whatever the other side does.

    Attributes:
        name: Of the asked place.
        refused: Directories that could not be listed, and why, as of the last `found`.
        sends_all: Whether a whole file comes whatever is asked for.
    """

    name: str
    refused: dict[str, str]
    sends_all: bool

    def found(self, is_wanted: NameTest) -> list[Found]:
        """All files with such a name, and the place itself where it is a file.

        Raises:
            UnreadablePathError: There is no such place, or it cannot be reached.
        """
        ...

    def pieces(self, spans: Sequence[Span]) -> list[Piece | OSError]:
        """What can be had of each span, or why nothing can: one says nothing of another."""
        ...


def asked_together(spans: Sequence[Span], *, sends_all: bool) -> Sequence[Span]:
    """The first spans that are asked for at once: one at least, and no more than can be held."""
    size = 0
    for count, span in enumerate(spans[:MOST_AT_ONCE]):
        piece = span.piece
        size += span.end if sends_all else piece.end - piece.first
        if size > PIECE and count:
            return spans[:count]
    return spans[:MOST_AT_ONCE]
