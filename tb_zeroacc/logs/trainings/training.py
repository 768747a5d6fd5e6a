"""Trainings as they were built, and what one reader hands to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from tb_zeroacc.logs.building import Built
from tb_zeroacc.logs.followed_file import NOTHING, Amount, FollowedFile
from tb_zeroacc.logs.following import FileFollower
from tb_zeroacc.logs.trainings.belonging import Placed
from tb_zeroacc.run import Run

Version: TypeAlias = tuple[object, ...]


@dataclass(slots=True)
class Training:
    """One training as it was built of its files."""

    files: list[Placed]
    version: Version
    built: Built
    is_outlined: bool = False  # whether what its files hold was forgotten


class Told(NamedTuple):
    """A training at a moment."""

    built: Built
    run: Run


class ReadPart(NamedTuple):
    """What a reader has read, for another reader of the same path.

    Attributes:
        files: By location.
        trainings: By name.
        told: The same at the moment that was asked for.
        amount: How much was read for it; nothing where it comes from a store.
    """

    files: dict[str, FollowedFile]
    trainings: dict[str, Training]
    told: dict[str, Told]
    amount: Amount = NOTHING


def version_of(files: Iterable[Placed]) -> Version:
    """What changes whenever something does that a training is built of."""
    return tuple((placed.member, placed.part, *placed.file.version) for placed in files)


def outlined(training: Training) -> Training:
    """A copy without what its event files hold; what was read of them stays told by `built`."""
    files = []
    for placed in training.files:
        file = replace(placed.file)
        if isinstance(file.follower, FileFollower):
            file.follower = replace(file.follower)
        file.forget()
        files.append(placed._replace(file=file))
    return Training(files, training.version, training.built, is_outlined=True)
