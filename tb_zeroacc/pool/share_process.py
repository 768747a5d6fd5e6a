"""The process that does a task with shares.

The task comes pickled through standard input, then the shares; what comes of them goes through
standard output. It ends with its input, and so with the process that it works for, however that
ends.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, Protocol, TypeVar

from tb_zeroacc.packing.pickling import StatePickler
from tb_zeroacc.pool.processes import collect_seldom, own_output

Unit = TypeVar("Unit", contravariant=True)
Result = TypeVar("Result", covariant=True)

READY = b"ready"  # what it says first
NICE = 5  # whoever answers questions meanwhile comes first, and so does a training


class Task(Protocol[Unit, Result]):
    """What processes do with shares: data, which is pickled."""

    def send(self, share: tuple[Unit, ...]) -> object:
        """Does it, in such a process.

        Returns:
            What is pickled for the process that it works for.
        """
        ...

    def received(self, sent: Any) -> Result:
        """What becomes of that there."""
        ...


def main() -> None:
    """Works on shares until its input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that it works for
    source, results = sys.stdin.buffer, own_output()
    collect_seldom()
    if hasattr(os, "nice"):
        os.nice(NICE)
    results.write(READY)
    results.flush()
    task: Task[Any, Any] = pickle.load(source)
    shares: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
    Thread(target=_take, args=(source, shares), daemon=True).start()
    while True:
        try:
            StatePickler(results).dump(task.send(shares.get()))
            results.flush()
        except OSError:
            os._exit(1)  # nobody waits for it any more


def _take(source: BinaryIO, shares: SimpleQueue[tuple[Any, ...]]) -> None:
    """Hears, too, that the input has ended while a share is read."""
    while True:
        try:
            shares.put(pickle.load(source))
        except (EOFError, OSError):
            os._exit(0)
