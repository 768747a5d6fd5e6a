"""One file of a log that is followed, whatever its kind: read, kept, and read again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from sys import intern
from typing import NamedTuple

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.discovery import (
    LFS_POINTER,
    follower_of,
    is_candidate,
    is_csv,
    is_table,
)
from tb_zeroacc.logs.following import FileFollower, Follower, Read
from tb_zeroacc.logs.remote import segments
from tb_zeroacc.logs.remote.pieces import Span
from tb_zeroacc.logs.storage import Listed, Storage, shown
from tb_zeroacc.logs.text_logs.csv_following import CsvFollower
from tb_zeroacc.logs.text_logs.hparams_yaml import HparamsFollower
from tb_zeroacc.logs.text_logs.trainer_state import StateFollower
from tb_zeroacc.logs.trust.unpacking import ENDING, unpacked
from tb_zeroacc.logs.trust.window import Mark, Window
from tb_zeroacc.run import Damage, Hyperparameters, Writer

log = logging.getLogger(__name__)
OF_TENSORFLOW_2 = ".v2"  # with which the names of its event files end
_SERIALS = count()


class Amount(NamedTuple):
    """How much was read: bytes that were fetched, events that were found in them."""

    bytes: int = 0
    events: int = 0

    def plus(self, more: Amount) -> Amount:
        """Both together."""
        return Amount(self.bytes + more.bytes, self.events + more.events)


NOTHING = Amount()


class Outline(NamedTuple):
    """What is kept of an event file whose contents were forgotten: what tells where it belongs."""

    tags: frozenset[str]
    is_recorded: bool
    settings: Hyperparameters | None


@dataclass(slots=True)
class FollowedFile:
    """One file that is followed. A file that is written anew gets another serial number."""

    listed: Listed
    serial: int
    follower: Follower
    mark: Mark = field(default_factory=Mark)
    fault: str | None = None  # why it could not be read this time
    is_pointer: bool = False  # of Git LFS
    gave_up: bool = False  # whether the fault stays until the file changes
    outline: Outline | None = None  # of contents that were forgotten
    fetched: Amount = NOTHING  # by the reading that made this state of it

    def unread(self) -> str | None:
        """Why nothing could be read of it, as a sentence; None where something was."""
        name = _shown(self.listed)
        if self.fault is not None:
            return f"{name} could not be read: {self.fault}."
        if self.is_pointer:
            return f"{name} is only a pointer of Git LFS: fetch the file with `git lfs pull`."
        return self.follower.unread(name)

    @property
    def counts(self) -> bool:
        """Whether it is part of the log: of the CSV files only those that are one."""
        named = self.listed.is_root or not is_csv(self.listed.name)
        return named or self.follower.holds_log

    @property
    def begins_as_log(self) -> bool:
        """Whether it is a CSV file with the columns of a training, if without a row."""
        return isinstance(self.follower, CsvFollower) and self.follower.names_columns

    @property
    def tags(self) -> Collection[str]:
        """The scalar tags of an event file."""
        return self.follower.contents.tracks if self.outline is None else self.outline.tags

    @property
    def is_recorded(self) -> bool:
        """Whether our recorder wrote into it."""
        if self.outline is None:
            return self.follower.contents.recording is not None
        return self.outline.is_recorded

    @property
    def settings(self) -> Hyperparameters | None:
        """What an event file says that the training was set to; None where it does not."""
        if self.outline is not None:
            return self.outline.settings
        contents = self.follower.contents
        contract = contents.recording.contract if contents.recording is not None else None
        if contract is not None and contract.optimizer is not None:
            optimizer = contract.optimizer
            return Hyperparameters(optimizer.learning_rate, optimizer.class_name)
        return contents.hyperparameters

    def forget(self) -> None:
        """Lets go of what an event file holds: whoever needs it again reads the file again."""
        if isinstance(self.follower, FileFollower) and self.outline is None:
            tags = frozenset(map(intern, self.tags))
            self.outline = Outline(tags, self.is_recorded, self.settings)
            self.follower.contents = FileContents(events=self.follower.contents.events)

    def taken_over(self) -> None:
        """Comes from another process, where serial numbers are others."""
        self.serial = next(_SERIALS)

    @property
    def is_settled(self) -> bool:
        """Whether it is not to be read again before it changes."""
        return self.fault is None or self.gave_up

    def is_current(self, listed: Listed) -> bool:
        """Whether what was read is all there is, as far as the file system tells."""
        is_same = listed is self.listed or _is_unchanged(self.listed, listed)  # the first is cheap
        return is_same and self.is_settled

    @property
    def can_go_on(self) -> bool:
        """Whether what is appended can be added to what was read."""
        return not self.gave_up and self.outline is None

    @property
    def is_lost(self) -> bool:
        """Whether something was meant to be read of it, and could not be."""
        is_broken = isinstance(self.follower, StateFollower) and self.follower.is_broken
        return self.fault is not None or self.is_pointer or is_broken

    @property
    def version(self) -> tuple[object, ...]:
        """What changes whenever something that a Run rests on does."""
        return self.serial, self.follower.changes, self.fault, self.is_pointer

    @property
    def resumed_at(self) -> int:
        """The first byte that reading it on asks for."""
        if not isinstance(self.follower, FileFollower) or not self.follower.holds_log:
            return 0
        return self.mark.at if self.mark.before else self.follower.offset

    def losses(self) -> Iterator[Damage]:
        """The same in numbers, of an event file."""
        lost = None
        if isinstance(self.follower, FileFollower):
            lost = self.follower.losses(_shown(self.listed))
        if lost is not None:
            yield lost

    def damage(self) -> Iterator[str]:
        """What is lost for good."""
        if self.is_lost and (reason := self.unread()) is not None:
            yield reason
        yield from self.follower.damage(_shown(self.listed))

    def unfinished(self) -> Iterator[str]:
        """What may still be completed."""
        yield from self.follower.unfinished(_shown(self.listed))


def followed(storage: Storage, known: FollowedFile | None, listed: Listed) -> FollowedFile:
    """Reads what a file holds beyond what is known of it."""
    if known is not None and known.is_current(listed):
        return known
    file = FollowedFile(listed, next(_SERIALS), follower_of(listed.name))
    fetching, events = _Fetching(storage, listed), 0
    try:
        window = _window(fetching.read, listed)
        if known is not None and _goes_on(known, listed):
            fresh, file = file, FollowedFile(listed, known.serial, known.follower, known.mark)
            if _is_replaced(known, window, listed):
                file = fresh
        events = file.follower.contents.events
        file.is_pointer = _is_pointer(window, file)
        try:
            if not file.is_pointer:
                file.follower.advance(window.read, window.size)
        finally:  # what was read before a fault is not read again
            if isinstance(file.follower, FileFollower):
                file.mark = window.marked(file.follower.offset, file.mark)
                if listed.segments:  # they are told by their versions, without a request
                    file.mark = replace(file.mark, before=b"")
        if listed.name.removesuffix(ENDING).endswith(OF_TENSORFLOW_2):
            file.follower.contents.writers.add(Writer.TENSORFLOW_2)
        if not isinstance(file.follower, HparamsFollower):  # written before or behind a training
            file.follower.contents.modified = listed.modified
    except PermissionError:
        file.fault = "permission denied"
    except OSError as error:
        file.fault = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    except Exception as error:
        log.debug("Reading %r failed", listed.location, exc_info=True)
        file.follower = follower_of(listed.name)  # the old one may have stopped midway
        file.fault = f"nothing can be made of what it holds ({type(error).__name__})"
        file.gave_up = True
    file.fetched = Amount(fetching.count, max(0, file.follower.contents.events - events))
    return file


def given_up(listed: Listed, fault: str) -> FollowedFile:
    """A file that is left unread until it changes."""
    file = FollowedFile(listed, next(_SERIALS), follower_of(listed.name))
    file.fault, file.gave_up = fault, True
    return file


@dataclass(slots=True)
class _Fetching:
    """Reads one file, and counts the bytes."""

    storage: Storage
    listed: Listed
    count: int = 0

    def read(self, first: int, count: int) -> bytes:
        data = segments.read(self.storage, self.listed, first, count)
        self.count += len(data)
        return data


def _window(read: Read, listed: Listed) -> Window:
    if not listed.name.endswith(ENDING):
        return Window(read, listed.size)
    content = unpacked(read, listed.size)
    return Window(lambda first, count: content[first : first + count], len(content))


def spans_to_read(known: FollowedFile | None, listed: Listed) -> list[Span]:
    """The bytes of a file that `followed` is going to ask for."""
    if not listed.size or (known is not None and known.is_current(listed)):
        return []
    first, is_packed = 0, listed.name.endswith(ENDING)
    if known is not None and _goes_on(known, listed) and not is_packed:
        first = known.resumed_at
    return segments.spans(listed, first)


def _is_unchanged(known: Listed, listed: Listed) -> bool:
    """Whether nothing shows that a file is another than it was."""
    return (known.size, known.modified, known.identity, known.version) == (
        listed.size, listed.modified, listed.identity, listed.version,
    )  # fmt: skip


def _goes_on(known: FollowedFile, listed: Listed) -> bool:
    """Whether a file may have grown since it was read."""
    return known.can_go_on and listed.size >= known.listed.size


def _is_replaced(known: FollowedFile, window: Window, listed: Listed) -> bool:
    """Whether an event file is another than it was; text logs see to that themselves."""
    if not isinstance(known.follower, FileFollower):
        return False
    if listed.segments:
        return not segments.goes_on(known.listed, listed)
    is_renamed = listed.identity != known.listed.identity
    return not window.holds(known.mark, is_renamed=is_renamed)


def _is_pointer(window: Window, file: FollowedFile) -> bool:
    """Whether a file is one of Git LFS; one of any name may turn out to be a table."""
    if not file.listed.size or file.follower.holds_log or not file.counts:
        return False
    if not is_candidate(file.listed.name) and is_table(window.read, file.listed.size):
        file.follower = CsvFollower()
    return window.read(0, len(LFS_POINTER)) == LFS_POINTER


def _shown(listed: Listed) -> str:
    where = listed.name if listed.member == "." else f"{listed.member}/{listed.name}"
    return f"`{shown(where)}`"
