"""What several processes read: files in shares, so that no training is in two of them.

Which directories make one training is known for certain only when their tags are. Shares are cut by
their names: who puts the results together finds the few that belong together for other reasons,
and reads these again.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from tb_zeroacc.logs.discovery import is_event_file
from tb_zeroacc.logs.grouping import parts_of
from tb_zeroacc.logs.jobs.joining import possible_jobs
from tb_zeroacc.logs.storage import Listed, is_url

Unit: TypeAlias = tuple[Listed, ...]  # files that stay together, in reading order
Share: TypeAlias = tuple[Unit, ...]

# CPU seconds that reading and judging takes, measured on logs of scalars of 8 KB and of 700 KB.
OF_A_FILE, OF_A_BYTE = 5e-4, 8e-9
# Seconds until a file on another machine is here, many of them asked for at once.
OF_AN_ANSWER, OF_A_SENT_BYTE = 5e-3, 2e-8
# The same of the beginning of a process, and of handing over what was read of a file.
BEGINNING, HANDING_OVER = 0.35, 4e-4
LONG = 0.25  # CPU seconds: what takes less is waited for as a whole
SHARE = 0.2  # CPU seconds: what it holds is shown when all of it is read
FIRST = 0.01  # the same of the first share: somebody waits for its verdicts
SAVED = 1.0  # wall seconds that must be saved at least
MOST = 8  # processes: with more all wait for the one that puts the results together


def cores() -> int:
    """How many processes can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work(files: Iterable[Listed]) -> float:
    """About how many CPU seconds it takes to read and judge files."""
    return sum(OF_A_FILE + OF_A_BYTE * file.size for file in files)


def waiting(files: Iterable[Listed], path: str) -> float:
    """About how many seconds one waits until files are read, of other machines, too."""
    if is_url(path):
        return sum(OF_AN_ANSWER + OF_A_SENT_BYTE * file.size for file in files)
    return work(files)


def units_of(files: Sequence[Listed], members: Collection[str], label: str) -> list[Unit]:
    """Files that may make one training, together.

    Args:
        files: In reading order.
        members: All directories with files.
        label: Name of the directory that the path is.
    """
    named = _trainings_by_name(members, label)
    units: dict[str, list[Listed]] = defaultdict(list)
    for file in files:
        units[_anchor(named[file.member], members)].append(file)
    return [tuple(unit) for unit in units.values()]


def trainings_named(files: Iterable[Listed], label: str) -> int:
    """How many trainings the names of directories with event files tell of, a job being one.

    Args:
        files: All files that may be logs.
        label: Name of the directory that the path is.
    """
    members = {file.member for file in files if is_event_file(file.name)}
    return len(set(_trainings_by_name(members, label).values()))


def _trainings_by_name(members: Collection[str], label: str) -> dict[str, str]:
    """The training of each directory, as names tell.

    A job's workers are one: they are compared, so one reader must have them all.
    """
    parts = parts_of(members, label, {})
    jobs = {worker: job.name for job in possible_jobs(parts) for worker in job.workers}
    return {member: jobs.get(part.training, part.training) for member, part in parts.items()}


def _anchor(training: str, members: Collection[str]) -> str:
    """The uppermost directory with files that holds a training: it may be part of that one.

    The log directory itself holds all others; files in it seldom belong to them.
    """
    pieces = training.split("/")
    above = ("/".join(pieces[:depth]) for depth in range(1, len(pieces)))
    return next((directory for directory in above if directory in members), training)


def shares_of(units: Sequence[Unit]) -> list[Share]:
    """Units in shares of about equal work, in their order; the first one is small."""
    shares: list[list[Unit]] = [[]]
    taken = 0.0
    for unit in units:
        if taken >= (FIRST if len(shares) == 1 else SHARE):
            shares.append([])
            taken = 0.0
        shares[-1].append(unit)
        taken += work(unit)
    return [tuple(share) for share in shares if share]


def processes_for(units: Sequence[Unit]) -> int:
    """How many processes should read them; 0 where it is done sooner here."""
    many = min(cores(), MOST, len(units))
    if many < 2:
        return 0
    each = [work(unit) for unit in units]
    shared = sum(each) + HANDING_OVER * sum(map(len, units))
    saved = sum(each) - BEGINNING - max(shared / many, max(each))
    return many if saved >= SAVED else 0
