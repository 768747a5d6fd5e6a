"""Where each file belongs: its directory's training, as names and tags tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tb_zeroacc.logs.followed_file import FollowedFile
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.jobs.joining import with_jobs
from tb_zeroacc.logs.text_logs.hparams_yaml import HparamsFollower
from tb_zeroacc.logs.text_logs.placing import TextLog, places_of
from tb_zeroacc.logs.text_logs.trainer_state import StateFollower
from tb_zeroacc.run import Hyperparameters


class Placed(NamedTuple):
    """One file in its training: the member that it is part of, and where that belongs."""

    member: str
    part: Part
    file: FollowedFile


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


def placed_files(
    files: Mapping[str, FollowedFile], label: str, directories: DirectoryParts
) -> Iterator[Placed]:
    """The event files by their directories, then the text logs that say what they do not.

    Args:
        files: By location, in reading order.
        label: Name of the directory that is the path.
        directories: What was known of its directories before.
    """
    tags: dict[str, set[str]] = defaultdict(set)
    settings: dict[str, Hyperparameters] = {}
    holding: set[str] = set()
    events: list[FollowedFile] = []
    texts: list[TextLog] = []
    beside: list[FollowedFile] = []
    for location, file in files.items():
        listed, follower = file.listed, file.follower
        if isinstance(follower, FileFollower):
            events.append(file)
            tags[listed.member].update(file.tags)
            if file.tags or file.is_recorded:
                holding.add(listed.member)
            if (known := file.settings) is not None:
                settings[listed.member] = known
        elif isinstance(follower, HparamsFollower):
            beside.append(file)
        elif file.counts:
            step = follower.last_step if isinstance(follower, StateFollower) else None
            texts.append(TextLog(location, listed.member, listed.name, step))
    parts = directories.of(tags, settings, label)
    for file in events:
        yield Placed(file.listed.member, parts[file.listed.member], file)
    places = places_of(texts, label, {member: parts[member] for member in holding})
    for location, (member, part) in places.items():
        yield Placed(member, part, files[location])
    trainings = {part.training for part in (*parts.values(), *(p for _, p in places.values()))}
    for file in beside:
        member = file.listed.member
        if member in parts and parts[member].worker is not None:
            yield Placed(member, parts[member], file)
        elif member in trainings:
            yield Placed(member, Part(member), file)
