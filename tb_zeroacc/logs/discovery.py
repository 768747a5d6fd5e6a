"""Which files are event files, by their names.

The rule is TensorBoard's: `tfevents` occurs in the name. Some names match and hold no events; what
else has no event in it is told by its first bytes, when it is read.
"""

from __future__ import annotations

from tb_zeroacc.logs.storage import Listed

# Unity's side-cars, and the profiler's markers, which are files of a header alone.
TRAPS = (".meta", ".profile-empty")
LFS_POINTER = b"version https://git-lfs"


def is_candidate(name: str) -> bool:
    """Whether a file of this name may hold events."""
    return "tfevents" in name and not name.endswith(TRAPS)


def in_reading_order(files: list[Listed]) -> list[Listed]:
    """By directory, then by name: writers put the time into it, so that it is the log's order."""
    return sorted(files, key=lambda file: (file.member, file.name))
