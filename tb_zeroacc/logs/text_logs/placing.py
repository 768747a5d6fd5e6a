"""Which training each text log belongs to, and which of them count.

A training is judged once: where event files of it hold data they are read and its text logs are
left aside, and of the states in several checkpoints the one of the highest step is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tb_zeroacc.logs.grouping import Part, parts_of, split_of_word

_CHECKPOINT = re.compile(r"^checkpoint-\d{1,12}$")
_LETTERS = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class TextLog:
    """One text log as it was found.

    Attributes:
        location: What it is known by.
        folder: Its directory relative to the log directory, `.` for itself.
        name: Its own name.
        last_step: Of a trainer's state, the largest step in it; None for a CSV file.
    """

    location: str
    folder: str
    name: str
    last_step: int | None = None


def places_of(
    logs: Iterable[TextLog], label: str, events: Mapping[str, Part]
) -> dict[str, tuple[str, Part]]:
    """The member and its part of each text log that counts, by location.

    Args:
        logs: In reading order.
        label: Last component of the log directory's own path.
        events: The directories whose event files hold data.
    """
    states: dict[str, TextLog] = {}
    tables: list[TextLog] = []
    trainings = {part.training for part in events.values()}
    for log in logs:
        if log.last_step is None:
            part = parts_of([log.folder], label, {})[log.folder]
            if log.folder not in events and part.training not in trainings:
                tables.append(log)
            continue
        home = _home(log.folder)
        known = states.get(home)
        if not _holds(home, events) and (known is None or _age(log, home) > _age(known, home)):
            states[home] = log
    in_folder = Counter([*states, *(log.folder for log in tables)])
    members = {log.location: home for home, log in states.items()}
    members.update({log.location: _member(log, in_folder[log.folder] == 1) for log in tables})
    parts = parts_of(dict.fromkeys(members.values()), label, {})
    return {location: (member, parts[member]) for location, member in members.items()}


def _home(folder: str) -> str:
    """The directory of a Trainer's output: checkpoints and `runs` lie below it."""
    path = PurePosixPath(folder)
    return path.parent.as_posix() if _CHECKPOINT.match(path.name) else folder


def _age(log: TextLog, home: str) -> tuple[int, bool]:
    """At one step, what lies in the directory itself was written last, when training ended."""
    return log.last_step or 0, log.folder == home


def _holds(home: str, members: Collection[str]) -> bool:
    return any(home == "." or f"{member}/".startswith(f"{home}/") for member in members)


def _member(log: TextLog, is_only: bool) -> str:
    """The directory itself for its only log; beside others, each under its own name."""
    stem = PurePosixPath(log.name).stem
    names_split = any(split_of_word(word) for word in _LETTERS.findall(stem))
    if is_only and split_of_word(stem) is None:
        return log.folder
    name = stem if names_split else log.name
    return name if log.folder == "." else f"{log.folder}/{name}"
