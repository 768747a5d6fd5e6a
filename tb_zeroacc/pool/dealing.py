"""Has several processes read what a reader does not know yet, where that is sooner done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.storage import Listed, is_url
from tb_zeroacc.pool.pool import Killer, read_in_processes
from tb_zeroacc.pool.share_process import Order, ReadShare
from tb_zeroacc.pool.shares import processes_for, shares_of, units_of
from tb_zeroacc.run import Run

D = TypeVar("D")


def read_new(
    logs: LogReader, listed: Sequence[Listed], now: float | None, judge: Callable[[Run], D]
) -> Iterator[dict[str, D]]:
    """Reads whole trainings that are new, in several processes, as far as that saves time.

    What is left, or was not to be read so, `logs` reads itself.

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
    fresh = {file.location for file in listed if logs.lacks(file)}
    if not fresh:
        return
    units = units_of(listed, {file.member for file in listed}, logs.label)
    units = [unit for unit in units if all(file.location in fresh for file in unit)]
    processes = processes_for(units)
    if not processes:
        return
    order = Order(logs.path, logs.label, logs.session, now, judge)
    for outcome in read_in_processes(order, shares_of(units), processes):
        if isinstance(outcome, ReadShare):
            logs.take_over(outcome.part)
            yield outcome.verdicts
        elif isinstance(outcome, Killer):
            why = f"the process that read it ended ({outcome.how})"
            logs.give_up((file for unit in outcome.share for file in unit), why)
