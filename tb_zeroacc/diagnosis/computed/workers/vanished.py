"""Which workers of a job have vanished, as far as the record tells them from those that wait.

When a worker dies, those that train in step with it hang in their next reduction and record nothing
either. What tells them apart is that they are still alive then, which their recorders say
(`facts.Alive`), or that they break off with an error that names it. Times are compared as durations
behind the first record, which all wrote at the same step: clocks may differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.diagnosis.computed.workers.in_step import loss_curve
from tb_zeroacc.diagnosis.computed.workers.presence import (
    SCATTER,
    alive_for,
    lasted,
    taking_part,
)
from tb_zeroacc.facts import End
from tb_zeroacc.run import Lane, Run
from tb_zeroacc.wording import duration

FLUSHED = 120.0  # seconds between two flushes of other writers' event files
BEGINS = 300.0  # seconds that a worker may take to begin anew when others have
# Seconds, and usual pauses between its samples, by which others have recorded on: the limits by
# which a training counts as running.
SILENT, PAUSES = 300.0, 10.0
# TensorFlow's errors of a worker whose peer is gone; the message of each names that peer.
LOST_A_PEER = frozenset(
    {"UnavailableError", "AbortedError", "CancelledError", "DeadlineExceededError"}
)
_TASK = re.compile(r"/job:(\w+)/(?:replica:\d+/)?task:(\d+)")


class Vanished(NamedTuple):
    """Workers that are missing.

    Attributes:
        lanes: At least one of them.
        others: What the others did, as the end of a sentence.
        how: `vanished`, `hangs` where their processes lived on, or `not begun`: they have no
            record of the latest session.
    """

    lanes: tuple[Lane, ...]
    others: str
    how: Literal["vanished", "hangs", "not begun"] = "vanished"


class Unclear(NamedTuple):
    """Workers left no end, and nothing says which of them were the first.

    Attributes:
        reason: Why not, as a clause.
    """

    reason: str


def vanished(lanes: Sequence[Lane]) -> Vanished | Unclear | None:
    """The workers that are missing; None where all may yet go on.

    Args:
        lanes: All that train and wrote anything.
    """
    present = taking_part(lanes)
    absent = [lane for lane in lanes if lane not in present]
    going = [lane for lane in present if lane.run.state == "live"]
    ended = [(lane, lane.run.end) for lane in present if lane.run.end is not None]
    silent = [lane for lane in present if lane.run.state == "unknown"]
    longest = max((lasted(lane.run) for lane in present), default=0.0)
    if absent and longest >= BEGINS:
        others = f"others were alive {duration(longest)} into it"
        return Vanished(tuple(absent), others, "not begun")
    if going:
        return _by_records(silent, going)
    if any(end.how in ("finished", "stopped") for _, end in ended):
        return _by_ends(silent, [lane for lane, _ in ended])
    if ended:
        return _by_errors(lanes, silent, absent, ended)
    return _by_signs_of_life(silent) if silent else None


def _by_records(silent: Sequence[Lane], going: Sequence[Lane]) -> Vanished | None:
    """Where others go on: those that they have left behind, whether their processes live or not."""
    gone = [
        lane for lane in silent if any(_records_on(other, lane) is not False for other in going)
    ]
    # Those that hang may wait for those that are dead.
    dead = [lane for lane in gone if not _hangs(lane, going)]
    if not gone:
        return None
    how: Literal["vanished", "hangs"] = "vanished" if dead else "hangs"
    return Vanished(tuple(dead or gone), "the others still train", how)


def _by_ends(silent: Sequence[Lane], ended: Sequence[Lane]) -> Vanished | Unclear | None:
    """Where others came to their end: those whose processes are not known to live on."""
    dead = [lane for lane in silent if not _hangs(lane, ended)]
    if dead:
        return Vanished(tuple(dead), "the others came to an end")
    if not silent:
        return None
    lane = silent[0]
    return Unclear(
        f"{lane.worker.name} was alive {duration(alive_for(lane.run))} after its last record: it "
        "hangs, or does something that is no training, as a last evaluation"
    )


def _by_errors(
    lanes: Sequence[Lane],
    silent: Sequence[Lane],
    absent: Sequence[Lane],
    ended: Sequence[tuple[Lane, End]],
) -> Vanished | Unclear | None:
    """Where the others broke off: those that their errors name, or all where a peer was lost."""
    if not silent and not absent:
        return None
    named = {task for _, end in ended for task in _TASK.findall(end.text or "")}
    chiefs = sum(lane.worker.task in ("chief", "master") for lane in lanes)
    if lacking := [lane for lane in absent if _task_of(lane, chiefs) in named]:
        it = "it" if len(lacking) == 1 else "they"
        return Vanished(
            tuple(lacking), f"the others broke off when {it} did not answer", "not begun"
        )
    gone = [lane for lane in silent if _task_of(lane, chiefs) in named]
    if not gone and not absent and all(_has_lost_a_peer(end) for _, end in ended):
        gone = list(silent)
    if gone:
        it = "it" if len(gone) == 1 else "they"
        return Vanished(tuple(gone), f"the others broke off when {it} no longer answered")
    if not silent:
        return None
    lane, end = ended[0]
    how = "was interrupted" if end.how == "interrupted" else "broke off"
    if end.how == "exception" and end.exception:
        how = f"broke off with {end.exception}"
    return Unclear(f"{lane.worker.name} {how}, and nothing says whether others were gone before")


def _task_of(lane: Lane, chiefs: int) -> tuple[str, str]:
    """What TensorFlow calls a worker; its records count chiefs and workers together."""
    task, number = lane.worker.task, lane.worker.number or 0
    return task, str(number - chiefs if task == "worker" else number)


def _has_lost_a_peer(end: End) -> bool:
    text = end.text or ""
    return end.how == "exception" and (end.exception in LOST_A_PEER or "ollective" in text)


def _by_signs_of_life(silent: Sequence[Lane]) -> Vanished | Unclear:
    """Where all hang: those whose signs of life cease while others still give theirs."""
    waiting = [
        [other for other in silent if _outlives(other, lane) and _are_in_step(lane, other)]
        if lane.run.start is not None and lane.run.start.alive_after is not None else []
        for lane in silent
    ]  # fmt: skip
    gone = tuple(lane for lane, others in zip(silent, waiting, strict=True) if others)
    if not gone:
        return Unclear("all workers fell silent, and nothing on record says which was the first")
    longest = max(alive_for(other.run) for others in waiting for other in others)
    it = "it" if len(gone) == 1 else "them"
    return Vanished(gone, f"the others still waited for {it} {duration(longest)} later")


def _hangs(lane: Lane, others: Sequence[Lane]) -> bool:
    """Whether its process lived on, and no sign of that is overdue by what others recorded."""
    return alive_for(lane.run) > 0 and not any(_outlives(other, lane) for other in others)


class _Signs(NamedTuple):
    """When a process showed that it was alive. Times are seconds from its first record.

    Attributes:
        first: Tag and step of that record, and how often the worker was started by then.
        last: The last record.
        alive: The last sign of life, be it a record or not.
        due: When it should have given the next one at the latest, had it been alive.
        step: Of the last record.
        spacing, pause: Usual steps and seconds between two samples.
    """

    first: tuple[str, int, int]
    last: float
    alive: float
    due: float
    step: int
    spacing: int
    pause: float


@per_run
def _signs_of(run: Run) -> _Signs | None:
    first, last, curve = run.first_record, run.last_time, loss_curve(run)
    if first is None or last is None or curve is None:
        return None
    tag, step, begin = first
    alive = last if run.alive is None else run.alive.wall_time + run.alive.seconds
    after = None if run.start is None else run.start.alive_after
    due = last + (FLUSHED if after is None else after)
    if run.alive is not None and alive > last:
        due = run.alive.wall_time + 2 * run.alive.seconds
    series = curve.series
    spacing = max((int(b - a) for a, b in pairwise(series.steps[-3:])), default=1)
    return _Signs(
        (tag, step, run.sessions), last - begin, max(last, alive) - begin, due - begin,
        series.last.step, spacing, series.median_gap or 0.0,
    )  # fmt: skip


def _outlives(other: Lane, lane: Lane) -> bool | None:
    """Whether another was alive when this one should have been heard of; None if unknown."""
    mine, its = _signs_of(lane.run), _signs_of(other.run)
    if mine is None or its is None or mine.first != its.first:
        return None
    return its.alive > mine.due + SCATTER


def _records_on(other: Lane, lane: Lane) -> bool | None:
    """Whether another recorded on when this one had long ceased to; None if unknown."""
    mine, its = _signs_of(lane.run), _signs_of(other.run)
    if mine is None or its is None or mine.first != its.first:
        return None
    return its.last > mine.last + max(SILENT, PAUSES * mine.pause)


def _are_in_step(lane: Lane, other: Lane) -> bool:
    """Whether their records stop at the same step, and as long behind their first ones."""
    mine, its = _signs_of(lane.run), _signs_of(other.run)
    if mine is None or its is None:
        return False
    # Each chooses the steps of its samples itself, and its last sample may be missing.
    return (
        abs(mine.step - its.step) <= max(mine.spacing, its.spacing)
        and abs(mine.last - its.last) <= max(mine.pause, its.pause) + SCATTER
    )
