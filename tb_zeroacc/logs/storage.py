"""Where event files lie: a local path, or any place that fsspec knows.

Both kinds answer the same two questions: which files are below a path, and which bytes does one of
them hold. fsspec is imported only for a path with a scheme (`s3://...`, `memory://...`), by
`remote/`, which asks for many files at once: it is told beforehand what is going to be read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.local.directory_tree import DirectoryTree
from tb_zeroacc.logs.remote.pieces import NameTest, Span
from tb_zeroacc.logs.remote.reading_ahead import ReadingAhead

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")


class Segment(NamedTuple):
    """One of the files that are a record together: its location, its size in bytes, its version."""

    location: str
    size: int
    version: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One file below a path.

    Attributes:
        member: Its directory relative to the asked path, with `/`; `.` for the path itself.
        name: Its own name.
        location: What `Storage.read` takes.
        size: Its size in bytes.
        is_root: Whether it is the asked path itself.
        modified: When it was last written, seconds since the epoch; None where that is not told.
        identity: What tells it from another file that takes its name; None where nothing does.
        version: What tells this state of it from any other; None where nothing does.
        segments: The files of which it is joined, in order; empty for a file of its own.
    """

    member: str
    name: str
    location: str
    size: int
    is_root: bool = False
    modified: float | None = None
    identity: tuple[int, int] | None = None
    version: str | None = None
    segments: tuple[Segment, ...] = ()


def every(name: str) -> bool:
    """Any file is wanted."""
    return True


class Storage(Protocol):
    """Files below one path."""

    label: str  # name of the directory that is the path, or that holds it where it is a file
    is_sampled: bool  # whether points of the curves were left out before they came here

    @property
    def refused(self) -> Mapping[str, str]:
        """Directories below the path that cannot be read, and why, as of the last `files`."""
        ...

    def files(self, is_wanted: NameTest = every) -> Iterator[Listed]:
        """The files of such a name below the path, in any order; the path itself where it is one.

        Raises:
            UnreadablePathError: There is no such path, or it may not be read.
        """
        ...

    def expect(self, spans: Sequence[Span]) -> None:
        """Says what is going to be read, in this order."""
        ...

    def read(self, location: str, first: int, count: int) -> bytes:
        """At most `count` bytes of one file from byte `first` on; none at its end alone.

        Raises:
            OSError: The file cannot be read.
        """
        ...


def shown(name: str) -> str:
    """A name of a file as one line: what cannot be printed stands as an escape."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def is_url(path: str) -> bool:
    """Whether a path names another file system than the local one."""
    return _SCHEME.match(path) is not None


def storage_of(path: str, timeout: float | None = None) -> Storage:
    """The storage of a path or URL.

    Args:
        path: Local, or a URL.
        timeout: Seconds that another machine may take to answer; None for those of the environment.

    Raises:
        UnreadablePathError: The path is empty, or nothing here can open such a URL.
    """
    if not path:
        raise UnreadablePathError("The path is empty: name a log directory.")
    return _Remote(path, timeout) if is_url(path) else _Local(path)


class _Local:
    """The local file system."""

    is_sampled = False

    def __init__(self, path: str) -> None:
        self._path = path
        self.label = ""
        self.refused: dict[str, str] = {}
        self._tree: DirectoryTree[Listed] | None = None

    def files(self, is_wanted: NameTest = every) -> Iterator[Listed]:
        try:
            root = Path(self._path).expanduser()
            is_file, is_directory = root.is_file(), root.is_dir()
            if not is_file and not is_directory:
                root.stat()
        except PermissionError:
            raise _forbidden(self._path) from None
        except (OSError, ValueError, RuntimeError):  # the last one: `~` of nobody
            raise _missing(self._path) from None
        absolute = Path(os.path.abspath(root))  # noqa: PTH100 - links stay as named
        self.label = absolute.parent.name if is_file else absolute.name
        if is_file:
            if not os.access(root, os.R_OK):
                raise _forbidden(self._path)
            held = root.stat()
            yield self._listed(".", root.name, str(root), held, is_root=True)
        elif is_directory:
            if not os.access(root, os.R_OK | os.X_OK):
                raise _forbidden(self._path)
            yield from self._walk(root, is_wanted)
        else:
            raise UnreadablePathError(f"{self._path!r} is neither a directory nor a file.")

    def _walk(self, root: Path, is_wanted: NameTest) -> list[Listed]:
        """Every file below a directory once, under its own name rather than that of a link."""
        if self._tree is None or self._tree.root != str(root):
            self._tree = DirectoryTree(str(root), self._listed, is_wanted)
        found = self._tree.files()
        self.refused = dict.fromkeys(self._tree.refused, "permission denied")
        return found

    @staticmethod
    def _listed(
        member: str, name: str, location: str, held: os.stat_result, is_root: bool = False
    ) -> Listed:
        identity = held.st_dev, held.st_ino
        return Listed(member, name, location, held.st_size, is_root, held.st_mtime, identity)

    def expect(self, spans: Sequence[Span]) -> None:
        pass  # the system reads ahead itself

    def read(self, location: str, first: int, count: int) -> bytes:
        with Path(location).open("rb") as file:
            file.seek(first)
            return file.read(count)


class _Remote:
    """Files on another machine, or wherever else fsspec finds them."""

    is_sampled = False

    def __init__(self, url: str, timeout: float | None) -> None:
        from tb_zeroacc.logs.remote.opening import source_of  # slow, and most logs are here

        self._source = source_of(url, timeout)
        self._ahead = ReadingAhead(self._source)
        self.label = self._source.name

    @property
    def refused(self) -> Mapping[str, str]:
        return self._source.refused

    def files(self, is_wanted: NameTest = every) -> Iterator[Listed]:
        for found in self._source.found(is_wanted):
            folder, _, name = found.path.rpartition("/")
            if is_root := not found.path:
                self.label = PurePosixPath(found.location).parent.name
                name = self._source.name
            yield Listed(
                folder or ".", name, found.location, found.size, is_root, found.modified,
                version=found.version,
            )  # fmt: skip

    def expect(self, spans: Sequence[Span]) -> None:
        self._ahead.expect(spans)

    def read(self, location: str, first: int, count: int) -> bytes:
        return self._ahead.read(location, first, count)


def _missing(path: str) -> UnreadablePathError:
    return UnreadablePathError(f"There is no file or directory {path!r}.")


def _forbidden(path: str) -> UnreadablePathError:
    return UnreadablePathError(f"{path!r} may not be read: permission denied.")
