"""From a path to its trainings, and again whenever the files have grown."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from operator import is_

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.building import at
from tb_zeroacc.logs.discovery import in_reading_order, is_candidate
from tb_zeroacc.logs.followed_file import (
    NOTHING,
    Amount,
    FollowedFile,
    followed,
    given_up,
    spans_to_read,
)
from tb_zeroacc.logs.jobs.lanes import job_at
from tb_zeroacc.logs.remote.segments import JoinedSegments
from tb_zeroacc.logs.storage import Listed, Storage, shown, storage_of
from tb_zeroacc.logs.trainings.belonging import (
    DirectoryParts,
    Placed,
    signs_of,
    trainings_of,
)
from tb_zeroacc.logs.trainings.making import Making
from tb_zeroacc.logs.trainings.training import ReadPart, Told, Training, version_of
from tb_zeroacc.run import Run

log = logging.getLogger(__name__)

# Trainings that do not seem to go on, but whose contents are kept so that what is appended after
# all is all that is read.
KEPT = 100


def read_runs(path: str, *, now: float | None = None) -> list[Run]:
    """Reads every training below a path once.

    Args:
        path: A log directory, one training's directory or one log; any fsspec URL.
        now: Seconds since the epoch, to tell whether a training still runs; None for no clock.

    Returns:
        One Run a training, by name.

    Raises:
        UnreadablePathError: The path is missing, forbidden, or holds no log.
    """
    reader = LogReader(path)
    reader.refresh()
    return reader.runs(now)


@dataclass(slots=True)
class LogReader:
    """Follows the logs below one path. Not for several threads at once.

    Args:
        path: A log directory, one training's directory or one log; any fsspec URL.
        session: The one session of our recorder that counts, by its `facts.Start`; None for the
            latest of each training. Two may be written into one directory at the same time.
        timeout: Seconds that another machine may take to answer; None for those of the environment.
        storage: What lies below the path; None to find it by the path.
    """

    path: str
    session: str | None = None
    timeout: float | None = None
    storage: Storage | None = None
    amount: Amount = NOTHING  # how much was read so far, what was read again included
    _segments: JoinedSegments = field(default_factory=JoinedSegments)
    _listed: list[Listed] = field(default_factory=list)  # as of the last reading
    _ordered: list[Listed] = field(default_factory=list)  # the same in reading order
    _settled: list[Listed] | None = None  # what was read last, where none is to be tried again
    _files: dict[str, FollowedFile] = field(default_factory=dict)  # by location, in reading order
    _parts: DirectoryParts = field(default_factory=DirectoryParts)
    _trainings: dict[str, Training] = field(default_factory=dict)
    _told: dict[str, Told] = field(default_factory=dict)
    _lost: list[str] = field(default_factory=list)
    _is_built: bool = False  # whether `_trainings` is what the files hold

    @property
    def unread(self) -> list[str]:
        """Sentences on what could not be read, and belongs to no training that could."""
        refused = {} if self.storage is None else self.storage.refused
        closed = [f"`{shown(name)}` may not be read: {why}." for name, why in refused.items()]
        return [*closed, *sorted(self._lost)]

    @property
    def label(self) -> str:
        """Name of the directory that is the path, or that holds it where it is a file."""
        return "" if self.storage is None else self.storage.label

    def refresh(self) -> None:
        """Reads what was appended since the last call.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no log.
        """
        self.read(self.look())
        self.check()

    def look(self) -> list[Listed]:
        """The files that may be logs, in reading order; the same list while nothing changes.

        Raises:
            UnreadablePathError: The path is missing or forbidden.
        """
        if self.storage is None:
            self.storage = storage_of(self.path, self.timeout)
        listed = self._segments.joined(self.storage.files(is_candidate))
        is_same = len(listed) == len(self._listed) and all(map(is_, listed, self._listed))
        if not is_same:
            self._listed, self._ordered = listed, in_reading_order(listed)
        return self._ordered

    def check(self) -> None:
        """Says why there is nothing to tell.

        Raises:
            UnreadablePathError: No file holds a log.
        """
        if not any(file.follower.holds_log for file in self._files.values()):
            raise UnreadablePathError(self._why_nothing())

    def lacking(self, listed: list[Listed]) -> list[Listed]:
        """The files that are to be read from their beginning."""
        return [] if listed is self._settled else [file for file in listed if self._lacks(file)]

    def _lacks(self, listed: Listed) -> bool:
        known = self._files.get(listed.location)
        return known is None or (not known.can_go_on and not known.is_current(listed))

    def read(self, listed: list[Listed], label: str | None = None) -> None:
        """Reads what is new in some files; others are not known any more.

        Args:
            listed: In reading order.
            label: That of the path, where another reader has looked.
        """
        if self.storage is None:
            self.storage = storage_of(self.path, self.timeout)
            self.storage.label = label or ""
        if listed is self._settled:
            return
        known, self._files = self._files, {}
        spans = (spans_to_read(known.get(file.location), file) for file in listed)
        self.storage.expect([*chain.from_iterable(spans)])
        for file in listed:
            before = known.get(file.location)
            now = self._files[file.location] = followed(self.storage, before, file)
            if now is not before:
                self.amount = self.amount.plus(now.fetched)
        self._is_built = self._is_built and [*map(id, known.values())] == [
            *map(id, self._files.values())
        ]
        is_settled = all(file.is_settled for file in self._files.values())
        self._settled = listed if is_settled else None

    def runs(self, now: float | None = None) -> list[Run]:
        """The trainings as they stand, by name.

        Args:
            now: Seconds since the epoch; None for no clock.
        """
        if not self._is_built:
            self._build_all()
        # Directories with a header alone show only where there is nothing else.
        hold_data = any(one.built.holds_data for one in self._trainings.values())
        before, self._told = self._told, {}
        for name, training in self._trainings.items():
            built = training.built
            if built.holds_data or not hold_data:
                told = before.get(name)
                # The very same, where it is as it was, so that its verdict holds.
                known = told.run if told is not None and told.built is built else None
                run = job_at(built, now, told) if built.lanes else at(built, now, known)
                self._told[name] = told if told and run is known else Told(built, run)
        return [told.run for told in self._told.values()]

    def forget_quiet(self, keep: int = KEPT) -> None:
        """Forgets what the files hold of trainings that are not expected to go on, as of `runs`.

        Args:
            keep: Of so many the contents are kept: those that were written to last.
        """
        quiet = [
            training
            for name, training in self._trainings.items()
            if not training.is_outlined
            and ((told := self._told.get(name)) is None or told.run.state != "live")
        ]
        if len(quiet) <= keep:
            return
        quiet.sort(key=lambda training: training.built.last_event or 0.0)
        for training in quiet[: len(quiet) - keep]:
            training.is_outlined = True
            for placed in training.files:
                placed.file.forget()

    def part(self) -> ReadPart:
        """What was read, for another reader."""
        return ReadPart(self._files, self._trainings, self._told, self.amount)

    def take_over(self, part: ReadPart) -> None:
        """Takes what another reader has read, as if it had been read here."""
        for file in part.files.values():
            file.taken_over()
        self.amount = self.amount.plus(part.amount)
        for training in part.trainings.values():
            training.version = version_of(training.files)
        self._files.update(part.files)
        self._trainings.update(part.trainings)
        self._told.update(part.told)
        self._is_built = False

    def taken(self, names: Iterable[str]) -> list[Run]:
        """Trainings that were taken over, as they were told."""
        return [self._told[name].run for name in names if name in self._told]

    def give_up(self, listed: Iterable[Listed], fault: str) -> None:
        """Leaves files unread until they change.

        Args:
            listed: The files.
            fault: Why.
        """
        self._files.update((file.location, given_up(file, fault)) for file in listed)
        self._is_built = False

    def _build_all(self) -> None:
        """Builds the trainings of which a file has changed."""
        trainings: dict[str, Training] = {}
        is_sampled = self.storage is not None and self.storage.is_sampled
        making = Making(self.path, self.session, is_sampled, self._whole)
        for name, files in sorted(self._found().items()):
            known = self._trainings.get(name)
            if known is None or known.version != version_of(files):
                known = making.training(name, files, known)
            trainings[name] = known
        self._trainings, self._is_built = trainings, True

    def _whole(self, file: FollowedFile) -> FollowedFile:
        """The file with what it holds."""
        if file.outline is None or self.storage is None:
            return file
        again = self._files[file.listed.location] = followed(self.storage, None, file.listed)
        self.amount = self.amount.plus(again.fetched)
        return again

    def _found(self) -> dict[str, list[Placed]]:
        """Every training's files in reading order, each where it belongs."""
        signs = map(signs_of, self._files.values())
        readable, lost = trainings_of(signs, self.label, self._parts)
        self._lost = [sentence for _, sentence in lost]
        return {
            name: [
                Placed(one.member, one.part, self._files[one.signs.listed.location])
                for one in files
            ]
            for name, files in readable.items()
        }

    def _why_nothing(self) -> str:
        files = [file for file in self._files.values() if file.counts or file.begins_as_log]
        reasons = [reason for file in files if (reason := file.unread()) is not None]
        if not files and self.storage is not None and self.storage.refused:
            name, why = next(iter(self.storage.refused.items()))
            return f"{shown(name)!r} may not be read: {why}."
        if not files:
            return (
                f"There is no log below {self.path!r}: no name contains `tfevents`, and neither "
                "a CSV file with the columns of a training nor a `trainer_state.json` is there."
            )
        if not reasons:
            return f"The log files below {self.path!r} are empty."
        if files[0].listed.is_root:
            return reasons[0]
        more = f" The same holds for {len(reasons) - 1} more." if len(reasons) > 1 else ""
        return f"There is no readable log below {self.path!r}: {reasons[0]}{more}"
