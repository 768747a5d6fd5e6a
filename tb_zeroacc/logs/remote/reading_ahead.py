"""Asks a source for what is going to be read, many files at once, and holds it until it is."""

from __future__ import annotations

from collections.abc import Sequence

from tb_zeroacc.logs.remote.pieces import Piece, Source, Span, asked_together

OVERLAP = 64  # bytes of a file that come again with its next piece: they tell it from another


class ReadingAhead:
    """Reads the files of a source in the order in which they are expected.

    Args:
        source: Where they lie.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._expected: Sequence[Span] = ()
        self._places: dict[str, int] = {}
        self._held: dict[str, Piece | OSError] = {}

    def expect(self, spans: Sequence[Span]) -> None:
        """Says what is going to be read, in this order; what was held before is dropped."""
        self._expected, self._held = spans, {}
        self._places = {span.location: place for place, span in enumerate(spans)}

    def read(self, location: str, first: int, count: int) -> bytes:
        """At least one and at most `count` bytes of a file from byte `first` on, none at its end.

        Raises:
            OSError: They cannot be had; the sentence says why.
        """
        held = self._held.get(location)
        if held is None:
            held = self._begun(location, first, count)
        elif isinstance(held, Piece) and not held.covers(first):
            held = self._continued(held, location, first, count)
        if isinstance(held, OSError):
            raise held
        begin = first - held.first
        return held.content[begin : begin + count]

    def _begun(self, location: str, first: int, count: int) -> Piece | OSError:
        """The first piece of a file; those of the files behind it come along."""
        place = self._places.get(location)
        if place is None or self._expected[place].first != first:
            return self._asked([Span(location, first, self._end(location, first + count))])
        self._held = {}  # what was expected before this file was read
        sends_all = self._source.sends_all
        return self._asked(asked_together(self._expected[place:], sends_all=sends_all))

    def _continued(self, held: Piece, location: str, first: int, count: int) -> Piece | OSError:
        """Another piece of a file; it begins with the end of the one before it."""
        seen = held.content[-OVERLAP:] if first == held.first + len(held.content) else b""
        begin = first - len(seen)
        piece = self._asked([Span(location, begin, self._end(location, first + count))])
        if isinstance(piece, Piece):
            again = piece.content[begin - piece.first :][: len(seen)]
            if again != seen:
                piece = self._held[location] = OSError("it was replaced while it was read")
        return piece

    def _asked(self, spans: Sequence[Span]) -> Piece | OSError:
        """What the source says of the first span; of the others it is held, too."""
        pieces = self._source.pieces([span.piece for span in spans])
        for span, piece in zip(spans, pieces, strict=True):
            self._held[span.location] = piece
        return pieces[0]

    def _end(self, location: str, least: int) -> int:
        """Where a file is expected to end."""
        place = self._places.get(location)
        return least if place is None else max(least, self._expected[place].end)
