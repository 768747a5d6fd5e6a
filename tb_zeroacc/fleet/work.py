"""What is to be done: the files below a URL, in units that one worker reads and judges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.storage import Listed, shown
from tb_zeroacc.pool.shares import units_of
from tb_zeroacc.store.version import version

# Bytes: the files of a larger unit are read by several workers (half a second each, at least).
LARGE = 64 * 2**20


@dataclass(frozen=True)
class Work:
    """Files that may make one training, as they were listed.

    Attributes:
        url: The path or URL that is scanned, as given.
        label: Name of the directory that it is.
        now: The clock that decides what still runs, seconds since 1970; None for no clock.
        files: In reading order.
        name: The one training that is asked for; empty for all that the files make.
    """

    url: str
    label: str
    now: float | None
    files: tuple[Listed, ...]
    name: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """Tells this work from any that may come to another result, time aside."""
        files = [
            (f.location, f.member, f.name, f.size, f.modified, f.identity, f.version)
            for f in self.files
        ]
        told = version(), self.url, self.label, self.now is None, files, self.name
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]

    @property
    def is_large(self) -> bool:
        """Whether its files should be read by several workers."""
        return len(self.files) > 1 and sum(file.size for file in self.files) >= LARGE


@dataclass(frozen=True, slots=True)
class Found:
    """What lies below a URL: units, and sentences on directories that may not be read."""

    units: tuple[Work, ...]
    refused: tuple[str, ...] = ()


def work_below(url: str, now: float | None) -> Found:
    """Lists the files below a URL.

    Args:
        url: A path or any URL that fsspec knows.
        now: Seconds since 1970; None for no clock.

    Raises:
        UnreadablePathError: It is missing or forbidden.
    """
    logs = LogReader(url)
    listed = logs.look()
    units = units_of(listed, {file.member for file in listed}, logs.label)
    refused = logs.storage.refused if logs.storage is not None else {}
    return Found(
        tuple(Work(url, logs.label, now, unit) for unit in units),
        tuple(f"`{shown(name)}` may not be read: {why}." for name, why in refused.items()),
    )


def single_files(work: Work) -> Iterator[Work]:
    """The same work file by file."""
    for file in work.files:
        yield Work(work.url, work.label, work.now, (file,))
