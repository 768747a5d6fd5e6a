"""Starts processes that train together, and sees to it that none outlives its time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LIMIT = 240.0  # seconds; a busy machine takes 40 for what takes 15


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code; None where it was killed for taking too long.
        said: Its standard output.
        complained: Its standard error.
    """

    code: int | None
    said: str
    complained: str

    def answer(self) -> dict[str, object]:
        """Its last line, as JSON."""
        assert self.code == 0, f"exit code {self.code}: {self.complained[-3000:]}"
        found = json.loads(self.said.splitlines()[-1])
        assert isinstance(found, dict)
        return found


def run_together(
    commands: Sequence[Sequence[str]],
    environments: Sequence[Mapping[str, str]],
    directory: Path | None = None,
) -> list[Ended]:
    """Runs programs side by side; those that still run after `LIMIT` are killed.

    Args:
        commands: Of each the program and its arguments; a plain name is one of this folder.
        environments: What each is told beside the environment that all share.
        directory: Where they run; here by default.
    """
    with started(commands, environments, directory) as processes:
        end = time.monotonic() + LIMIT
        return [_ended(process, end) for process in processes]


@contextlib.contextmanager
def started(
    commands: Sequence[Sequence[str]],
    environments: Sequence[Mapping[str, str]],
    directory: Path | None = None,
) -> Iterator[list[subprocess.Popen[str]]]:
    """The same, to be dealt with one by one; whatever still runs at the end is killed."""
    shared = {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, str(HERE / program), *arguments], env={**shared, **own},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=directory,
        )
        for (program, *arguments), own in zip(commands, environments, strict=True)
    ]  # fmt: skip
    try:
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


def _ended(process: subprocess.Popen[str], end: float) -> Ended:
    try:
        said, complained = process.communicate(timeout=max(0.1, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        said, complained = process.communicate()
        return Ended(None, said, complained)
    return Ended(process.returncode, said, complained)


def clusters_of(workers: int) -> list[dict[str, str]]:
    """TF_CONFIG of each of several workers on loopback."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(workers)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return [
        {
            "TF_CONFIG": json.dumps(
                {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            )
        }
        for index in range(workers)
    ]
