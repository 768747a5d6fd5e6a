"""Where the store lies: the user's cache directory, never the logs'.

What is in it decides what a later process shows, so it must be the user's own and nobody else's:
a directory that belongs to another user, or that others may write to, is not used.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "trainings.sqlite3"
VARIABLE = "ZEROACC_STORE"  # a directory, or `off`
LIMIT_VARIABLE = "ZEROACC_STORE_MIB"
OFF = "off"
LIMIT = 2048  # MiB: about 10 000 runs of 1 MB


def limit() -> int:
    """How many bytes the store may hold; the environment may say so in MiB."""
    told = os.environ.get(LIMIT_VARIABLE, "")
    return (int(told) if told.isdecimal() else LIMIT) * 2**20


def directory() -> Path | None:
    """The directory of the store, made where there is none; None where it must not be used."""
    wanted = _wanted()
    if wanted is None:
        return None
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        return wanted if _is_own(wanted) else None
    except OSError as error:
        log.debug("The store %s cannot be used: %s", wanted, error)
        return None


def is_there() -> bool:
    """Whether an earlier process has begun a store."""
    wanted = _wanted()
    try:
        return wanted is not None and (wanted / FILE).exists()
    except OSError:  # a directory that may not be searched
        return False


def _wanted() -> Path | None:
    told = os.environ.get(VARIABLE, "")
    if told.lower() == OFF:
        return None
    if told:
        return Path(told).expanduser()
    from platformdirs import user_cache_path  # where something is stored only

    return user_cache_path("zeroacc", appauthor=False)


def _is_own(path: Path) -> bool:
    """Whether a directory is this user's, and nobody else may write to it."""
    if not hasattr(os, "geteuid"):  # Windows: the profile's access list sees to it
        return True
    held = path.lstat()
    if not stat.S_ISDIR(held.st_mode):
        why = "it is no directory"
    elif held.st_uid != os.geteuid():
        why = "it belongs to another user"
    elif held.st_mode & 0o022:
        why = f"others may write to it (`chmod 700 {path}`)"
    else:
        return True
    log.warning("The store %s is not used: %s.", path, why)
    return False
