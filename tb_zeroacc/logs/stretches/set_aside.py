"""The stretches of a file's tags that another stretch of the same tag followed."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from tb_zeroacc.series import Series, SeriesBuilder

# No rule judges a curve of fewer points, and of loops' indices there may be many thousand.
SHORTEST = 4
# Together they are at most so many points of 16 bytes; what is beyond goes, the oldest first. The
# longest series that is kept has some 3000.
MOST_POINTS = 500_000
OVERHEAD = 64  # of a stretch, whatever its length, in points


class _Closed(NamedTuple):
    tag: str
    begun: int  # number of its first event
    series: Series


@dataclass(slots=True)
class SetAside:
    """What is kept of them, in bounded memory."""

    _kept: deque[_Closed] = field(default_factory=deque)
    _points: int = 0

    def add(self, tag: str, begun: int, builder: SeriesBuilder) -> None:
        """Takes a stretch that has ended; `begun` is the number of its first event."""
        if builder.count < SHORTEST:
            return
        series = builder.freeze()
        self._kept.append(_Closed(tag, begun, series))
        self._points += len(series) + OVERHEAD
        while self._points > MOST_POINTS:
            self._points -= len(self._kept.popleft().series) + OVERHEAD

    def groups(self, without: Collection[str] = ()) -> list[dict[str, Series]]:
        """The stretches that belong together, by tag, in the order in which they began.

        A tag that begins anew opens the next group, and the other tags join it.

        Args:
            without: Tags that are left out.
        """
        found: list[dict[str, Series]] = []
        for tag, _, series in sorted(self._kept, key=lambda closed: closed.begun):
            if tag in without:
                continue
            if not found or tag in found[-1]:
                found.append({})
            found[-1][tag] = series
        return found
