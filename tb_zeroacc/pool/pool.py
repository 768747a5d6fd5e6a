"""Hands shares to processes, and out what they answer, in whatever order it is done.

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
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from tb_zeroacc.pool.processes import command, how_it_ended
from tb_zeroacc.pool.share_process import READY, Task

log = logging.getLogger(__name__)
Unit = TypeVar("Unit")
Result = TypeVar("Result")
Start: TypeAlias = Callable[[], Sequence[str]]

AHEAD = 2  # shares that a process is given at once
PATIENCE = 1.0  # seconds in which a process ends that has no more to do
START = "from tb_zeroacc.pool.share_process import main; main()"


def started() -> Sequence[str]:
    """The command that starts a process for shares."""
    return command(START)


class Killer(NamedTuple, Generic[Unit]):
    """Units that end whatever process reads them, and how it ended."""

    share: tuple[Unit, ...]
    how: str


class NotStarted(NamedTuple, Generic[Unit]):
    """Units that no process was there to read."""

    share: tuple[Unit, ...]


def read_in_processes(
    task: Task[Unit, Result],
    shares: Sequence[tuple[Unit, ...]],
    processes: int,
    start: Start = started,
) -> Generator[Result | Killer[Unit] | NotStarted[Unit], None, None]:
    """Has several processes do a task with shares; they end with the iteration.

    Args:
        task: What is to be done.
        shares: All of them; each is answered, whole or in parts.
        processes: How many work at once.
        start: The command that starts one.
    """
    pool = Pool(task, processes, start)
    try:
        for share in shares:
            pool.give(share)
        while pool.unanswered:
            yield pool.answer()
    finally:
        pool.end()


class Pool(Generic[Unit, Result]):
    """Processes, each with a thread that serves it; the first share starts them.

    Args:
        task: What is to be done with each share.
        processes: How many work at once.
        start: The command that starts one.
    """

    def __init__(
        self, task: Task[Unit, Result], processes: int, start: Start = started
    ) -> None:
        self.unanswered = 0
        self._task, self._start = task, start
        self._waiting: SimpleQueue[tuple[Unit, ...] | None] = SimpleQueue()
        self._done: SimpleQueue[Result | Killer[Unit] | NotStarted[Unit]] = SimpleQueue()
        self._lock = Lock()
        self._running: set[ShareProcess] = set()
        self._is_over = self._is_hopeless = False
        self._threads = [
            Thread(target=self._serve, name="zero-accuracy-share", daemon=True)
            for _ in range(processes)
        ]
        for thread in self._threads:
            thread.start()

    def give(self, share: tuple[Unit, ...]) -> None:
        """Hands in one more share, which is answered, whole or in parts."""
        self.unanswered += 1
        self._waiting.put(share)

    def answer(self) -> Result | Killer[Unit] | NotStarted[Unit]:
        """Waits for the next answer; there must be a share without one."""
        while True:
            found = self._done.get()
            if not isinstance(found, Killer) or len(found.share) == 1:
                self.unanswered -= 1
                return found
            half = len(found.share) // 2
            self._waiting.put(found.share[:half])
            self._waiting.put(found.share[half:])
            self.unanswered += 1

    def end(self) -> None:
        """Ends all processes, whatever they do."""
        with self._lock:
            self._is_over = True
            for process in self._running:
                process.kill()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        process: ShareProcess | None = None
        given: deque[tuple[Unit, ...]] = deque()
        while True:
            # One more than it reads: it should not wait while its results are taken.
            while len(given) < AHEAD and (share := self._next(wait=not given)) is not None:
                try:
                    process = process or self._started()
                    process.give(share)
                    given.append(share)
                except Exception:  # whatever it is, somebody waits for an answer
                    log.debug("No process can be started to read logs", exc_info=True)
                    self._is_hopeless = True
                    self._done.put(NotStarted(share))
            if process is None or not given:
                break
            try:
                result = self._task.received(process.result())
            except Exception:  # it ended, or is of another version than this process
                how = self._ended(process)
                process = None
                log.debug("A process that read logs ended: %s", how, exc_info=True)
                self._done.put(Killer(given.popleft(), how))
                while given:
                    self._waiting.put(given.popleft())
            else:
                given.popleft()
                self._done.put(result)
        if process is not None:
            self._ended(process)

    def _next(self, *, wait: bool) -> tuple[Unit, ...] | None:
        """The next share; None where there is none, or no more is to be read."""
        if self._is_over:
            return None
        try:
            share = self._waiting.get(wait)
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
        if not process.begins(self._task):
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

    def begins(self, task: Task[Any, Any]) -> bool:
        """Tells it what to do; False where it is not there to listen."""
        is_ready = self._output.read(len(READY)) == READY
        if is_ready:
            self._send(task)
        return is_ready

    def give(self, share: tuple[Any, ...]) -> None:
        """Hands it one more share. Where it has ended, `result` says so."""
        self._send(share)

    def result(self) -> Any:
        """What it sends of the earliest share without a result.

        Raises:
            EOFError: It has ended.
            pickle.UnpicklingError: It has ended meanwhile.
        """
        return pickle.load(self._output)

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
