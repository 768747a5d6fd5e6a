"""`zeroacc watch` as a process, heard line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any

ROOT = Path(__file__).parents[2]
# What a shell starts in the background ignores INT, and so would all that it starts.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from tb_zeroacc.cli import main
main()
"""
COMMAND = (sys.executable, "-c", PROGRAM)
PATIENCE = 60.0  # seconds: the machine may be busy


class Watcher:
    """One watch.

    Args:
        arguments: Of the command, beside `watch`.
        environment: Variables beside those of this process.
    """

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._out = _queue(self.process.stdout)
        self._err = _queue(self.process.stderr)
        self.said: list[str] = []

    def line(self) -> str:
        """The next line of standard output."""
        return self._out.get(timeout=PATIENCE)

    def json(self) -> dict[str, Any]:
        """The same, as JSON."""
        found: dict[str, Any] = json.loads(self.line())
        return found

    def sentence(self, holds: str) -> str:
        """The next line of standard error that holds a text."""
        while holds not in (sentence := self._err.get(timeout=PATIENCE)):
            self.said.append(sentence)
        return sentence

    def is_quiet(self, seconds: float) -> bool:
        """Whether standard output stays silent for so long."""
        try:
            self._out.get(timeout=seconds)
        except Empty:
            return True
        return False

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Sends a signal; exit code and what was left on standard error."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Exit code and what was left on standard error, once it ends."""
        code = self.process.wait(PATIENCE)
        time.sleep(0.1)  # what it wrote last
        left = []
        while not self._err.empty():
            left.append(self._err.get())
        return code, "\n".join([*self.said, *left])


def _queue(stream: IO[str]) -> SimpleQueue[str]:
    found: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        for line in stream:
            found.put(line.rstrip("\n"))

    Thread(target=listen, daemon=True).start()
    return found


@contextmanager
def watching(*arguments: str, **environment: str) -> Iterator[Watcher]:
    """A watch that is gone in the end."""
    watcher = Watcher(*arguments, **environment)
    try:
        yield watcher
    finally:
        watcher.process.kill()
        watcher.process.wait()


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Waits for something to hold."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.05)
