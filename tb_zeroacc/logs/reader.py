"""From a path to its trainings, and again whenever the files have grown."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.building import Built, at, build, unreadable
from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.discovery import in_reading_order, is_candidate
from tb_zeroacc.logs.followed_file import FollowedFile, followed, span_to_read
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.storage import Storage, shown, storage_of
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
        timeout: Seconds that another machine may take to answer; None for those of the environment.
        storage: What lies below the path; None to find it by the path.
    """

    path: str
    session: str | None = None
    timeout: float | None = None
    storage: Storage | None = None
    _files: dict[str, FollowedFile] = field(default_factory=dict)  # by location, in reading order
    _built: dict[str, tuple[tuple[object, ...], Built]] = field(default_factory=dict)
    _told: dict[str, tuple[Built, Run]] = field(default_factory=dict)
    _lost: list[str] = field(default_factory=list)
    _is_built: bool = False  # whether `_built` is what the files hold

    @property
    def unread(self) -> list[str]:
        """Sentences on what could not be read, and belongs to no training that could."""
        refused = {} if self.storage is None else self.storage.refused
        closed = [f"`{shown(name)}` may not be read: {why}." for name, why in refused.items()]
        return [*closed, *sorted(self._lost)]

    def refresh(self) -> None:
        """Reads what was appended since the last call.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no log.
        """
        if self.storage is None:
            self.storage = storage_of(self.path, self.timeout)
        found = in_reading_order(list(self.storage.files(is_candidate)))
        known, self._files = self._files, {}
        spans = (span_to_read(known.get(file.location), file) for file in found)
        self.storage.expect([span for span in spans if span is not None])
        for file in found:
            self._files[file.location] = followed(self.storage, known.get(file.location), file)
        self._is_built = self._is_built and [*map(id, known.values())] == [
            *map(id, self._files.values())
        ]
        if not any(file.follower.holds_log for file in self._files.values()):
            raise UnreadablePathError(self._why_nothing())

    def runs(self, now: float | None = None) -> list[Run]:
        """The trainings as they stand, by name.

        Args:
            now: Seconds since the epoch; None for no clock.
        """
        if not self._is_built:
            self._build_all()
        found = [(name, one) for name, (_, one) in self._built.items()]
        # Directories with a header alone show only where there is nothing else.
        kept = [(name, one) for name, one in found if one.holds_data] or found
        told, self._told = self._told, {}
        for name, one in kept:
            before = told.get(name)
            # The very same, where it is as it was, so that its verdict holds.
            known = before[1] if before is not None and before[0] is one else None
            self._told[name] = one, at(one, now, known)
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
        label = "" if self.storage is None else self.storage.label
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
            built = build(
                name,
                self.path,
                directories,
                notes,
                [note for at in files for note in at.file.unfinished()],
                known,
                [lost for at in files for lost in at.file.losses()],
            )
            is_sampled = self.storage is not None and self.storage.is_sampled
            return built._replace(run=replace(built.run, sampled=True)) if is_sampled else built
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
