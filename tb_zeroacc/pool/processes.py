"""Processes of our own beside this one: how they begin, what they write to, how they ended."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import BinaryIO


def collect_seldom() -> None:
    """Has Python look through all objects for unused circles only now and then.

    What reading builds stays, and holds none: with 10 000 trainings each such look would take .3 s,
    in which no question is answered.
    """
    gc.set_threshold(700, 10, 10_000)


def command(start: str) -> Sequence[str]:
    """Starts this interpreter, which finds the modules that this process finds, and no others.

    Args:
        start: The statements that it runs.
    """
    return (sys.executable or "", "-c", f"import sys; sys.path[:] = {sys.path!r}; {start}")


def own_output() -> BinaryIO:
    """Standard output for replies alone: whatever else is printed goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")


def how_it_ended(code: int | None) -> str:
    """The exit code of a process, or the signal that killed it."""
    if code is None or code >= 0:
        return f"exit code {code}"
    if code == -signal.SIGKILL:
        return "killed by SIGKILL, perhaps for want of memory"
    return f"killed by {signal.strsignal(-code) or f'signal {-code}'}"
