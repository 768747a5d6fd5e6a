"""The segments of a record on this machine's disk, until another file system has them.

Objects of a store cannot be appended to, so a record goes there in segments: each is an event file
of its own, is closed by its size or its age and never changes then. A segment that is sent twice is
the same object twice.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from tb_zeroacc.recording.sending import keeping

SEGMENT_BYTES = 2**20  # a request costs the same for a KiB, and a long record needs few
# Seconds after which a segment is closed, so that readers see it: a share of the record's age, so
# that a day makes some hundred objects. A reader takes a training for live that wrote within 300 s.
LEAST_AGE, MOST_AGE, SHARE_OF_AGE = 10.0, 120.0, 1 / 60
# Bytes on this disk, sent or not: two days without a network, at what a budget of 1 % writes.
MOST_BYTES = 512 * 2**20
FIRST_KEPT = 8  # segments that are never dropped: the contract and the first steps are there


@dataclass(slots=True, eq=False)
class Segment:
    """One closed segment: its file, its size in bytes, whether it must not be dropped now."""

    path: Path
    size: int
    number: int
    is_being_sent: bool = False

    @property
    def may_go(self) -> bool:
        """Whether it may be dropped where the disk's bound is reached."""
        return self.number >= FIRST_KEPT and not self.is_being_sent


class Spool:
    """Takes bytes for the open segment, and hands out the closed ones in order.

    Everything is done while `changed` is held, a lock that nobody holds over a question to the
    network.

    Args:
        url: Where the segments go; its last part names the record's directory, which tells a
            reader whose it is.
        stem: Names of segments begin with it.

    Attributes:
        changed: The lock; who waits on it is told when a segment was closed, sent or dropped.
        folder: Where the record lies on this machine.
        waiting: Closed segments that were not sent, oldest first.
        lost: How many were dropped unsent.
    """

    def __init__(self, url: str, stem: str) -> None:
        directory = Path(tempfile.mkdtemp(prefix=keeping.PREFIX))
        self.folder = directory / (url.rpartition("/")[2] or "record")
        self.folder.mkdir(0o700)
        self._keeper = keeping.keep(directory, url)
        self.changed = threading.Condition()
        self.waiting: deque[Segment] = deque()
        self.lost = 0
        self._stem = stem
        self._numbers = itertools.count()
        self._made = time.monotonic()
        self._sent: deque[Segment] = deque()
        self._bytes = 0
        self._open: Segment | None = None
        self._began = 0.0
        self._descriptor = -1

    @property
    def is_open(self) -> bool:
        """Whether a segment takes bytes."""
        return self._open is not None

    @property
    def is_kept(self) -> bool:
        """Whether a later process can tell that this one has left it behind."""
        return self._keeper is not None

    @property
    def unsent_bytes(self) -> int:
        """Bytes that were not sent, those of the open segment included."""
        of_open = 0 if self._open is None else self._open.size
        return of_open + sum(segment.size for segment in self.waiting)

    @property
    def closes_in(self) -> float | None:
        """Seconds until the open segment is old enough; None without one."""
        if self._open is None:
            return None
        now = time.monotonic()
        age = min(MOST_AGE, max(LEAST_AGE, SHARE_OF_AGE * (now - self._made)))
        return max(0.0, self._began + age - now)

    def begin(self) -> None:
        """Opens the next segment."""
        number = next(self._numbers)
        path = self.folder / f"{self._stem}.segment-{number:06d}.zeroacc"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o600)
        self._open, self._began = Segment(path, 0, number), time.monotonic()
        self.changed.notify_all()  # the sender reckons from now on when to close it

    def append(self, data: bytes) -> None:
        """Adds bytes to the open segment; they are the system's then, whatever happens to us."""
        assert self._open is not None
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._open.size += len(data)
        self._bytes += len(data)

    @property
    def is_full(self) -> bool:
        """Whether the open segment is as large as one should be."""
        return self._open is not None and self._open.size >= SEGMENT_BYTES

    def close_segment(self) -> None:
        """Closes the open segment, if there is one; it waits to be sent from now on."""
        if self._open is None:
            return
        os.close(self._descriptor)
        self.waiting.append(self._open)
        self._open = None
        self._keep_within_bound()
        self.changed.notify_all()

    def arrived(self, segment: Segment) -> None:
        """A segment has arrived; its file stays for readers on this machine."""
        segment.is_being_sent = False
        self.waiting.remove(segment)
        self._sent.append(segment)
        keeping.note_arrived(self.folder.parent, segment.path.name)
        self.changed.notify_all()

    def remove(self) -> None:
        """Removes everything from this disk."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)
        if self._keeper is not None:
            self._keeper.release()

    def _keep_within_bound(self) -> None:
        """Drops the oldest segments: those that were sent, and then those that were not."""
        for held in (self._sent, self.waiting):
            while self._bytes > MOST_BYTES:
                segment = next((one for one in held if one.may_go), None)
                if segment is None or (held is self.waiting and segment is held[-1]):
                    break  # the one that was just closed stays
                held.remove(segment)
                segment.path.unlink(missing_ok=True)
                self._bytes -= segment.size
                self.lost += held is self.waiting
