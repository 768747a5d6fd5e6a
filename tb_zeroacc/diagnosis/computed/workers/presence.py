"""Which workers take part in the latest session of a job, and how long each was there."""

from __future__ import annotations

from collections.abc import Sequence

from tb_zeroacc.run import Lane, Run

# Seconds by which the last signs of workers lie apart that end together: machines that are busy,
# and the 30 s that schedulers leave between asking a process to end and killing it.
SCATTER = 60.0


def taking_part(lanes: Sequence[Lane]) -> list[Lane]:
    """The workers that take part in the latest session: what others have ended is an earlier one.

    One that was not started anew takes part, too, where it went on while another was.
    """
    return [lane for lane in lanes if lane.run.state == "live" or _is_of_latest(lane, lanes)]


def _is_of_latest(lane: Lane, lanes: Sequence[Lane]) -> bool:
    newer = [other.run for other in lanes if other.run.sessions > lane.run.sessions]
    begins = [begin for run in newer if (begin := _begin(run)) is not None]
    last = alive_until(lane.run)
    if last is None or not begins:  # nothing tells of another time
        return True
    return last > max(begins) + SCATTER


def _begin(run: Run) -> float | None:
    """When the latest session began, by its own clock."""
    return run.first_time if run.start is None else run.start.wall_time


def alive_until(run: Run) -> float | None:
    """The last record or sign of life, by its own clock."""
    signs = None if run.alive is None else run.alive.wall_time + run.alive.seconds
    known = (_begin(run), run.last_time, signs)
    return max((time for time in known if time is not None), default=None)


def lasted(run: Run) -> float:
    """Seconds for which the latest session went on, as far as that is on record."""
    begin, until = _begin(run), alive_until(run)
    return 0.0 if begin is None or until is None else until - begin


def alive_for(run: Run) -> float:
    """Seconds for which a process went on to say that it was alive, from its last record on."""
    if run.alive is None:
        return 0.0
    last = run.alive.wall_time if run.last_time is None else run.last_time
    return max(0.0, run.alive.wall_time + run.alive.seconds - last)
