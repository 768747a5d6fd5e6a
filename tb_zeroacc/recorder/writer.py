"""One event file, written with TensorFlow's own record writer and flushed at each event."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tb_zeroacc import records

_FILES = itertools.count()  # two files of one process in one second need different names


class EventWriter:
    """Writes events into a new file of a directory.

    Args:
        directory: Made where it is missing; any file system that TensorFlow knows.

    Raises:
        tf.errors.OpError, OSError: The directory cannot be written.
    """

    def __init__(self, directory: str) -> None:
        tf.io.gfile.makedirs(directory)
        now = time.time()
        host = socket.gethostname().replace("/", "_") or "host"
        name = f"events.out.tfevents.{int(now):010d}.{host}.{os.getpid()}.{next(_FILES)}.zeroacc"
        self.path = os.path.join(directory, name)  # noqa: PTH118 (`gs://`)
        self._file = tf.io.TFRecordWriter(self.path)
        self._append(records.header_event(now))

    def write(self, step: int, values: Sequence[Any]) -> None:
        """Writes one event and flushes it: a crash loses nothing."""
        self._append(records.event(step, time.time(), values))

    def check(self) -> None:
        """Makes sure that the file is still there: writing into a deleted one raises nothing.

        Raises:
            FileNotFoundError: It was deleted.
        """
        if not tf.io.gfile.exists(self.path):
            raise FileNotFoundError(f"{self.path} was deleted")

    def _append(self, event: Any) -> None:
        self._file.write(event.SerializeToString())
        self._file.flush()
