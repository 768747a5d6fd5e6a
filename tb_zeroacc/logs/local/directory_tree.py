"""Every file below a local directory, looked for again and again at little cost.

A directory whose times are as they were holds the same names, so it is not listed again; its files
are asked for their state each time, because one that is appended to changes no directory. What a
file system does not tell by the times of its directories is found within a minute all the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

# Nanoseconds. FAT keeps times to two seconds: a directory that was younger when it was listed may
# have changed again without another time.
GRANULE = 2 * 10**9
# Not every file system keeps the times of directories, so each is listed again after a while: not
# all of them at once.
LASTING = 60 * 10**9
TURNS = 20


# What changes whenever a directory or a file does: device, inode, size, and when content and
# permissions changed last, nanoseconds since 1970.
State: TypeAlias = tuple[int, int, int, int, int]
MODIFIED, CHANGED = 3, 4


def _state(held: os.stat_result) -> State:
    return held.st_dev, held.st_ino, held.st_size, held.st_mtime_ns, held.st_ctime_ns


@dataclass(slots=True)
class _File(Generic[T]):
    """A file under one of its names, and what was made of it as it stood."""

    name: str
    path: str
    is_link: bool
    state: State | None = None
    made: T | None = None


@dataclass(slots=True)
class _Directory(Generic[T]):
    """A directory as it was listed, at a moment in nanoseconds since 1970."""

    state: State
    listed_at: int
    holds_until: int  # where it is as it was; the same moment where its times tell too little
    files: list[_File[T]] = field(default_factory=list)
    below: list[tuple[str, str]] = field(default_factory=list)  # directories: path, relative name
    links: list[tuple[str, str]] = field(default_factory=list)  # the same of links to some

    def holds(self, state: State, now: int) -> bool:
        """Whether it holds the same names still, as far as its times tell."""
        return state == self.state and self.listed_at <= now < self.holds_until


@dataclass(slots=True)
class DirectoryTree(Generic[T]):
    """The files below a directory, each once, under its own name rather than that of a link.

    Args:
        root: The directory.
        make: Makes what stands for a file, from its directory relative to the root (with `/`; `.`
            for the root), its name, its path and its state.
        is_wanted: Whether files of a name are looked for.
        clock: Nanoseconds since 1970.
    """

    root: str
    make: Callable[[str, str, str, os.stat_result], T]
    is_wanted: Callable[[str], bool]
    clock: Callable[[], int] = time.time_ns
    refused: list[str] = field(default_factory=list)  # directories that may not be read
    _known: dict[str, _Directory[T]] = field(default_factory=dict)
    _turns: Iterator[int] = field(default_factory=count)

    def files(self) -> list[T]:
        """All files as they stand; what has not changed is the very same as the last time."""
        found: list[T] = []
        linked: list[tuple[str, str, T, State]] = []
        seen: set[tuple[int, int]] = set()
        for member, directory in self._directories():
            for file in directory.files:
                try:
                    held = os.stat(file.path)  # noqa: PTH116 - paths as strings: there are many
                except OSError:
                    continue  # gone meanwhile, or a link to nowhere
                state = _state(held)
                made = file.made
                if made is None or state != file.state:
                    made = file.made = self.make(member, file.name, file.path, held)
                    file.state = state
                if file.is_link:
                    linked.append((member, file.name, made, state))
                elif state[:2] not in seen:
                    seen.add(state[:2])
                    found.append(made)
        for _, _, made, state in sorted(linked, key=lambda one: one[:2]):
            if state[:2] not in seen:
                seen.add(state[:2])
                found.append(made)
        return found

    def _directories(self) -> Iterator[tuple[str, _Directory[T]]]:
        """Every directory once, with its name relative to the root."""
        self.refused, now = [], self.clock()
        before, self._known = self._known, {}
        walked: set[tuple[int, int]] = set()  # links may lead in circles
        waiting, links = [(self.root, ".")], list[tuple[str, str]]()
        # Links wait until all real directories are walked, so that each stands under its own name.
        while waiting or links:
            path, member = waiting.pop() if waiting else links.pop(0)
            try:
                state = _state(os.stat(path))  # noqa: PTH116
                if state[:2] in walked:
                    continue
                walked.add(state[:2])
                directory = self._listed(path, member, state, before.get(path), now)
            except OSError as error:
                if isinstance(error, PermissionError):
                    self.refused.append(path)
                continue
            self._known[path] = directory
            waiting += directory.below
            links += directory.links
            yield member, directory

    def _listed(
        self, path: str, member: str, state: State, known: _Directory[T] | None, now: int
    ) -> _Directory[T]:
        """The names in a directory."""
        if known is not None and known.holds(state, now):
            return known
        made = {} if known is None else {file.name: file for file in known.files}
        directory = _Directory[T](state, now, now)
        stem = "" if member == "." else f"{member}/"
        with os.scandir(path) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
        for entry in entries:
            is_link = entry.is_symlink()
            try:
                is_directory = entry.is_dir()
            except OSError:
                continue  # gone meanwhile
            if is_directory:
                below = directory.links if is_link else directory.below
                below.append((entry.path, stem + entry.name))
            elif (old := made.get(entry.name)) is not None and old.is_link == is_link:
                directory.files.append(old)
            elif self.is_wanted(entry.name):
                directory.files.append(_File(entry.name, entry.path, is_link))
        is_settled = max(state[MODIFIED], state[CHANGED]) + GRANULE < now
        has_links = bool(directory.links) or any(file.is_link for file in directory.files)
        if is_settled and not has_links:  # what a link leads to may turn into something else
            is_first = known is None or known.holds_until == known.listed_at
            turn = next(self._turns) % TURNS if is_first else 0
            directory.holds_until += LASTING - LASTING * turn // TURNS
        return directory
