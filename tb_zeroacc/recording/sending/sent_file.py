"""A file elsewhere that grows: written here, sent by a thread, so that no step waits for it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from tb_zeroacc.recording.sending.destination import Destination
from tb_zeroacc.recording.sending.leftovers import send_leftovers
from tb_zeroacc.recording.sending.sender import Sender
from tb_zeroacc.recording.sending.spool import Spool


class SentFile:
    """The record of a session as segments of a directory elsewhere.

    Args:
        directory: URL of the directory.
        stem: Names of the segments begin with it.

    Attributes:
        here: The directory of this machine that holds the record.

    Raises:
        OSError: Nothing can be kept on this machine.
        ImportError: The file system needs a package that is not installed; the text names it.
        ValueError: fsspec knows no such file system.
    """

    def __init__(self, directory: str, stem: str) -> None:
        destination = Destination(directory)
        self._spool = Spool(destination.url, stem)
        self.here = str(self._spool.folder)
        self._depth = 0
        self._sender = Sender(self._spool, destination)
        send_leftovers(destination.url)
        weakref.finalize(self, self._sender.end).atexit = False  # it has a hook of its own there

    @contextmanager
    def entry(self) -> Iterator[bool]:
        """One segment is open within, and stays the same; yields whether it is a new one.

        An entry may lie within another.
        """
        with self._spool.changed:
            is_new = not self._spool.is_open
            if is_new:
                self._spool.begin()
            self._depth += 1
            try:
                yield is_new
            finally:
                self._depth -= 1
            if self._spool.is_full and not self._depth:
                self._spool.close_segment()

    def append(self, data: bytes) -> None:
        """Adds bytes; within an `entry`."""
        self._spool.append(data)

    def flush(self) -> None:
        """Waits for what was not sent, for a bounded time."""
        self._sender.flush()

    def exists(self) -> bool:
        """A segment that is deleted there takes nothing from those that follow."""
        return True

    @property
    def lost(self) -> int:
        """How many segments were dropped unsent, for want of room on this disk."""
        return self._spool.lost
