"""A directory of its own for each of several processes that know nothing of each other.

The first one records into a directory itself, and another that begins meanwhile into `worker_1` of
it. Each claims its directory by a file that only one process can make; the file goes when its
training ends. A claim whose process was killed is void: at once where this machine can tell, else
when nothing was written there for `SILENCE`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import uuid
from pathlib import Path
from typing import Any

NAME = ".writer.json"
SILENCE = 300.0  # seconds, as for a training that counts as running
MOST = 10_000  # processes that may share a directory

# Claims of this process, by path, with how many sessions share each.
_held: dict[tuple[int, str], int] = {}


class Claim:
    """A directory that no other process records into, from construction to `release`.

    Attributes:
        directory: The one to write into.
    """

    def __init__(self, directory: str) -> None:
        """Claims a directory, or the first free one below it.

        Args:
            directory: Of this machine; made where it is missing.

        Raises:
            OSError: It cannot be written.
        """
        for number in range(MOST):
            place = Path(directory, f"worker_{number}") if number else Path(directory)
            self._path = place / NAME
            if self._take():
                self.directory = str(place)
                return
        raise OSError(f"{MOST} processes record into {directory} already")

    def renew(self) -> None:
        """Training begins again: nobody else begins here meanwhile, unless one has already."""
        with contextlib.suppress(OSError):
            if not self._is_held:
                self._take()

    def release(self) -> None:
        """Training has ended."""
        key = os.getpid(), str(self._path)
        if not self._is_held or key not in _held:  # never taken, or by the process before a fork
            return
        self._is_held = False
        _held[key] -= 1
        if not _held[key]:
            del _held[key]
            with contextlib.suppress(OSError):
                self._path.unlink()

    _is_held = False

    def _take(self) -> bool:
        key = os.getpid(), str(self._path)
        if key not in _held and not (self._made() or (self._is_void() and self._made())):
            return False
        _held[key] = _held.get(key, 0) + 1
        self._is_held = True
        return True

    def _made(self) -> bool:
        """Makes the file; False where there is one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"machine": _machine(), "process": os.getpid()}, file)
        return True

    def _is_void(self) -> bool:
        """Whether whoever made the file is gone; then the file is gone, too."""
        read = _read(self._path)
        if read is None or not _is_gone(read, self._path.parent):
            return False
        # Of several processes that see this only one moves the file away; what it moved may be the
        # new file of another, which was quicker, and is put back.
        aside = self._path.with_name(f"{NAME}.{uuid.uuid4().hex}")
        with contextlib.suppress(OSError):
            self._path.rename(aside)
            if _read(aside) != read:
                os.link(aside, self._path)
            aside.unlink()
        return True


def _read(path: Path) -> dict[str, Any] | None:
    """What a claim says; empty while it is being written, None without one."""
    try:
        found = json.loads(path.read_bytes() or b"{}")
    except OSError:
        return None
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _is_gone(claim: dict[str, Any], directory: Path) -> bool:
    process = claim.get("process")
    if claim.get("machine") == _machine() and isinstance(process, int) and sys.platform != "win32":
        return process != os.getpid() and not _runs(process)
    return _silence(directory) > SILENCE


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it runs, and is somebody else's
        return True
    return True


def _silence(directory: Path) -> float:
    """Seconds since anything was written into a directory, by the clock of its file system."""
    now = directory / f"{NAME}.{uuid.uuid4().hex}"
    try:
        now.touch()
        times = [entry.stat().st_mtime for entry in directory.iterdir() if entry != now]
        return now.stat().st_mtime - max(times, default=float("-inf"))
    finally:
        now.unlink(missing_ok=True)


def _machine() -> str:
    """Names what counts processes: a machine, or a container on it."""
    try:
        counting = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        counting = ""
    return f"{socket.gethostname()} {counting}".strip()
