"""How long the workers of a job take for a step, and how much of it they wait for data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.workers.odd_ones import BLOCKS, SURE, with_fault
from tb_zeroacc.run import Lane, Table

FEWEST = 10  # samples
SLOWER = 1.5  # times what its peers take
# Seconds a step. Two workers on two busy cores wait .0016 to .0038 s for each other (measured).
# Over 1 000 steps this is 20 s.
FELT = 0.02
OF_A_STEP = 0.3  # share of a step that is lost
WINDOW = 32  # steps: what a sample says of the pace is the median of so many before it, at most


class Pace(NamedTuple):
    """The pace of one worker.

    Attributes:
        lane: Which worker.
        table: Its samples.
        step: Median seconds of a step.
        quick, slow: Lower and upper quartile.
        windows: Logarithms of the pace in windows of steps that do not overlap, in their order;
            float64 of shape (windows,).
        wait: Median seconds that a step waits for data; None where that is not on record.
        reduction: Median seconds from its gradients being there to those of all being summed; None
            where that is not on record. Who comes last waits least.
    """

    lane: Lane
    table: Table
    step: float
    quick: float
    slow: float
    windows: NDArray[np.float64]
    wait: float | None
    reduction: float | None


class Straggler(NamedTuple):
    """A worker that the others wait for.

    Attributes:
        pace: Its own.
        peers: Median seconds of a step of the others.
        peers_wait: Median seconds that they wait for data; None where that is not on record.
        lost: Seconds of each step that the others lose.
        by_data: Whether it is for its data that it is late, and not for computing.
        peers_reduction: Median seconds that they wait for its gradients; None where that is not on
            record.
    """

    pace: Pace
    peers: float
    peers_wait: float | None
    lost: float
    by_data: bool
    peers_reduction: float | None = None


def paces_of(lanes: Sequence[Lane]) -> list[Pace]:
    """The pace of each worker with enough samples; the first one of each traces its programs."""
    found = []
    for lane in lanes:
        table = lane.run.table("progress", "seconds_per_step", "data_wait_seconds")
        if table is None:
            continue
        steps = table.column("seconds_per_step")[1:, 0]
        steps = steps[np.isfinite(steps)]
        if len(steps) < FEWEST:
            continue
        quick, middle, slow = map(float, np.percentile(steps, (25, 50, 75)))
        wait, reduction = _median(table, "data_wait_seconds"), None
        if (reduced := lane.run.table("reduction", "seconds")) is not None:
            reduction = _median(reduced, "seconds")
        windows = _windows(table)
        found.append(Pace(lane, table, middle, quick, slow, windows, wait, reduction))
    return found


def _windows(table: Table) -> NDArray[np.float64]:
    seconds = table.column("seconds_per_step")[:, 0]
    chosen, last = [], int(table.steps[0])
    for step, pace in zip(table.steps.tolist(), seconds.tolist(), strict=True):
        if step - last >= WINDOW and np.isfinite(pace) and pace > 0:
            chosen.append(pace)
            last = step
    return np.log(np.array(chosen, np.float64))


def _median(table: Table, column: str) -> float | None:
    """The median behind the first sample; None where too few hold a number."""
    seconds = table.column(column)[1:, 0]
    seconds = seconds[np.isfinite(seconds)]
    return float(np.median(seconds)) if len(seconds) >= FEWEST else None


def stragglers(paces: Sequence[Pace], *, by_look: bool = False) -> list[Straggler]:
    """The workers that others wait for: slower ones, or those that alone wait for their data.

    Where all take a step together, its duration is the same for all: what they wait for data and
    for each other's gradients tells who is late.

    Args:
        paces: Of each worker.
        by_look: Whether one counts as slower whose steps are too few to be sure.
    """
    late = [
        _late(pace, [other for other in paces if other is not pace], by_look) for pace in paces
    ]
    odd = with_fault(
        [pace.lane for pace in paces],
        {pace.lane: one is not None for pace, one in zip(paces, late, strict=True)},
    )
    return [one for one in late if one is not None and one.pace.lane in odd]


def _late(pace: Pace, others: Sequence[Pace], by_look: bool) -> Straggler | None:
    if not others:
        return None
    peers = float(np.median([other.step for other in others]))
    peers_wait = _of_peers([other.wait for other in others])
    peers_reduction = _of_peers([other.reduction for other in others])
    waits_longer = _more(pace.wait, peers_wait)
    comes_later = _more(peers_reduction, pace.reduction)
    # Not where the durations of their steps overlap: a machine that is busy now and then.
    is_slower = pace.step >= SLOWER * peers and pace.quick > max(other.slow for other in others)
    is_slower &= by_look or all(_lasts(pace, other) for other in others)
    longer = pace.step - peers if is_slower else 0.0
    least = max(FELT, OF_A_STEP * pace.step)
    waited = comes_later if comes_later >= least else 0.0
    lost = max(longer if longer >= FELT else 0.0, waits_longer if waits_longer >= least else 0.0,
               waited)
    if not lost:
        return None
    by_data = waits_longer >= 0.5 * lost
    return Straggler(
        pace, peers, peers_wait, lost, by_data, peers_reduction if waited == lost else None
    )


def _lasts(pace: Pace, other: Pace) -> bool:
    """Whether one is slower throughout, and far from chance: Welch's t of blocks of their windows.

    A machine that others use is slow for a while, so that neighbouring windows are alike, and even
    blocks of them: therefore all blocks of one are slower than all of the other, too.
    """
    if min(len(pace.windows), len(other.windows)) < BLOCKS:
        return False
    mine, its = (
        np.array([block.mean() for block in np.array_split(one.windows, BLOCKS)])
        for one in (pace, other)
    )
    error = np.sqrt((mine.var(ddof=1) + its.var(ddof=1)) / BLOCKS)
    return bool(mine.mean() - its.mean() > SURE * error and mine.min() > its.max())


def _of_peers(seconds: Sequence[float | None]) -> float | None:
    known = [each for each in seconds if each is not None]
    return float(np.median(known)) if known else None


def _more(seconds: float | None, others: float | None) -> float:
    """By how much one is longer; 0 where it is not, or either is unknown."""
    return max(0.0, seconds - others) if seconds is not None and others is not None else 0.0
