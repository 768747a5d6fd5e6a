"""Prometheus and Alertmanager, the real ones, on this machine for the length of a test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

# `make test` unpacks them there where they are not installed (tools/prometheus_ready.sh).
UNPACKED = Path(__file__).parents[2] / ".make" / "prometheus" / "usr" / "bin"


def program(*names: str) -> str:
    """The path of a program, under the first of its names that is there; else a skipped test."""
    for name in names:
        found = shutil.which(name) or shutil.which(name, path=str(UNPACKED))
        if found:
            return found
    pytest.skip(
        f"NOT TESTED: {names[0]} is not there. Run tools/prometheus_ready.sh .make/prometheus, or "
        "install the packages prometheus and prometheus-alertmanager."
    )


def free_port() -> int:
    """A port that nobody listened at a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@dataclass
class Server:
    """A process that serves.

    Attributes:
        process: It.
        url: What answers once it is ready.
        log: What it says.
    """

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def is_ready(self) -> bool:
        """Whether it answers; it must not have ended."""
        assert self.process.poll() is None, self.log.read_text()
        return answers(self.url)


@contextmanager
def started(command: Sequence[str], url: str, folder: Path) -> Iterator[Server]:
    """A server, not yet ready, which is gone in the end."""
    path = folder / f"{Path(command[0]).name}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, stdin=subprocess.DEVNULL
        )
        try:
            yield Server(process, url, path)
        finally:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    """Whether something answers there."""
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def asked(url: str, **query: str) -> Any:
    """What an API of Prometheus answers."""
    with urlopen(f"{url}?{urlencode(query)}", timeout=30) as answer:
        told = json.load(answer)
    assert told["status"] == "success", told
    return told["data"]
