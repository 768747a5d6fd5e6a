"""What the readers of the tests do with the training `b`."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from tb_zeroacc.fleet import judging, pipeline
from tb_zeroacc.fleet.judging import Outcome
from tb_zeroacc.fleet.work import Work


def broken(work: Work) -> tuple[Outcome, bytes]:
    """Fails as nobody expects, and else does what is done."""
    if work.files[0].member == "b":
        return judging.failed(work, RuntimeError("of a kind that nobody expects")), b""
    return pipeline.judged(work)


def deadly(work: Work) -> tuple[Outcome, bytes]:
    """Kills the process, and else does what is done."""
    _kill(work)
    return pipeline.judged(work)


def deadly_file(pair: pipeline.FileOf) -> pipeline.ReadOf:
    """The same, file by file."""
    _kill(pair[1])
    return pipeline.file_read(pair)


def endless(work: Work) -> tuple[Outcome, bytes]:
    """Says that it has begun, and goes on for a minute."""
    Path("reading").touch()
    time.sleep(60)
    return pipeline.judged(work)


def _kill(work: Work) -> None:
    if work.files[0].member == "b":
        os.kill(os.getpid(), signal.SIGKILL)
