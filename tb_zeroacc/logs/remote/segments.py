"""Segments of one record, read as the one file that they are together.

Objects of a store cannot be appended to, so our recorder sends a record there in segments, each an
event file of its own. One behind the other they are an event file again. As such it is followed: a
refresh costs what came new, and the memory is that of one file, however many segments there are.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from operator import is_

from tb_zeroacc.logs.remote.pieces import Span
from tb_zeroacc.logs.storage import Listed, Segment, Storage

_NAME = re.compile(r"(events\.out\.tfevents\..+)\.segment-\d{6,}\.zeroacc")


@dataclass(slots=True)
class JoinedSegments:
    """Joins what is listed again and again; what has not changed stays the same object."""

    _known: dict[tuple[str, str], tuple[list[Listed], Listed]] = field(default_factory=dict)

    def joined(self, listed: Iterable[Listed]) -> list[Listed]:
        """The same files, those of one record as one.

        Args:
            listed: In any order.
        """
        records: dict[tuple[str, str], list[Listed]] = defaultdict(list)
        others = []
        for file in listed:
            named = None if file.is_root else _NAME.fullmatch(file.name)
            if named is None:
                others.append(file)
            else:
                records[file.member, named[1]].append(file)
        before, self._known = self._known, {}
        for record, files in records.items():
            files.sort(key=lambda file: file.name)
            known = before.get(record)
            is_same = known is not None and len(known[0]) == len(files)
            if known is None or not is_same or not all(map(is_, known[0], files)):
                known = files, _joined(files)
            self._known[record] = known
        return [*others, *(one for _, one in self._known.values())]


def _joined(files: Sequence[Listed]) -> Listed:
    """One file of segments in order; the first one lends it name and place."""
    first = files[0]
    times = [file.modified for file in files if file.modified is not None]
    segments = tuple(Segment(file.location, file.size, file.version) for file in files)
    return Listed(
        first.member,
        first.name,
        first.location,
        sum(file.size for file in files),
        modified=max(times, default=None),
        identity=first.identity,
        version=hashlib.sha256(repr(segments).encode()).hexdigest()[:32],
        segments=segments,
    )


def read(storage: Storage, listed: Listed, first: int, count: int) -> bytes:
    """At most `count` bytes of a file from byte `first` on; none at its end alone.

    Raises:
        OSError: The file cannot be read.
    """
    if not listed.segments:
        return storage.read(listed.location, first, count)
    ends = _ends(listed.segments)
    place = bisect_right(ends, first)
    if place == len(ends):
        return b""
    segment = listed.segments[place]
    within = first - (ends[place] - segment.size)
    data = storage.read(segment.location, within, min(count, segment.size - within))
    if not data:
        raise OSError("a segment is shorter than it was listed")
    return data


def spans(listed: Listed, first: int) -> list[Span]:
    """The bytes from `first` to the end of a file, by the files that hold them."""
    if not listed.segments:
        return [Span(listed.location, first, listed.size)]
    ends = _ends(listed.segments)
    return [
        Span(segment.location, max(0, first - (end - segment.size)), segment.size)
        for segment, end in zip(listed.segments, ends, strict=True)
        if end > first
    ]


def goes_on(known: Listed, listed: Listed) -> bool:
    """Whether segments are those that were there before, of which the last one may have grown."""
    before = known.segments
    now = listed.segments[: len(before)]
    if not before or len(now) < len(before) or before[:-1] != now[:-1]:
        return False
    old, new = before[-1], now[-1]
    return old == new or (old.location == new.location and old.size < new.size)


@lru_cache(maxsize=64)
def _ends(segments: tuple[Segment, ...]) -> list[int]:
    """Where each segment ends, in bytes of the whole."""
    return list(accumulate(segment.size for segment in segments))
