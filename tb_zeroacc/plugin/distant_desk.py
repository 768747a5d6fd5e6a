"""The desk in a process of its own: started by the first question, started again when it dies."""

from __future__ import annotations

import itertools
import logging
import pickle
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock, Thread

from tb_zeroacc.metrics.effort import NO_EFFORT
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.questions import Answering, Question, Reply, Unavailable
from tb_zeroacc.plugin.reading import BackgroundReading, View
from tb_zeroacc.pool import processes
from tb_zeroacc.pool.processes import how_it_ended

logger = logging.getLogger(__name__)

START = "from tb_zeroacc.plugin.reading_process import main; main()"
PATIENCE = 10.0  # seconds that a question waits for its reply
SILENCE = 60.0  # seconds without any reply after which the process is taken to hang
MOST_WAITING = 64  # questions at once
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before the process is started again
MOST_FALSE_STARTS = 2  # that never answered: then the logs are read in this process


class DistantDesk:
    """Hands questions to the process that reads, and its replies back.

    Args:
        places: What that process reads.
        command: Starts it; by default this interpreter with this process' `sys.path`.
    """

    def __init__(
        self, places: Sequence[Place], command: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._places = tuple(places)
        self._command = command or (lambda: processes.command(START))
        self._lock = Lock()
        self._process: ReadingProcess | None = None
        self._pause = FIRST_PAUSE
        self._false_starts = 0
        self._here: Answering | None = None
        self._beginning = Desk(_NothingYet(self._places))

    def begin(self) -> None:
        """Starts the process where there is none."""
        with self._lock:
            self._living()

    def answer(self, question: Question) -> Reply:
        """The reply to a question; at once while the process starts or is gone."""
        with self._lock:
            process = self._living()
        if self._here is not None:
            return self._here.answer(question)
        if process is None or process.has_ended:
            return Unavailable(self._obituary(process), int(self._pause))
        return process.ask(question) if process.is_ready else self._beginning.answer(question)

    @property
    def process_id(self) -> int | None:
        """Of the process that reads; None where there is none."""
        return None if self._process is None else self._process.id

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.end()

    def _living(self) -> ReadingProcess | None:
        """The process, started where there is none, or where it died some time ago."""
        known = self._process
        if self._here is not None or (known is not None and not known.has_ended):
            return known
        if known is not None:
            if time.monotonic() - known.ended_at < self._pause:
                return known
            lasted = known.ended_at - known.began_at > LONGEST_PAUSE
            self._pause = FIRST_PAUSE if lasted else min(2 * self._pause, LONGEST_PAUSE)
            self._false_starts += not known.is_ready
        try:
            if self._false_starts == MOST_FALSE_STARTS:
                raise OSError(self._obituary(known))
            self._process = ReadingProcess(self._command(), self._places)
        except (OSError, ValueError) as error:
            logger.warning("The logs are read within TensorBoard's own process: %s", error)
            self._here = Desk(BackgroundReading(self._places))
        return self._process

    def _obituary(self, process: ReadingProcess | None) -> str:
        how = "" if process is None else f" ({process.how_it_ended})"
        return f"The process that reads the logs ended{how}; it will be started again."


class ReadingProcess:
    """One process that reads, and the questions that wait for its replies.

    Args:
        command: Starts it.
        places: What it reads.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, command: Sequence[str], places: Sequence[Place]) -> None:
        self.is_ready = False
        self.has_ended = False
        self.began_at = self.ended_at = self._heard_at = time.monotonic()
        self._numbers = itertools.count()
        self._lock = Lock()
        self._waiting: dict[int, Future[Reply]] = {}
        self._is_wanted = True
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._send(tuple(places))
        Thread(target=self._listen, name="zero-accuracy-replies", daemon=True).start()

    @property
    def id(self) -> int:
        """Its process identifier."""
        return self._process.pid

    @property
    def how_it_ended(self) -> str:
        """Its exit code, or the signal that killed it."""
        return how_it_ended(self._process.returncode)

    def ask(self, question: Question) -> Reply:
        """Its reply, or why there is none in time."""
        number, reply = next(self._numbers), Future[Reply]()
        with self._lock:
            if not self._waiting:
                self._heard_at = time.monotonic()  # silence counts from the first question on
            if self.has_ended or len(self._waiting) >= MOST_WAITING:
                return Unavailable("The process that reads the logs is busy.")
            self._waiting[number] = reply
            self._send((number, question))
        try:
            return reply.result(PATIENCE)
        except FutureTimeoutError:
            if time.monotonic() - self._heard_at > SILENCE:
                logger.warning("The process that reads the logs hangs, and is ended.")
                self._process.kill()
            return Unavailable(f"The process that reads the logs took more than {PATIENCE:g} s.")

    def end(self) -> None:
        """Ends it, and waits until it has."""
        self._is_wanted = False
        self._process.kill()
        self._process.wait()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None  # a pipe
        try:
            self._process.stdin.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
            self._process.stdin.flush()
        except OSError:
            return  # it has ended: `_listen` learns of it, too

    def _listen(self) -> None:
        """Gives each reply to the question that waits for it, until there are no more."""
        assert self._process.stdout is not None  # a pipe
        try:
            while True:
                number, reply = pickle.load(self._process.stdout)
                self._heard_at = time.monotonic()
                if number is None:
                    self.is_ready = True
                elif (waiting := self._waiting.pop(number, None)) is not None:
                    waiting.set_result(reply)
        except (EOFError, OSError, pickle.UnpicklingError):
            self._process.kill()  # it may have written something else than replies
        self._process.wait()
        if self._is_wanted:
            logger.warning("The process that reads the logs ended: %s.", self.how_it_ended)
        with self._lock:
            self.has_ended, self.ended_at = True, time.monotonic()
            unanswered = list(self._waiting.values())
            self._waiting.clear()
        for waiting in unanswered:
            waiting.set_result(Unavailable("The process that reads the logs ended."))


class _NothingYet:
    """What stands before the process is ready."""

    token = ""
    effort = NO_EFFORT

    def __init__(self, places: tuple[Place, ...]) -> None:
        self.places = places

    def view(self) -> View:
        return View()

    def look(self) -> tuple[View, bool]:
        return View(), True
