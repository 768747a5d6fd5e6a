"""The process that reads and judges shares.

The order comes pickled through standard input, then the shares; what was read goes through standard
output. It ends with its input, and so with the process that it works for, however that ends.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.pool.handing_over import ReadShare, send
from tb_zeroacc.pool.processes import collect_seldom, own_output
from tb_zeroacc.pool.shares import Share
from tb_zeroacc.run import Run

READY = b"ready"  # what it says first
NICE = 5  # whoever answers questions meanwhile comes first, and so does a training


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with all shares.

    Attributes:
        path: The path that is read.
        label: Name of the directory that it is.
        session: The recorder's session to judge; None for the latest.
        now: The clock that decides what still runs; None for no clock.
        judge: The verdict on a run: a function of a module, which the process imports.
    """

    path: str
    label: str
    session: str | None
    now: float | None
    judge: Callable[[Run], Diagnosis]


def read_share(order: Order, share: Share, *, keep: int = 0) -> ReadShare:
    """Reads and judges the files of a share.

    Args:
        order: What is to be done with it.
        share: Its files.
        keep: Of so many trainings that are not expected to go on the contents are kept.
    """
    logs = LogReader(order.path, order.session)
    logs.read([file for unit in share for file in unit], order.label)
    verdicts = {run.name: order.judge(run) for run in logs.runs(order.now)}
    logs.forget_quiet(keep)
    return ReadShare(logs.part(), verdicts)


def main() -> None:
    """Reads shares until its input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that it works for
    source, results = sys.stdin.buffer, own_output()
    collect_seldom()
    if hasattr(os, "nice"):
        os.nice(NICE)
    results.write(READY)
    results.flush()
    order: Order = pickle.load(source)
    shares: SimpleQueue[Share] = SimpleQueue()
    Thread(target=_take, args=(source, shares), daemon=True).start()
    while True:
        try:
            send(read_share(order, shares.get()), results)
        except OSError:
            os._exit(1)  # nobody waits for it any more


def _take(source: BinaryIO, shares: SimpleQueue[Share]) -> None:
    """Hears, too, that the input has ended while a share is read."""
    while True:
        try:
            shares.put(pickle.load(source))
        except (EOFError, OSError):
            os._exit(0)
