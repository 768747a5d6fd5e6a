"""Where event files lie: a local path, or any file system that fsspec knows.

Both kinds answer the same two questions: which files are below a path, and which bytes does one of
them hold. fsspec is imported only for a path with a scheme (`s3://...`, `memory://...`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.local.directory_tree import DirectoryTree

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")


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
    """

    member: str
    name: str
    location: str
    size: int
    is_root: bool = False
    modified: float | None = None
    identity: tuple[int, int] | None = None


class Storage(Protocol):
    """Files below one path."""

    label: str  # name of the directory that is the path, or that holds it where it is a file
    refused: list[str]  # directories below the path that may not be read, as of the last `files`

    def files(self) -> Iterator[Listed]:
        """All files below the path, in any order; the path itself where it is one file.

        Raises:
            UnreadablePathError: There is no such path, or it may not be read.
        """
        ...

    def read(self, location: str, first: int, count: int) -> bytes:
        """At most `count` bytes of one file from byte `first` on.

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


def storage_of(path: str) -> Storage:
    """The storage of a path or URL.

    Raises:
        UnreadablePathError: The path is empty, or nothing here can open such a URL.
    """
    if not path:
        raise UnreadablePathError("The path is empty: name a log directory.")
    return _Remote(path) if is_url(path) else _Local(path)


class _Local:
    """The local file system."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.label = ""
        self.refused: list[str] = []
        self._tree: DirectoryTree[Listed] | None = None

    def files(self) -> Iterator[Listed]:
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
            yield from self._walk(root)
        else:
            raise UnreadablePathError(f"{self._path!r} is neither a directory nor a file.")

    def _walk(self, root: Path) -> list[Listed]:
        """Every file below a directory once, under its own name rather than that of a link."""
        if self._tree is None or self._tree.root != str(root):
            self._tree = DirectoryTree(str(root), self._listed)
        found = self._tree.files()
        self.refused = self._tree.refused
        return found

    @staticmethod
    def _listed(
        member: str, name: str, location: str, held: os.stat_result, is_root: bool = False
    ) -> Listed:
        identity = held.st_dev, held.st_ino
        return Listed(member, name, location, held.st_size, is_root, held.st_mtime, identity)

    def read(self, location: str, first: int, count: int) -> bytes:
        with Path(location).open("rb") as file:
            file.seek(first)
            return file.read(count)


class _Remote:
    """Any file system of fsspec."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.refused: list[str] = []
        try:
            import fsspec

            self._system: Any
            self._system, self._root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            raise UnreadablePathError(f"{url!r} needs another package: {error}.") from None
        except Exception as error:  # noqa: BLE001 - each file system raises its own errors
            raise UnreadablePathError(f"{url!r} cannot be opened: {_told(error)}.") from None
        self.label = PurePosixPath(self._root.rstrip("/")).name

    def files(self) -> Iterator[Listed]:
        try:
            self._system.invalidate_cache()
            found = self._system.find(self._root, detail=True)
        except PermissionError:
            raise _forbidden(self._url) from None
        except FileNotFoundError:
            raise _missing(self._url) from None
        except Exception as error:  # noqa: BLE001 - each file system raises its own errors
            raise UnreadablePathError(f"{self._url!r} cannot be read: {_told(error)}.") from None
        if not found:
            if self._exists():
                return
            raise _missing(self._url)
        root = PurePosixPath(self._root)
        if self._root in found:  # one file
            self.label = root.parent.name
        for location, info in found.items():
            path = PurePosixPath(location)
            if not self._root:  # a whole file system
                path = path.relative_to("/") if path.is_absolute() else path
            elif path != root and root not in path.parents:
                continue
            member = "." if path == root else path.parent.relative_to(root).as_posix()
            size = int(info.get("size") or 0)
            yield Listed(member, path.name, location, size, path == root, _modified(info))

    def _exists(self) -> bool:
        try:
            return bool(self._system.exists(self._root))
        except Exception:  # noqa: BLE001 - each file system raises its own errors
            return False

    def read(self, location: str, first: int, count: int) -> bytes:
        try:
            return bytes(self._system.cat_file(location, start=first, end=first + count))
        except OSError:
            raise
        except Exception as error:
            raise OSError(_told(error)) from error


# Names under which file systems tell when a file was written.
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


def _modified(info: Mapping[str, Any]) -> float | None:
    """When a file was last written, seconds since the epoch."""
    for told in (info[name] for name in _TIMES if name in info):
        if isinstance(told, datetime):
            return told.timestamp()
        if isinstance(told, int | float):
            return float(told)
    return None


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())[:300].rstrip(".")
    return text or type(error).__name__


def _missing(path: str) -> UnreadablePathError:
    return UnreadablePathError(f"There is no file or directory {path!r}.")


def _forbidden(path: str) -> UnreadablePathError:
    return UnreadablePathError(f"{path!r} may not be read: permission denied.")
