"""The base of all recorders: one session of one model, which the program's end closes."""

from __future__ import annotations

import atexit
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable

from tb_zeroacc import facts
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.workers.identity import Identity

# Of a longer message the beginning and the end are kept: TensorFlow's begin with a stack and end
# with what happened.
MAX_TEXT, MAX_BEGINNING = 2000, 500


class Recorder(ABC):
    """Records one model, from its first training to its last.

    Args:
        log_dir: Directory of the training.
        guard: Turns failing parts off.
        news: Called when there may be something to tell: `contract`, `sample`, `non_finite`,
            `exception`, `epoch`, `end`; the record is on disk by then.
        identity: What this process is to others that train with it; None to look for it.

    Attributes:
        guard: As above.
        directory: Where the record is on this machine: it may be on its way elsewhere.
        token: Names its session.
        is_open: Whether a training is under way.
    """

    def __init__(
        self,
        log_dir: str,
        guard: Guard,
        news: Callable[[str], None],
        identity: Identity | None = None,
    ) -> None:
        self.guard = guard
        self._news = news
        self._session = RecordingSession(log_dir, guard, identity)
        self.directory, self.token = self._session.here, self._session.token
        self.is_open = False
        atexit.register(_at_exit, weakref.ref(self))

    @property
    def is_writing(self) -> bool:
        """Whether there is a log to write to, and then to read."""
        return self._session.is_writing

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process made it, and not one that was forked from that."""
        return self._session.is_of_this_process

    @abstractmethod
    def program_ended(self) -> None:
        """The interpreter ends, maybe while a training is under way."""


def _at_exit(reference: weakref.ref[Recorder]) -> None:
    recorder = reference()
    if recorder is not None and recorder.is_writing:  # a forked process has no part in it
        recorder.guard.run("the end of the program", recorder.program_ended)


def end_of(fault: BaseException | None, step: int | None) -> facts.End:
    """How an exception ends a training, as a fact; without one it was interrupted."""
    if fault is None:
        return facts.End("interrupted", step)
    how = "interrupted" if isinstance(fault, KeyboardInterrupt) else "exception"
    return facts.End(how, step, exception=type(fault).__name__, text=_shortened(str(fault)))


def _shortened(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    between = "\n...\n"
    return text[:MAX_BEGINNING] + between + text[MAX_BEGINNING + len(between) - MAX_TEXT :]
