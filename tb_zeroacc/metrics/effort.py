"""What the reading of logs takes, for whoever watches the watcher."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """What reading took until now.

    Attributes:
        refreshes: Readings that ended.
        failures: Those of them that could not read all.
        seconds: The last one's.
        ended_at: When it ended, seconds since 1970; None before.
        bytes, events: Read by all of them, what was read again included.
    """

    refreshes: int = 0
    failures: int = 0
    seconds: float = 0.0
    ended_at: float | None = None
    bytes: int = 0
    events: int = 0


NO_EFFORT = Effort()
