"""The one function: a path and a clock in, verdicts out.

Tab, command, callback and alarms all come here, so that the same bytes and the same `now` give the
same verdict everywhere.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from tb_zeroacc.diagnosis.answers import CannotTell, Passed
from tb_zeroacc.diagnosis.catalogue import BEFORE_TRAINING, CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.diagnosis.engine import diagnose as diagnose_run
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.logs.followed_file import Amount
from tb_zeroacc.logs.storage import Listed, Storage
from tb_zeroacc.pool.dealing import read_new
from tb_zeroacc.pool.shares import trainings_named, waiting
from tb_zeroacc.run import Run
from tb_zeroacc.store.location import is_there
from tb_zeroacc.wording import count

if TYPE_CHECKING:
    from tb_zeroacc.store.known_trainings import KnownTrainings

log = logging.getLogger(__name__)

# Seconds that reading takes, about: what takes less is read anew sooner than its store is opened.
WORTH_STORING = 1.0
STORED_ANEW = 300.0  # seconds between two writings of what grows


class Reading(NamedTuple):
    """One training as it was read, and the verdict on it."""

    run: Run
    diagnosis: Diagnosis


@dataclass(slots=True)
class Reader:
    """Follows one path: each `refresh` reads what was appended, `state` judges what is there.

    Args:
        path: A log directory, one training's directory or one log; any fsspec URL.
        session, timeout, storage: As for `LogReader`.
        stores: Whether what was read of a large directory is kept for the next process, and what
            an earlier one kept is used. The verdicts are the same.
    """

    path: str
    session: str | None = None
    timeout: float | None = None
    storage: Storage | None = None
    stores: bool = False
    _logs: LogReader = field(init=False)
    _judged: dict[str, Reading] = field(init=False, default_factory=dict)
    expected: int = field(init=False, default=0)  # trainings, as the names of directories tell
    _is_worth_storing: bool = field(init=False, default=False)
    _known: KnownTrainings | None = field(init=False, default=None)
    _stored_at: float = field(init=False, default=-math.inf)

    def __post_init__(self) -> None:
        self._logs = LogReader(self.path, self.session, self.timeout, self.storage)

    def refresh(self, now: float | None = None) -> None:
        """Reads what was appended since the last call.

        Args:
            now: The clock of the next `state`; what is read by other processes is judged at once.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no log.
        """
        for _ in self.refreshing(now):
            pass

    def refreshing(self, now: float | None = None) -> Iterator[list[Reading]]:
        """The same, while the verdicts come: each as soon as its own files are read.

        Args:
            now: As for `refresh`.

        Yields:
            Verdicts on trainings that were not known, by no order; not on all of them. First none,
            as soon as it is known how many are `expected`.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no log.
        """
        listed = self._logs.look()
        if not self._judged:
            self.expected = trainings_named(listed, self._logs.label)
            yield []
        if self.stores:
            self.stores = False  # it is asked once
            self._is_worth_storing = waiting(listed, self.path) >= WORTH_STORING
            yield from self._recalled(listed)
        for verdicts in read_new(self._logs, listed, now, judged):
            readings = self._taken(verdicts)
            yield readings
            if (known := self._store()) is not None:
                known.store(self._logs, readings)
        self._logs.read(listed)
        self._logs.check()

    def _recalled(self, listed: list[Listed]) -> Iterator[list[Reading]]:
        """Takes over what is stored, where reading it all again would take long."""
        if self._is_worth_storing and is_there():
            known = self._store()
            if known is not None and (verdicts := known.recall(self._logs, listed)):
                yield self._taken(verdicts)

    def _store(self) -> KnownTrainings | None:
        """The store, opened when it is first needed: beginning one takes a while."""
        if self._is_worth_storing:
            self._is_worth_storing = False
            from tb_zeroacc.store.known_trainings import known_trainings  # slow, and seldom needed

            self._known = known_trainings(self.path, self.session, judged)
        return self._known

    def _taken(self, verdicts: Mapping[str, Diagnosis]) -> list[Reading]:
        """Verdicts on trainings that were taken over."""
        readings = [Reading(run, verdicts[run.name]) for run in self._logs.taken(verdicts)]
        self._judged.update((reading.run.name, reading) for reading in readings)
        return readings

    @property
    def amount(self) -> Amount:
        """How much was read so far."""
        return self._logs.amount

    @property
    def unread(self) -> list[str]:
        """Sentences on what could not be read and belongs to no training that could."""
        return self._logs.unread

    def state(self, now: float | None = None) -> list[Reading]:
        """The verdict on every training below the path, by name.

        Args:
            now: The clock in seconds since 1970 that decides what still runs; None for no clock.
        """
        readings = [self._judge(run) for run in self._logs.runs(now)]
        self._logs.forget_quiet()
        self._judged = {reading.run.name: reading for reading in readings}
        known = self._store()
        if known is not None and time.monotonic() - self._stored_at > STORED_ANEW:
            known.store(self._logs, readings)
            known.keep_only(self._judged)
            self._stored_at = time.monotonic()
        return readings

    def _judge(self, run: Run) -> Reading:
        known = self._judged.get(run.name)
        if known is not None and known.run is run:  # nothing was appended
            return known
        return Reading(run, judged(run))


def judged(run: Run) -> Diagnosis:
    """The verdict on a run; whatever it holds, it takes no other run's verdict away."""
    try:
        return diagnose_run(run, CATALOGUE)
    except Exception as fault:
        log.debug("Judging %r failed", run.name, exc_info=True)
        said = f"This log could not be judged: what it holds is odd ({type(fault).__name__})."
        return Diagnosis(run.name, Outcome.CANNOT_TELL, said)


def read(path: str, now: float | None = None, session: str | None = None) -> list[Reading]:
    """Reads and judges every training below a path.

    Args:
        path: A log directory, one training's directory or one log; any fsspec URL.
        now: The clock in seconds since 1970 that decides what still runs; None for no clock.
        session: The recorder's session to judge, by its token; None for the latest.

    Raises:
        UnreadablePathError: The path is missing, forbidden, or holds no log.
    """
    reader = Reader(path, session)
    reader.refresh(now)
    return reader.state(now)


def diagnose(
    path: str, *, now: float | None = None, session: str | None = None
) -> list[Diagnosis]:
    """The verdict on every training below a path; arguments and errors as for `read`."""
    return [reading.diagnosis for reading in read(path, now, session)]


def before_training(path: str) -> Diagnosis:
    """The verdict on the record of a few batches that no update followed.

    Args:
        path: The directory of the one training that was recorded.

    Returns:
        What the rules say that need no training. Its outcome is never `learning`.
    """
    (run,) = read_runs(path)
    verdict = replace(diagnose_run(run, BEFORE_TRAINING), run="check")
    if verdict.findings:
        return verdict
    answers = list(verdict.checks.values())
    passed = sum(isinstance(answer, Passed) for answer in answers)
    untold = sum(isinstance(answer, CannotTell) for answer in answers)
    said = f"No fault found before training: {count(passed, 'check')} passed"
    said += f", {untold} could not be told." if untold else "."
    return replace(verdict, outcome=Outcome.CANNOT_TELL, headline=said, context="")
