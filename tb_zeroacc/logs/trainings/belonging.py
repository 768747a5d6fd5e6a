"""Where each file belongs: its directory's training, as names and tags tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from tb_zeroacc.logs.followed_file import FollowedFile
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.jobs.joining import with_jobs
from tb_zeroacc.logs.storage import Listed
from tb_zeroacc.logs.text_logs.hparams_yaml import HparamsFollower
from tb_zeroacc.logs.text_logs.placing import TextLog, places_of
from tb_zeroacc.logs.text_logs.trainer_state import StateFollower
from tb_zeroacc.run import Hyperparameters

Kind: TypeAlias = Literal["events", "table", "state", "beside"]


class Placed(NamedTuple):
    """One file in its training: the member that it is part of, and where that belongs."""

    member: str
    part: Part
    file: FollowedFile


class Signs(NamedTuple):
    """What of a file decides where it belongs, and whether anything can be told there.

    Attributes:
        listed: The file.
        kind: What follows it; `beside` a log, what is only read with one.
        tags: The scalar tags of an event file.
        is_recorded: Whether our recorder wrote into it.
        counts: Whether it is part of a log at all.
        holds_log: Whether anything of a log was found in it.
        last_step: Of a trainer's state, the largest step in it.
        lost: A sentence on what was meant to be read of it, and could not be.
        settings: What an event file says that the training was set to.
    """

    listed: Listed
    kind: Kind
    tags: Collection[str] = ()
    is_recorded: bool = False
    counts: bool = True
    holds_log: bool = True
    last_step: int | None = None
    lost: str | None = None
    settings: Hyperparameters | None = None


class Belonging(NamedTuple):
    """One file in its training, by its signs."""

    member: str
    part: Part
    signs: Signs


def signs_of(file: FollowedFile) -> Signs:
    """What of a file decides where it belongs."""
    follower = file.follower
    lost = file.unread() if file.is_lost else None
    if isinstance(follower, FileFollower):
        held = file.tags, file.is_recorded, True, follower.holds_log
        return Signs(file.listed, "events", *held, lost=lost, settings=file.settings)
    if isinstance(follower, HparamsFollower):
        return Signs(file.listed, "beside", holds_log=False, lost=lost)
    held = (), False, file.counts, follower.holds_log
    if isinstance(follower, StateFollower):
        return Signs(file.listed, "state", *held, follower.last_step, lost)
    return Signs(file.listed, "table", *held, lost=lost)


@dataclass(slots=True)
class DirectoryParts:
    """Where directories with event files belong, worked out anew where their tags are others."""

    _tags: Mapping[str, set[str]] = field(default_factory=dict)
    _settings: Mapping[str, Hyperparameters] = field(default_factory=dict)
    _parts: Mapping[str, Part] = field(default_factory=dict)

    def of(
        self, tags: Mapping[str, set[str]], settings: Mapping[str, Hyperparameters], label: str
    ) -> Mapping[str, Part]:
        """The part of each directory.

        Args:
            tags: The tags of each.
            settings: What those were set to that say so.
            label: Name of the directory that is the path: always the same.
        """
        if tags != self._tags or settings != self._settings:
            self._tags, self._settings = tags, settings
            self._parts = with_jobs(parts_of(tags, label, tags), tags, settings)
        return self._parts


def belonging(
    files: Iterable[Signs], label: str, directories: DirectoryParts
) -> Iterator[Belonging]:
    """The event files by their directories, then the text logs that say what they do not.

    Args:
        files: In reading order.
        label: Name of the directory that is the path.
        directories: What was known of its directories before.
    """
    tags: dict[str, set[str]] = defaultdict(set)
    settings: dict[str, Hyperparameters] = {}
    holding: set[str] = set()
    events: list[Signs] = []
    texts: dict[str, Signs] = {}
    beside: list[Signs] = []
    for signs in files:
        member = signs.listed.member
        if signs.kind == "events":
            events.append(signs)
            tags[member].update(signs.tags)
            if signs.tags or signs.is_recorded:
                holding.add(member)
            if signs.settings is not None:
                settings[member] = signs.settings
        elif signs.kind == "beside":
            beside.append(signs)
        elif signs.counts:
            texts[signs.listed.location] = signs
    parts = directories.of(tags, settings, label)
    for signs in events:
        yield Belonging(signs.listed.member, parts[signs.listed.member], signs)
    logs = [
        TextLog(location, signs.listed.member, signs.listed.name, signs.last_step)
        for location, signs in texts.items()
    ]
    places = places_of(logs, label, {member: parts[member] for member in holding})
    for location, (member, part) in places.items():
        yield Belonging(member, part, texts[location])
    trainings = {part.training for part in (*parts.values(), *(p for _, p in places.values()))}
    for signs in beside:
        member = signs.listed.member
        if member in parts and parts[member].worker is not None:
            yield Belonging(member, parts[member], signs)
        elif member in trainings:
            yield Belonging(member, Part(member), signs)


def trainings_of(
    files: Iterable[Signs], label: str, directories: DirectoryParts
) -> tuple[dict[str, list[Belonging]], list[tuple[str, str]]]:
    """Every training's files in reading order, each where it belongs.

    Files that cannot be read belong to the trainings that others make.

    Args:
        files: As for `belonging`.
        label: As above.
        directories: As above.

    Returns:
        The trainings by name; of those of which nothing can be read the name and a sentence a file.
    """
    found: dict[str, list[Belonging]] = defaultdict(list)
    for one in belonging(files, label, directories):
        found[one.part.training].append(one)
    readable = {name: held for name, held in found.items() if any(o.signs.holds_log for o in held)}
    lost = [
        (name, one.signs.lost)
        for name in found.keys() - readable.keys()
        for one in found[name]
        if one.signs.lost is not None
    ]
    return readable, lost
