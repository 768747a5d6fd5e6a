"""What processes hold in memory and compute, by Linux' `/proc`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
SERVER = "tensorboard_data_server"  # TensorBoard's own reader, a process beside it
TICK = os.sysconf("SC_CLK_TCK")


class Resident:
    """A TensorBoard with all processes that ours started, without its own data server.

    Args:
        process: TensorBoard's process id.
    """

    def __init__(self, process: int) -> None:
        self._process = process

    def own(self) -> float:
        """MB of TensorBoard's process."""
        return _share(self._process)

    def theirs(self) -> float:
        """MB of all that it started."""
        return sum(_share(one) for one in _below(self._process) if not _is_server(one))


def open_files(process: int) -> int:
    """How many files all that it started hold open, of those on disk."""
    handles = (
        handle
        for one in _below(process)
        if not _is_server(one)
        for handle in (PROC / str(one) / "fd").iterdir()
    )
    return sum(handle.is_file() for handle in handles)


def cpu_seconds(process: int) -> tuple[float, float]:
    """CPU seconds of a process, and of all that it started without the data server."""
    below = [one for one in _below(process) if not _is_server(one)]
    return _cpu_of(process), sum(map(_cpu_of, below))


def until_idle(process: int, seconds: float = 3.0) -> None:
    """Waits until a process and what it started have nothing more to do."""
    while True:
        before = _computed(process)
        time.sleep(seconds)
        if _computed(process) - before < 0.05 * seconds:
            return


def _below(process: int) -> Iterator[int]:
    """All processes that it started, and those that these started."""
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
        if parent == process:
            child = int(stat.parent.name)
            yield child
            yield from _below(child)


def _is_server(process: int) -> bool:
    try:
        return SERVER.encode() in (PROC / str(process) / "cmdline").read_bytes()
    except OSError:
        return False


def _share(process: int) -> float:
    """MB that are its own, and its share of what it shares with others; 0 where it has ended."""
    try:
        told = (PROC / str(process) / "smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(told.partition("\nPss:")[2].split()[0]) * 1024 / 1e6


def _computed(process: int) -> float:
    """CPU seconds of it and of all that it started and that still run."""
    return sum(map(_cpu_of, (process, *_below(process))))


def _cpu_of(process: int) -> float:
    """CPU seconds of one process; 0 where it has ended."""
    try:
        fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK
