"""Has what a reader does not know yet read in shares, by processes where that is sooner done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TypeAlias

from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs.reader import KEPT, LogReader
from tb_zeroacc.logs.storage import Listed, is_url
from tb_zeroacc.pool.handing_over import ReadShare
from tb_zeroacc.pool.pool import Killer, NotStarted, read_in_processes
from tb_zeroacc.pool.reading import ReadAndJudge, read_share
from tb_zeroacc.pool.shares import LONG, Share, Unit, processes_for, shares_of, units_of, work
from tb_zeroacc.run import Run

Outcome: TypeAlias = ReadShare | Killer[Unit] | NotStarted[Unit]


def read_new(
    logs: LogReader, listed: list[Listed], now: float | None, judge: Callable[[Run], Diagnosis]
) -> Iterator[dict[str, Diagnosis]]:
    """Reads whole trainings that are new share by share, where there are many.

    Several processes do so as far as that saves time. What is left `logs` reads itself.

    Args:
        logs: Takes over what is read.
        listed: All files below its path, in reading order.
        now: Seconds since 1970; None for no clock.
        judge: The verdict on a run: a function of a module.

    Yields:
        Verdicts by the names of their trainings, as they come.
    """
    if is_url(logs.path):  # it waits for the network, not for this machine
        return
    lacking = logs.lacking(listed)
    if work(lacking) < LONG:  # as at nearly every look
        return
    fresh = {file.location for file in lacking}
    units = units_of(listed, {file.member for file in listed}, logs.label)
    units = [unit for unit in units if all(file.location in fresh for file in unit)]
    task = ReadAndJudge(logs.path, logs.label, logs.session, now, judge)
    shares = shares_of(units)
    for outcome in _read(task, shares, processes_for(units)):
        if isinstance(outcome, Killer):
            why = f"the process that read it ended ({outcome.how})"
            logs.give_up((file for unit in outcome.share for file in unit), why)
            continue
        if isinstance(outcome, NotStarted):
            outcome = read_share(task, outcome.share, keep=KEPT // len(shares))
        logs.take_over(outcome.part)
        yield outcome.verdicts


def _read(task: ReadAndJudge, shares: Sequence[Share], processes: int) -> Iterator[Outcome]:
    """Reads shares by processes; the first one is read before these begin, where that is short."""
    here = len(shares)
    if processes:
        here = int(work(file for unit in shares[0] for file in unit) < LONG)
    given_back = map(NotStarted, shares[:here])
    if here == len(shares):
        return given_back
    return chain(given_back, read_in_processes(task, shares[here:], processes))
