"""How long the workers of a job take for a step, and how much of it they wait for data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tb_zeroacc.diagnosis.computed.workers.odd_ones import with_fault
from tb_zeroacc.run import Lane, Table

FEWEST = 10  # samples
SLOWER = 1.5  # times what its peers take
# Seconds a step: what machines that are busy otherwise add is less (measured on two cores that
# four workers share). Over 1 000 steps it is 20 s.
FELT = 0.02
OF_A_STEP = 0.3  # share of a step that is lost


class Pace(NamedTuple):
    """The pace of one worker.

    Attributes:
        lane: Which worker.
        table: Its samples.
        step: Median seconds of a step.
        quick, slow: Lower and upper quartile.
        wait: Median seconds that a step waits for data; None where that is not on record.
    """

    lane: Lane
    table: Table
    step: float
    quick: float
    slow: float
    wait: float | None


class Straggler(NamedTuple):
    """A worker that the others wait for.

    Attributes:
        pace: Its own.
        peers: Median seconds of a step of the others.
        peers_wait: Median seconds that they wait for data; None where that is not on record.
        by_data: Whether it is its data that it is late for, and not the computing.
    """

    pace: Pace
    peers: float
    peers_wait: float | None
    by_data: bool

    @property
    def lost(self) -> float:
        """Seconds of each step that the others lose."""
        if self.by_data and self.pace.wait is not None:
            return self.pace.wait - (self.peers_wait or 0.0)
        return self.pace.step - self.peers


def paces_of(lanes: Sequence[Lane]) -> list[Pace]:
    """The pace of each worker with enough samples; the first one of each traces its programs."""
    found = []
    for lane in lanes:
        table = lane.run.table("progress", "seconds_per_step", "data_wait_seconds")
        if table is None:
            continue
        steps = table.column("seconds_per_step")[1:, 0]
        steps = steps[np.isfinite(steps)]
        waits = table.column("data_wait_seconds")[1:, 0]
        waits = waits[np.isfinite(waits)]
        if len(steps) < FEWEST:
            continue
        quick, middle, slow = map(float, np.percentile(steps, (25, 50, 75)))
        wait = float(np.median(waits)) if len(waits) >= FEWEST else None
        found.append(Pace(lane, table, middle, quick, slow, wait))
    return found


def stragglers(paces: Sequence[Pace]) -> list[Straggler]:
    """The workers that others wait for: slower ones, or those that alone wait for their data.

    Where all take a step together, its duration is the same for all, and only what they wait for
    data tells who is late.
    """
    late = [_late(pace, [other for other in paces if other is not pace]) for pace in paces]
    odd = with_fault(
        [pace.lane for pace in paces],
        {pace.lane: one is not None for pace, one in zip(paces, late, strict=True)},
    )
    return [one for one in late if one is not None and one.pace.lane in odd]


def _late(pace: Pace, others: Sequence[Pace]) -> Straggler | None:
    if not others:
        return None
    peers = float(np.median([other.step for other in others]))
    waits = [other.wait for other in others if other.wait is not None]
    peers_wait = float(np.median(waits)) if waits else None
    longer = pace.step - peers
    waits_longer = 0.0
    if pace.wait is not None and peers_wait is not None:
        waits_longer = pace.wait - peers_wait
    by_data = waits_longer >= FELT and waits_longer >= OF_A_STEP * pace.step
    # Not where the durations of their steps overlap: a machine that is busy now and then.
    is_slower = (
        longer >= FELT
        and pace.step >= SLOWER * peers
        and pace.quick > max(other.slow for other in others)
    )
    if not is_slower and not by_data:
        return None
    return Straggler(pace, peers, peers_wait, by_data and waits_longer >= 0.5 * longer)
