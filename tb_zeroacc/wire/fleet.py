"""The JSON of a scan's summary: what a whole fleet of trainings suffers from."""

from __future__ import annotations

from typing import TypedDict

from tb_zeroacc.wire import Fix, Mark, Tier


class FleetOutcome(TypedDict):
    """How many trainings came to what.

    Attributes:
        mark: What became of them, for the eye.
        runs: How many.
    """

    mark: Mark
    runs: int


class FleetFolder(TypedDict):
    """Where a cause was found.

    Attributes:
        folder: A directory or URL; `…` for all that are not counted one by one.
        runs: Trainings right below it.
    """

    folder: str
    runs: int


class FleetCause(TypedDict):
    """One cause over all trainings.

    Attributes:
        code: `ZA701`.
        title: `Learning rate too high`.
        tier: How much it promises.
        fix: As for one of these trainings.
        runs: Trainings in which it was found.
        main: Those of which it is the main cause.
        hours: What these took, first record to last.
        first_time: When the first of all of them began, seconds since 1970.
        last_time: When the last one was written to.
        folders: Those with most of them.
        other_folders: How many more there are.
        examples: URLs of some trainings.
    """

    code: str
    title: str
    tier: Tier
    fix: Fix
    runs: int
    main: int
    hours: float
    first_time: float | None
    last_time: float | None
    folders: list[FleetFolder]
    other_folders: int
    examples: list[str]


class FleetError(TypedDict):
    """Something that could not be read.

    Attributes:
        where: The directory or URL.
        error: One sentence.
    """

    where: str
    error: str


class Fleet(TypedDict):
    """All trainings of a scan.

    Attributes:
        version: Of this format.
        tb_zeroacc: Of the package.
        trainings: How many were judged.
        need_a_look: Of these, somebody should look at so many.
        hours: What all took, first record to last.
        unread: How many could not be read.
        errors: The first sentences on these.
        outcomes: The most frequent first.
        causes: Those whose fix would pay most first.
    """

    version: int
    tb_zeroacc: str
    trainings: int
    need_a_look: int
    hours: float
    unread: int
    errors: list[FleetError]
    outcomes: list[FleetOutcome]
    causes: list[FleetCause]
