"""One event file, on any file system that fsspec knows; each event is flushed as it is written."""

from __future__ import annotations

import itertools
import os
import socket
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tb_zeroacc import records
from tb_zeroacc.tfrecord import framed

_FILES = itertools.count()  # two files of one process in one second need different names
# Of the time of training that goes into sending a file again: at most one part in so many.
SHARE_OF_SENDING = 20
LEAST_PAUSE = 5.0  # seconds between two sendings
PATIENCE = 2  # sendings in a row that may fail: the next one sends all of it again


class EventWriter:
    """Writes events into a new file of a directory.

    Args:
        directory: Made where it is missing; a path, or a URL of a file system that fsspec knows.

    Raises:
        OSError: The directory cannot be written.
        ImportError: The file system needs a package that is not installed; the text names it.
    """

    def __init__(self, directory: str) -> None:
        now = time.time()
        host = socket.gethostname().replace("/", "_") or "host"
        name = f"events.out.tfevents.{int(now):010d}.{host}.{os.getpid()}.{next(_FILES)}.zeroacc"
        self.path = os.path.join(directory, name)  # noqa: PTH118 (`gs://`)
        is_remote = "://" in directory
        self._file: _File = _RemoteFile(self.path) if is_remote else _LocalFile(self.path)
        self._append(records.header_event(now))

    def write(self, step: int, values: Sequence[Any]) -> None:
        """Writes one event and flushes it: a crash loses nothing."""
        self._append(records.event(step, time.time(), values))

    def flush(self) -> None:
        """Sees to it that all of it has arrived, also where that is dear."""
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


class _File(Protocol):
    """A file that grows."""

    def append(self, data: bytes) -> None:
        """Adds bytes at the end."""

    def flush(self) -> None:
        """Hands on what was not handed on yet."""

    def exists(self) -> bool:
        """Whether it is still there."""


class _LocalFile:
    """A file of this machine; nothing of it waits in this process, which may be killed."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self._path, flags, 0o666)
        weakref.finalize(self, os.close, self._descriptor)  # a file object would warn

    def append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def flush(self) -> None:
        """Everything was handed to the system already."""

    def exists(self) -> bool:
        return self._path.exists()


class _RemoteFile:
    """A file elsewhere, which most such systems cannot append to: it is sent again as a whole.

    That costs the more the longer it is, so it is sent at most as often as `SHARE_OF_SENDING`
    allows, and at `flush`.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self._system: Any
        self._system, self._path = fsspec.core.url_to_fs(url)
        self._system.makedirs(self._path.rpartition("/")[0], exist_ok=True)
        self._copy = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the session
        weakref.finalize(self, self._copy.close)
        self._next = 0.0
        self._is_sent, self._faults = True, 0

    def append(self, data: bytes) -> None:
        self._copy.write(data)
        self._copy.flush()  # a forked process that ends would write what waits here once more
        self._is_sent = False
        if time.monotonic() >= self._next:
            self._send(patience=PATIENCE)

    def flush(self) -> None:
        if not self._is_sent:
            self._send(patience=0)

    def _send(self, patience: int) -> None:
        """Sends all of it; a fault is raised once there were more than `patience` in a row."""
        start = time.monotonic()
        try:
            self._copy.seek(0)
            self._system.pipe_file(self._path, self._copy.read())
        except Exception:
            self._faults += 1
            self._next = time.monotonic() + LEAST_PAUSE
            if self._faults > patience:
                raise
            return
        finally:
            self._copy.seek(0, os.SEEK_END)
        now = time.monotonic()
        self._next = now + max(LEAST_PAUSE, SHARE_OF_SENDING * (now - start))
        self._is_sent, self._faults = True, 0

    def exists(self) -> bool:
        self._system.invalidate_cache()
        return bool(self._system.exists(self._path))
