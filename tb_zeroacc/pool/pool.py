"""Hands shares to processes, and out what they read, in whatever order it is done.

A process that dies takes nothing with it but the one log that killed it: its share is read again in
halves, until that log is alone.
"""

from __future__ import annotations

import logging
import pickle
import subprocess
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import NamedTuple, TypeAlias

from tb_zeroacc.pool.handing_over import ReadShare, received
from tb_zeroacc.pool.processes import command, how_it_ended
from tb_zeroacc.pool.share_process import READY, Order
from tb_zeroacc.pool.shares import Share

log = logging.getLogger(__name__)

AHEAD = 2  # shares that a process is given at once
PATIENCE = 1.0  # seconds in which a process ends that has no more to do
START = "from tb_zeroacc.pool.share_process import main; main()"


class Killer(NamedTuple):
    """Files that end whatever process reads them, and how it ended."""

    share: Share
    how: str


class NotStarted(NamedTuple):
    """Files that no process was there to read."""

    share: Share


Outcome: TypeAlias = ReadShare | Killer | NotStarted


def read_in_processes(
    order: Order,
    shares: Sequence[Share],
    processes: int,
    start: Callable[[], Sequence[str]] = lambda: command(START),
) -> Generator[Outcome, None, None]:
    """Reads and judges shares in several processes, which end with the iteration.

    Args:
        order: What is to be done.
        shares: All of them; each is answered, whole or in parts.
        processes: How many work at once.
        start: The command that starts one.
    """
    pool = _Pool(order, start)
    for share in shares:
        pool.waiting.put(share)
    left = len(shares)
    try:
        pool.begin(processes)
        while left:
            outcome = pool.done.get()
            if isinstance(outcome, Killer) and len(outcome.share) > 1:
                half = len(outcome.share) // 2
                pool.waiting.put(outcome.share[:half])
                pool.waiting.put(outcome.share[half:])
                left += 1
                continue
            left -= 1
            yield outcome
    finally:
        pool.end()


class _Pool:
    """The processes, each with a thread that serves it."""

    def __init__(self, order: Order, start: Callable[[], Sequence[str]]) -> None:
        self.waiting: SimpleQueue[Share | None] = SimpleQueue()
        self.done: SimpleQueue[Outcome] = SimpleQueue()
        self._order, self._start = order, start
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._running: set[ShareProcess] = set()
        self._is_over = self._is_hopeless = False

    def begin(self, processes: int) -> None:
        for _ in range(processes):
            thread = Thread(target=self._serve, name="zero-accuracy-share", daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """Ends all processes, whatever they do."""
        with self._lock:
            self._is_over = True
            for process in self._running:
                process.kill()
        for _ in self._threads:
            self.waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        process: ShareProcess | None = None
        given: deque[Share] = deque()
        while True:
            # One more than it reads: it should not wait while its results are taken.
            while len(given) < AHEAD and (share := self._next(wait=not given)) is not None:
                try:
                    process = process or self._started()
                    process.give(share)
                    given.append(share)
                except (OSError, ValueError) as error:
                    log.debug("No process can be started to read logs: %s", error)
                    self._is_hopeless = True
                    self.done.put(NotStarted(share))
            if process is None or not given:
                break
            try:
                self.done.put(process.result())
                given.popleft()
            except (EOFError, OSError, pickle.UnpicklingError):
                how = self._ended(process)
                process = None
                log.debug("A process that read logs ended: %s", how)
                self.done.put(Killer(given.popleft(), how))
                while given:
                    self.waiting.put(given.popleft())
        if process is not None:
            self._ended(process)

    def _next(self, *, wait: bool) -> Share | None:
        """The next share; None where there is none, or no more is to be read."""
        if self._is_over:
            return None
        try:
            share = self.waiting.get(wait)
        except Empty:
            return None
        return None if self._is_over else share

    def _started(self) -> ShareProcess:
        """A process that is ready.

        Raises:
            OSError: It cannot be started, or ended at once.
        """
        if self._is_hopeless:
            raise OSError("none could be started before")
        process: ShareProcess = ShareProcess(self._start())
        with self._lock:
            self._running.add(process)
            if self._is_over:
                process.kill()
        if not process.begins(self._order):
            raise OSError(f"it ended at once ({self._ended(process)})")
        return process

    def _ended(self, process: ShareProcess) -> str:
        with self._lock:
            self._running.discard(process)
        return process.end()


class ShareProcess:
    """One process that reads shares, in the order in which they are given.

    Args:
        command: Starts it.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None  # pipes
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    def begins(self, order: Order) -> bool:
        """Tells it what to do; False where it is not there to listen."""
        is_ready = self._output.read(len(READY)) == READY
        if is_ready:
            self._send(order)
        return is_ready

    def give(self, share: Share) -> None:
        """Hands it one more share. Where it has ended, `result` says so."""
        self._send(share)

    def result(self) -> ReadShare:
        """What it read of the earliest share without a result.

        Raises:
            EOFError: It has ended.
        """
        return received(self._output)

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def end(self) -> str:
        """Ends it where it has not, and says how it did."""
        with suppress(OSError):
            self._input.close()  # it ends with its input
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._output.close()
        return how_it_ended(self._process.wait())

    def _send(self, message: object) -> None:
        with suppress(OSError):
            self._input.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
            self._input.flush()
