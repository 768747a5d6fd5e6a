"""Which process a spool on this machine's disk belongs to, and for where: so that none is lost.

The file `owner.json` of a spool names where its segments go, and is locked as long as the process
lives that writes them, or one that took over: the system takes the lock back when the last one that
has that file open dies. Children that are forked, such as those that load data, would have it open,
too, and outlive a process that is killed: they close it as they begin. What is found unlocked was
left behind. The directory for temporary files is everybody's, so only what is this user's alone
counts, and no link is followed.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from weakref import WeakSet

if sys.platform != "win32":
    import fcntl

PREFIX = "zeroacc-"  # of the name of a spool's directory
OWNER, SENT = "owner.json", "sent"
MOST_KEPT = 1_000  # spools that are looked at


class Keeper:
    """Holds the lock of a spool, until `release` or the end of the process.

    Args:
        descriptor: Of the locked file.
        url: Where the segments of the spool go.
    """

    def __init__(self, descriptor: int, url: str) -> None:
        self._descriptor, self.url = descriptor, url
        _KEEPERS.add(self)

    def release(self) -> None:
        """Lets others have it; in a forked child, but for the process that it was forked from."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


_KEEPERS: WeakSet[Keeper] = WeakSet()


def _let_go() -> None:
    """A forked child keeps nothing."""
    for keeper in list(_KEEPERS):
        with contextlib.suppress(OSError):
            keeper.release()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_let_go)


def keep(directory: Path, url: str) -> Keeper | None:
    """Makes a new spool this process's own; None where files cannot be locked here.

    Args:
        directory: Of the spool, which is new.
        url: Where its segments go.
    """
    if sys.platform == "win32":
        return None
    # It has its name only when it is locked and whole.
    made = directory / f"{OWNER}.new"
    descriptor = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, json.dumps({"url": url}).encode())
        made.rename(directory / OWNER)
    except OSError:
        os.close(descriptor)
        return None
    return Keeper(descriptor, url)


def take_over(directory: Path, url: str) -> Keeper | None:
    """Takes over a spool that was left behind; None where it was not, or is of another training.

    Args:
        directory: Of the spool.
        url: Where segments of that training go; those of its other workers count, too, which may
            have run on this machine before.
    """
    if sys.platform == "win32" or not _is_ours(directory, stat.S_ISDIR):
        return None
    path = directory / OWNER
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = json.loads(os.read(descriptor, 10_000))
            # Whoever had it before may have removed it meanwhile.
            is_there = os.path.samestat(os.fstat(descriptor), path.lstat())
        except (OSError, ValueError):
            return None
        meant = found.get("url") if isinstance(found, dict) else None
        if is_there and isinstance(meant, str) and _training(meant) == _training(url):
            stack.pop_all()
            return Keeper(descriptor, meant)
    return None


def _training(url: str) -> str:
    """The directory of a whole record, of which a worker has a part (docs/format.md)."""
    training, found, part = url.rpartition("/zeroacc/")
    return f"{training}/zeroacc" if found and "/" not in part else url


def spools() -> Iterator[Path]:
    """Directories of spools on this machine, oldest first as far as their times tell."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        named = [entry for entry in entries if entry.name.startswith(PREFIX)][:MOST_KEPT]
        yield from sorted((Path(entry.path) for entry in named), key=_time)


def unsent(directory: Path) -> list[Path]:
    """The segments of a spool that did not arrive for sure, in order."""
    try:
        arrived = (directory / SENT).read_text("ascii")
    except (OSError, ValueError):
        arrived = ""
    folders = [path for path in directory.iterdir() if _is_ours(path, stat.S_ISDIR)]
    segments = [path for folder in folders for path in folder.glob("*.zeroacc")]
    return sorted(
        path for path in segments if path.name > arrived and _is_ours(path, stat.S_ISREG)
    )  # fmt: skip


def note_arrived(directory: Path, name: str) -> None:
    """Notes that a segment has arrived, and with it all before it."""
    with contextlib.suppress(OSError):  # it is sent again then, which does no harm
        (directory / SENT).write_text(name, "ascii", newline="")


def _is_ours(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether something is of a kind, and nobody else may have put it there."""
    try:
        found = path.lstat()
    except OSError:
        return False
    is_own = sys.platform == "win32" or found.st_uid == os.geteuid()
    return is_kind(found.st_mode) and is_own and not found.st_mode & 0o077


def _time(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0
