"""From a path to its trainings, and again whenever the files have grown."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import is_
from typing import NamedTuple

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.building import Built, at, build, unreadable
from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.discovery import in_reading_order, is_candidate
from tb_zeroacc.logs.followed_file import FollowedFile, followed
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.storage import Listed, Storage, shown, storage_of
from tb_zeroacc.logs.text_logs.hparams_yaml import HparamsFollower
from tb_zeroacc.logs.text_logs.placing import TextLog, places_of
from tb_zeroacc.logs.text_logs.trainer_state import StateFollower
from tb_zeroacc.run import Run

log = logging.getLogger(__name__)


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


class _Placed(NamedTuple):
    """One file in its training: the member that it is part of, and where that belongs."""

    member: str
    part: Part
    file: FollowedFile


@dataclass(slots=True)
class LogReader:
    """Follows the logs below one path. Not for several threads at once.

    Args:
        path: A log directory, one training's directory or one log; any fsspec URL.
        session: The one session of our recorder that counts, by its `facts.Start`; None for the
            latest of each training. Two may be written into one directory at the same time.
    """

    path: str
    session: str | None = None
    _storage: Storage | None = None
    _listed: list[Listed] = field(default_factory=list)  # as of the last reading
    _files: dict[str, FollowedFile] = field(default_factory=dict)  # by location, in reading order
    _built: dict[str, tuple[tuple[object, ...], Built]] = field(default_factory=dict)
    _told: dict[str, tuple[Built, Run]] = field(default_factory=dict)
    _lost: list[str] = field(default_factory=list)
    _is_built: bool = False  # whether `_built` is what the files hold

    @property
    def unread(self) -> list[str]:
        """Sentences on what could not be read, and belongs to no training that could."""
        refused = [] if self._storage is None else self._storage.refused
        closed = [f"`{shown(name)}` may not be read: permission denied." for name in refused]
        return [*closed, *sorted(self._lost)]

    def refresh(self) -> None:
        """Reads what was appended since the last call.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no log.
        """
        if self._storage is None:
            self._storage = storage_of(self.path)
        listed = list(self._storage.files())
        if self._is_as_read(listed):
            return
        self._listed = listed
        # A file that was asked for itself may have any name.
        found = [file for file in listed if file.is_root or is_candidate(file.name)]
        known, self._files = self._files, {}
        for file in in_reading_order(found):
            self._files[file.location] = followed(self._storage, known.get(file.location), file)
        self._is_built = self._is_built and [*map(id, known.values())] == [
            *map(id, self._files.values())
        ]
        if not any(file.follower.holds_log for file in self._files.values()):
            raise UnreadablePathError(self._why_nothing())

    def _is_as_read(self, listed: list[Listed]) -> bool:
        """Whether these are the very files that were read last, and none is to be tried again."""
        if len(listed) != len(self._listed) or not all(map(is_, listed, self._listed)):
            return False
        files = self._files.values()
        return all(file.is_settled for file in files) and any(
            file.follower.holds_log for file in files
        )

    def runs(self, now: float | None = None) -> list[Run]:
        """The trainings as they stand, by name.

        Args:
            now: Seconds since the epoch; None for no clock.
        """
        if not self._is_built:
            self._build_all()
        # Directories with a header alone show only where there is nothing else.
        hold_data = any(one.holds_data for _, one in self._built.values())
        told, self._told = self._told, {}
        for name, (_, one) in self._built.items():
            if one.holds_data or not hold_data:
                before = told.get(name)
                # The very same, where it is as it was, so that its verdict holds.
                known = before[1] if before is not None and before[0] is one else None
                run = at(one, now, known)
                self._told[name] = before if before is not None and run is known else (one, run)
        return [run for _, run in self._told.values()]

    def _build_all(self) -> None:
        """Builds the trainings of which a file has changed."""
        built: dict[str, tuple[tuple[object, ...], Built]] = {}
        for name, files in sorted(self._trainings().items()):
            version = tuple((at.member, at.part, *at.file.version) for at in files)
            known = self._built.get(name)
            fresh = known is None or known[0] != version
            if known is None or fresh:
                before = None if known is None else known[1].run
                known = version, self._build(name, files, before)
            built[name] = known
        self._built, self._is_built = built, True

    def _trainings(self) -> dict[str, list[_Placed]]:
        """Every training's files in reading order, each where it belongs.

        Files that cannot be read belong to the trainings that others make.
        """
        found: dict[str, list[_Placed]] = defaultdict(list)
        for placed in self._placed():
            found[placed.part.training].append(placed)
        readable = {
            name: files
            for name, files in found.items()
            if any(at.file.follower.holds_log for at in files)
        }
        self._lost = [
            reason
            for name in found.keys() - readable.keys()
            for at in found[name]
            if at.file.is_lost and (reason := at.file.unread())
        ]
        return readable

    def _placed(self) -> Iterator[_Placed]:
        """The event files by their directories, then the text logs that say what they do not."""
        label = "" if self._storage is None else self._storage.label
        tags: dict[str, set[str]] = defaultdict(set)
        holding: set[str] = set()
        events: list[FollowedFile] = []
        texts: list[TextLog] = []
        beside: list[FollowedFile] = []
        for location, file in self._files.items():
            listed, follower = file.listed, file.follower
            if isinstance(follower, FileFollower):
                events.append(file)
                tags[listed.member].update(follower.contents.tracks)
                if follower.contents.tracks or follower.contents.recording:
                    holding.add(listed.member)
            elif isinstance(follower, HparamsFollower):
                beside.append(file)
            elif file.counts:
                step = follower.last_step if isinstance(follower, StateFollower) else None
                texts.append(TextLog(location, listed.member, listed.name, step))
        parts = parts_of(tags, label, tags)
        for file in events:
            yield _Placed(file.listed.member, parts[file.listed.member], file)
        places = places_of(texts, label, {member: parts[member] for member in holding})
        for location, (member, part) in places.items():
            yield _Placed(member, part, self._files[location])
        trainings = {part.training for part in (*parts.values(), *(p for _, p in places.values()))}
        for file in beside:
            if file.listed.member in trainings:
                yield _Placed(file.listed.member, Part(file.listed.member), file)

    def _build(self, name: str, files: list[_Placed], known: Run | None) -> Built:
        directories: dict[str, tuple[Part, list[FileContents]]] = {}
        for member, part, file in files:
            is_read = file.follower.holds_log or isinstance(file.follower, HparamsFollower)
            if is_read and self._counts(file.follower.contents):
                _, contents = directories.setdefault(member, (part, []))
                contents.append(file.follower.contents)
        notes = [note for at in files for note in at.file.damage()]
        try:
            return build(
                name,
                self.path,
                directories,
                notes,
                [note for at in files for note in at.file.unfinished()],
                known,
                [lost for at in files for lost in at.file.losses()],
            )
        except Exception as fault:
            log.debug("Building %r failed", name, exc_info=True)
            return unreadable(name, self.path, {at.member for at in files}, notes, fault)

    def _counts(self, contents: FileContents) -> bool:
        """Whether a file is no other session's than the one that was asked for."""
        start = None if contents.recording is None else contents.recording.start
        return self.session is None or start is None or start.session == self.session

    def _why_nothing(self) -> str:
        files = [file for file in self._files.values() if file.counts or file.begins_as_log]
        reasons = [reason for file in files if (reason := file.unread()) is not None]
        if not files and self._storage is not None and self._storage.refused:
            return f"{shown(self._storage.refused[0])!r} may not be read: permission denied."
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
