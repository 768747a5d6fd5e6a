"""From a path to its trainings, and again whenever the files have grown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.building import Built, at, build
from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.discovery import LFS_POINTER, in_reading_order, is_candidate
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.framing import MAX_PAYLOAD
from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.storage import Listed, Storage, shown, storage_of
from tb_zeroacc.run import Run


def read_runs(path: str, *, now: float | None = None) -> list[Run]:
    """Reads every training below a path once.

    Args:
        path: A log directory, one training's directory or one event file; any fsspec URL.
        now: Seconds since the epoch, to tell whether a training still runs; None for no clock.

    Returns:
        One Run a training, by name.

    Raises:
        UnreadablePathError: The path is missing, forbidden, or holds no event file.
    """
    reader = LogReader(path)
    reader.refresh()
    return reader.runs(now)


_SERIALS = count()


@dataclass(slots=True)
class _File:
    """One event file that is followed. A file that is written anew gets another serial number."""

    listed: Listed
    serial: int
    follower: FileFollower = field(default_factory=FileFollower)
    fault: str | None = None  # why it could not be read this time
    is_pointer: bool = False  # of Git LFS

    def unread(self) -> str | None:
        """Why nothing could be read of it, as a sentence; None where something was."""
        name = _shown(self.listed)
        if self.fault is not None:
            return f"{name} could not be read: {self.fault}."
        if self.is_pointer:
            return f"{name} is only a pointer of Git LFS: fetch the file with `git lfs pull`."
        return f"{name} is no event file." if self.follower.unreadable else None

    @property
    def version(self) -> tuple[object, ...]:
        """What changes whenever something that a Run rests on does."""
        return self.serial, self.follower.changes, self.fault, self.is_pointer

    def damage(self) -> Iterator[str]:
        """What is lost for good."""
        name, follower = _shown(self.listed), self.follower
        if (self.fault is not None or self.is_pointer) and (reason := self.unread()) is not None:
            yield reason
        if follower.unreadable:
            return
        if follower.missing:
            yield f"{follower.missing} bytes of {name} belong to no record and were left out."
        broken = follower.damaged_records + follower.odd_records
        if broken:
            records = "1 record" if broken == 1 else f"{broken} records"
            yield f"{records} of {name} could not be parsed and were left out."
        if follower.oversize_records:
            yield f"{name} holds a record of more than {MAX_PAYLOAD >> 20} MiB, which was left out."

    def unfinished(self) -> Iterator[str]:
        """What may still be completed."""
        waiting = self.follower.unfinished
        if waiting and self.follower.is_event_file:
            yield (
                f"{_shown(self.listed)} ends in the middle of a record ({waiting} bytes); "
                "everything before it was read."
            )


@dataclass(slots=True)
class LogReader:
    """Follows the event files below one path. Not for several threads at once.

    Args:
        path: A log directory, one training's directory or one event file; any fsspec URL.
        session: The one session of our recorder that counts, by its `facts.Start`; None for the
            latest of each training. Two may be written into one directory at the same time.
    """

    path: str
    session: str | None = None
    _storage: Storage | None = None
    _files: dict[str, _File] = field(default_factory=dict)  # by location, in reading order
    _built: dict[str, tuple[tuple[object, ...], Built]] = field(default_factory=dict)
    _told: dict[str, tuple[Built, Run]] = field(default_factory=dict)
    _lost: list[str] = field(default_factory=list)

    @property
    def unread(self) -> list[str]:
        """Sentences on what could not be read, and belongs to no training that could."""
        refused = [] if self._storage is None else self._storage.refused
        closed = [f"`{shown(name)}` may not be read: permission denied." for name in refused]
        return [*closed, *sorted(self._lost)]

    def refresh(self) -> None:
        """Reads what was appended since the last call.

        Raises:
            UnreadablePathError: The path is missing, forbidden, or holds no event file.
        """
        if self._storage is None:
            self._storage = storage_of(self.path)
        listed = list(self._storage.files())
        # A file that was asked for itself may have any name.
        found = [file for file in listed if file.is_root or is_candidate(file.name)]
        known, self._files = self._files, {}
        for file in in_reading_order(found):
            self._files[file.location] = _followed(self._storage, known.get(file.location), file)
        if not any(file.follower.is_event_file for file in self._files.values()):
            raise UnreadablePathError(self._why_nothing())

    def runs(self, now: float | None = None) -> list[Run]:
        """The trainings as they stand, by name.

        Args:
            now: Seconds since the epoch; None for no clock.
        """
        built: dict[str, tuple[tuple[object, ...], Built]] = {}
        for name, files in sorted(self._trainings().items()):
            version = tuple((part, *file.version) for part, file in files)
            known = self._built.get(name)
            fresh = known is None or known[0] != version
            built[name] = (version, self._build(name, files)) if known is None or fresh else known
        self._built = built
        found = [(name, one) for name, (_, one) in built.items()]
        # Directories with a header alone show only where there is nothing else.
        kept = [(name, one) for name, one in found if one.holds_data] or found
        told, self._told = self._told, {}
        for name, one in kept:
            run, known_run = at(one, now), told.get(name)
            if known_run is not None and known_run[0] is one and _same(known_run[1], run):
                run = known_run[1]  # the very same, so that its verdict holds
            self._told[name] = one, run
        return [run for _, run in self._told.values()]

    def _trainings(self) -> dict[str, list[tuple[Part, _File]]]:
        """Every training's files in reading order, each with its directory's part.

        Files that cannot be read belong to the trainings that others make.
        """
        tags: dict[str, set[str]] = defaultdict(set)
        for file in self._files.values():
            tags[file.listed.member].update(file.follower.contents.tracks)
        label = "" if self._storage is None else self._storage.label
        parts = parts_of(tags, label, tags)
        found: dict[str, list[tuple[Part, _File]]] = defaultdict(list)
        for file in self._files.values():
            part = parts[file.listed.member]
            found[part.training].append((part, file))
        readable = {
            name: files
            for name, files in found.items()
            if any(file.follower.is_event_file for _, file in files)
        }
        self._lost = [
            reason
            for name in found.keys() - readable.keys()
            for _, file in found[name]
            if (file.fault is not None or file.is_pointer) and (reason := file.unread())
        ]
        return readable

    def _build(self, name: str, files: list[tuple[Part, _File]]) -> Built:
        directories: dict[str, tuple[Part, list[FileContents]]] = {}
        for part, file in files:
            if file.follower.is_event_file and self._counts(file.follower.contents):
                _, contents = directories.setdefault(file.listed.member, (part, []))
                contents.append(file.follower.contents)
        return build(
            name,
            self.path,
            directories,
            [note for _, file in files for note in file.damage()],
            [note for _, file in files for note in file.unfinished()],
        )

    def _counts(self, contents: FileContents) -> bool:
        """Whether a file is no other session's than the one that was asked for."""
        start = None if contents.recording is None else contents.recording.start
        return self.session is None or start is None or start.session == self.session

    def _why_nothing(self) -> str:
        reasons = [reason for f in self._files.values() if (reason := f.unread()) is not None]
        if not self._files and self._storage is not None and self._storage.refused:
            return f"{shown(self._storage.refused[0])!r} may not be read: permission denied."
        if not self._files:
            return f"There is no event file below {self.path!r}: no name contains `tfevents`."
        if not reasons:
            return f"The event files below {self.path!r} are empty."
        if len(self._files) == 1 and next(iter(self._files.values())).listed.is_root:
            return reasons[0]
        more = f" The same holds for {len(reasons) - 1} more." if len(reasons) > 1 else ""
        return f"There is no readable event file below {self.path!r}: {reasons[0]}{more}"


def _followed(storage: Storage, known: _File | None, listed: Listed) -> _File:
    """Reads what a file holds beyond what is known of it."""
    if known is None or listed.size < known.listed.size:  # a file that shrank was written anew
        known = _File(listed, next(_SERIALS))
    elif listed.size == known.listed.size and known.fault is None:
        return known
    file = _File(listed, known.serial, known.follower, is_pointer=known.is_pointer)
    location = listed.location
    try:
        if listed.size and not file.follower.is_event_file:
            begin = storage.read(location, 0, len(LFS_POINTER))
            file.is_pointer = begin == LFS_POINTER
        if not file.is_pointer:
            file.follower.advance(lambda at, count: storage.read(location, at, count), listed.size)
    except PermissionError:
        file.fault = "permission denied"
    except OSError as error:
        file.fault = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    return file


def _same(a: Run, b: Run) -> bool:
    """Whether two Runs of the same files are the same at two moments."""
    return (a.state, a.idle_seconds, a.notes, a.damaged) == (
        b.state, b.idle_seconds, b.notes, b.damaged,
    )  # fmt: skip


def _shown(listed: Listed) -> str:
    where = listed.name if listed.member == "." else f"{listed.member}/{listed.name}"
    return f"`{shown(where)}`"
