"""What an earlier process has read below a path, handed to the reader of this one.

A stored training is what a reader knew at some moment. So this one takes it as if it had read those
files itself then, and does what it always does: it reads on where a file has grown, and reads anew
what is another. Nothing is believed that following would not believe; what following tells by
watching, that a file was written over in place, is told by the bytes where reading stopped.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.logs.followed_file import FollowedFile
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.storage import Listed, is_url
from tb_zeroacc.logs.trainings.training import ReadPart, outlined
from tb_zeroacc.logs.trust.unpacking import ENDING
from tb_zeroacc.packing.packing import Body, Parts, Stored, pack, parts_of, unpack
from tb_zeroacc.run import Run
from tb_zeroacc.store.database import Database, Item, Row
from tb_zeroacc.store.location import directory, limit
from tb_zeroacc.store.version import version

log = logging.getLogger(__name__)

IN_BODY = ("curves", "tables", "histograms", "earlier")  # of a run, wholly or in part
AT_ONCE = 64  # trainings that are written in one transaction


def known_trainings(
    path: str, session: str | None, judge: Callable[[Run], Diagnosis]
) -> KnownTrainings | None:
    """What is stored of a path; None where there is no store that may be used.

    Args:
        path: As it was asked for.
        session: The recorder's session that is judged; None for the latest.
        judge: The verdict on a run.
    """
    where = directory()
    if where is None or _is_beside(where, path):
        return None
    try:
        return KnownTrainings(Database(where, version(), limit()), path, session, judge)
    except (sqlite3.Error, OSError) as fault:
        log.debug("The store %s cannot be used: %s", where, fault)
        return None


def _is_beside(store: Path, path: str) -> bool:
    """Whether the store would lie among the logs: the path is its directory, or above it."""
    if is_url(path):
        return False
    try:
        return store.resolve().is_relative_to(Path(path).expanduser().resolve())
    except (OSError, RuntimeError):
        return True


@dataclass(slots=True)
class KnownTrainings:
    """The stored trainings of one path.

    Args:
        database: The store.
        path: As it was asked for: names and verdicts are told by it.
        session: The recorder's session that is judged; None for the latest.
        judge: The verdict on a run.
    """

    database: Database
    path: str
    session: str | None
    judge: Callable[[Run], Diagnosis]
    _stored: dict[str, Run] = field(default_factory=dict)  # as they were stored last

    @property
    def _place(self) -> str:
        where = self.path if is_url(self.path) else str(Path(self.path).expanduser().absolute())
        return repr((self.path, where, self.session))

    def recall(self, logs: LogReader, listed: Sequence[Listed]) -> dict[str, Diagnosis]:
        """Has a reader take over what is stored of the files that are there.

        Args:
            logs: The reader of the path.
            listed: All files below it.

        Returns:
            The verdicts on trainings of which no file has changed, by name.
        """
        self.database.mark_used(self._place)
        present = {file.location: file for file in listed}
        current: dict[str, Diagnosis] = {}
        part = ReadPart({}, {}, {})
        for row in self.database.rows(self._place):
            try:
                stored = unpack(row.head, partial(self._body, row, logs.label))
            except Exception:  # whatever is wrong with it, the logs are still there
                log.debug("A row of the store cannot be used", exc_info=True)
                continue
            files = {placed.file.listed.location: placed.file for placed in stored.training.files}
            if not _taken(part.files, files) and all(
                _is_believed(file, present.get(location)) for location, file in files.items()
            ):
                part.files.update(files)
                part.trainings[row.name] = stored.training
                part.told[row.name] = stored.told
                self._stored[row.name] = stored.told.run
                if all(file.listed == present.get(at) for at, file in files.items()):
                    current[row.name] = stored.diagnosis
        logs.take_over(part)
        return current

    def store(self, logs: LogReader, judged: Iterable[tuple[Run, Diagnosis]]) -> None:
        """Stores trainings that are not stored as they are.

        Args:
            logs: Who read them.
            judged: Runs that it told last, with the verdicts on them.
        """
        part = logs.part()
        items: list[Item] = []
        for run, diagnosis in judged:
            told, training = part.told.get(run.name), part.trainings.get(run.name)
            if self._stored.get(run.name) is run or training is None:
                continue
            if told is None or told.run is not run or told.built is not training.built:
                continue
            kept = training if run.state == "live" else outlined(training)
            try:
                items.append(Item(run.name, *pack(Stored(kept, told, diagnosis))))
            except Exception:
                log.debug("%r cannot be stored", run.name, exc_info=True)
            self._stored[run.name] = run
            if len(items) >= AT_ONCE:
                self.database.save(self._place, items)
                items = []
        if items:
            self.database.save(self._place, items)

    def keep_only(self, names: Collection[str]) -> None:
        """Forgets what is stored of trainings that are gone."""
        gone = [name for name in self._stored if name not in names]
        for name in gone:
            del self._stored[name]
        if gone:
            self.database.forget(self._place, gone)

    def _body(self, row: Row, label: str, stored: Stored) -> Body:
        known, listed = stored.told.run, [placed.file.listed for placed in stored.training.files]

        def again() -> Parts:
            """The same of the logs as they are now, where the store was cleared meanwhile."""
            logs = LogReader(self.path, self.session)
            logs.read(sorted(listed, key=lambda file: (file.member, file.name)), label)
            for run in logs.runs():
                if run.name == known.name:
                    parts = {name: getattr(run, name) for name in IN_BODY}
                    now = replace(known, **parts)  # with the clock that it was told by
                    return parts_of(now, self.judge(now))
            return parts_of(Run(known.name), Diagnosis(known.name, Outcome.CANNOT_TELL, ""))

        return Body(lambda: self.database.body(row), again)


def _taken(taken: Mapping[str, FollowedFile], files: Iterable[str]) -> bool:
    """Whether one of the files is known as one of another training already."""
    return any(location in taken for location in files)


def _is_believed(file: FollowedFile, listed: Listed | None) -> bool:
    """Whether a file may be the one that was read, as it was or grown.

    Where it is as it was but for its device's number, which mounting gives anew, it is taken for
    the one that lies there now.
    """
    if listed is None:
        return True  # it is gone, and the reader does not ask for it
    known = file.listed
    if (known.size, known.modified) != (listed.size, listed.modified):
        return True  # the reader looks closer
    if is_url(listed.location) or listed.identity is None:
        return True  # its version tells
    if not _holds(file):
        return False
    if known.identity != listed.identity and _is_marked(file):
        file.listed = replace(known, identity=listed.identity)
    return True


def _is_marked(file: FollowedFile) -> bool:
    return bool(file.mark.first and file.mark.before)


def _holds(file: FollowedFile) -> bool:
    """Whether a local event file holds what it held where it begins and where reading stopped."""
    mark, name = file.mark, file.listed.location
    if not isinstance(file.follower, FileFollower) or name.endswith(ENDING):
        return True
    try:
        with open(name, "rb", buffering=0) as held:  # noqa: PTH123 - there are many
            if held.read(len(mark.first)) != mark.first:
                return False
            held.seek(mark.at, os.SEEK_SET)
            return held.read(len(mark.before)) == mark.before
    except OSError:
        return False
