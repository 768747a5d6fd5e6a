"""The event file of a session; each event is flushed as it is written.

On a file system elsewhere it is several files, its segments (`sending/`).
"""

from __future__ import annotations

import itertools
import os
import socket
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from tb_zeroacc import records
from tb_zeroacc.recording.sending.sent_file import SentFile
from tb_zeroacc.tfrecord import framed

_FILES = itertools.count()  # two files of one process in one second need different names


class EventWriter:
    """Writes events into a new file of a directory.

    Args:
        directory: Made where it is missing; a path, or a URL of a file system that fsspec knows.

    Attributes:
        path: Of the file; elsewhere, what the paths of its segments begin with.
        here: The directory of this machine that holds what is written.

    Raises:
        OSError: The directory cannot be written.
        ImportError: The file system needs a package that is not installed; the text names it.
    """

    def __init__(self, directory: str) -> None:
        now = time.time()
        host = socket.gethostname().replace("/", "_") or "host"
        stem = f"events.out.tfevents.{int(now):010d}.{host}.{os.getpid()}.{next(_FILES)}"
        self._file: _File
        if "://" in directory:
            self.path = os.path.join(directory, stem)  # noqa: PTH118 (`gs://`)
            self._file = sent = SentFile(directory, stem)
            self.here = sent.here
        else:
            self.path, self.here = str(Path(directory, f"{stem}.zeroacc")), directory
            self._file = _LocalFile(self.path)
        with self.entry():
            pass  # whether it can be written is known at once

    @property
    def lost(self) -> int:
        """How many segments were dropped before they could be sent."""
        return self._file.lost

    @contextmanager
    def entry(self, wall_time: float | None = None) -> Iterator[bool]:
        """What is written within lies in one file; yields whether that has only just begun.

        Args:
            wall_time: Of it, seconds since 1970; None for now.
        """
        with self._file.entry() as is_new:
            if is_new:
                self._append(records.header_event(_or_now(wall_time)))
            yield is_new

    def write(self, step: int, values: Sequence[Any], wall_time: float | None = None) -> None:
        """Writes one event and flushes it: a crash loses nothing."""
        with self.entry(wall_time):
            self._append(records.event(step, _or_now(wall_time), values))

    def flush(self) -> None:
        """Sees to it that all of it has arrived, as far as that is known in a bounded time."""
        self._file.flush()

    def check(self) -> None:
        """Makes sure that the file is still there: writing into a deleted one raises nothing.

        Raises:
            FileNotFoundError: It was deleted.
        """
        if not self._file.exists():
            raise FileNotFoundError(f"{self.path} was deleted")

    def _append(self, event: Any) -> None:
        self._file.append(framed(event.SerializeToString()))


def _or_now(wall_time: float | None) -> float:
    return time.time() if wall_time is None else wall_time


class _File(Protocol):
    """A file that grows; `lost` counts what of it was dropped unsent."""

    @property
    def lost(self) -> int: ...

    def entry(self) -> AbstractContextManager[bool]:
        """What is appended within lies in one file; yields whether that is empty."""
        ...

    def append(self, data: bytes) -> None:
        """Adds bytes at the end."""

    def flush(self) -> None:
        """Hands on what was not handed on yet."""

    def exists(self) -> bool:
        """Whether it is still there."""


class _LocalFile:
    """A file of this machine; nothing of it waits in this process, which may be killed."""

    lost = 0

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self._path, flags, 0o666)
        weakref.finalize(self, os.close, self._descriptor)  # a file object would warn
        self._is_new = True

    @contextmanager
    def entry(self) -> Iterator[bool]:
        is_new, self._is_new = self._is_new, False
        yield is_new

    def append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def flush(self) -> None:
        """Everything was handed to the system already."""

    def exists(self) -> bool:
        return self._path.exists()
