"""A job of its workers' records: one Run with a lane for each, whatever their clocks say.

The clocks of several machines differ by minutes, and by an hour where one of them is in another
time zone. So steps are compared and not times, and each worker's silence is measured by its own
clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tb_zeroacc.logs.building import Built, BuiltLane, at
from tb_zeroacc.logs.trust.clocks import WRONG
from tb_zeroacc.run import Lane, Run, State
from tb_zeroacc.wording import count
from tb_zeroacc.workers import TASKS, Worker

# Workers take a step together, so their first records of it are as old as each other, if their
# clocks agree. Seconds; a pause for a checkpoint, or a slow start, is shorter.
AGREE = 60.0
MOST_NOTES = 8  # of workers other than the first


def _recorded(worker: Worker, run: Run) -> Worker:
    """The worker as its own record calls it: its directory says the number alone."""
    task = None if run.start is None else run.start.task
    if task not in TASKS or worker.task != "worker":
        return worker
    return Worker(task, None if task in ("chief", "master") else worker.number)


def job_of(name: str, lanes: Sequence[BuiltLane]) -> Built:
    """A job without a clock.

    Args:
        name: Its directory.
        lanes: Of each worker, the first one first.
    """
    first, *others = lanes
    run = replace(first.built.run, name=name)
    lasts = [lane.built.last_event for lane in lanes if lane.built.last_event is not None]
    return Built(
        run=run,
        last_event=max(lasts, default=None),
        pause=max(lane.built.pause for lane in lanes),
        unfinished=(),
        holds_data=any(lane.built.holds_data for lane in lanes),
        lanes=(first, *(lane for lane in others if not _is_left_behind(lane, first))),
    )


def _is_left_behind(lane: BuiltLane, first: BuiltLane) -> bool:
    """Whether a worker took part in an earlier session alone: a job restarts with fewer."""
    start, mine = first.built.run.start, lane.built.run.start
    if start is None or mine is None:
        return False
    if start.workers is not None and mine.worker is not None and mine.worker >= start.workers:
        return True
    last = lane.built.last_event
    return first.built.run.sessions > 1 and last is not None and last < start.wall_time - WRONG


def job_at(built: Built, now: float | None, known: Run | None) -> Run:
    """The job at a moment.

    Args:
        built: The job without a clock.
        now: Seconds since 1970; None for no clock.
        known: The same job at an earlier moment: where it is as it was, it is returned itself.
    """
    before = {} if known is None else {lane.worker: lane.run for lane in known.lanes}
    found = []
    for lane in built.lanes:
        worker = _recorded(lane.worker, lane.built.run)
        found.append(Lane(worker, _lane_at(lane, built.lanes, now, before.get(worker))))
    lanes = tuple(found)
    if known is not None and _are_same(lanes, known.lanes):
        return known
    first = lanes[0].run
    runs = [lane.run for lane in lanes]
    return replace(
        first,
        name=built.run.name,
        members=tuple(sorted({member for run in runs for member in run.members})),
        sessions=max(run.sessions for run in runs),
        state=_state(lanes),
        clocked=any(run.clocked for run in runs),
        notes=tuple(dict.fromkeys([*first.notes, *_notes(lanes)])),
        damaged=any(run.damaged for run in runs),
        damage=tuple(lost for run in runs for lost in run.damage),
        lanes=lanes,
    )


def _are_same(lanes: Sequence[Lane], known: Sequence[Lane]) -> bool:
    return len(lanes) == len(known) and all(
        new.worker == old.worker and new.run is old.run
        for new, old in zip(lanes, known, strict=True)
    )


def _state(lanes: Sequence[Lane]) -> State:
    """A job runs while one of its workers does, and has ended when all that train have."""
    training = [lane.run.state for lane in lanes if lane.worker.trains]
    if "live" in training:
        return "live"
    return "ended" if all(state == "ended" for state in training) else "unknown"


def _lane_at(
    lane: BuiltLane, lanes: Sequence[BuiltLane], now: float | None, known: Run | None
) -> Run:
    last = lane.built.last_event
    if now is None or last is None:
        return at(lane.built, now, known)
    # Its last record by its own clock, and by that of each other worker.
    told = [last, *(last + ahead for other in lanes if (ahead := _ahead(other, lane)))]
    # What is still to come tells nothing: that clock is ahead.
    believed = max((time for time in told if time <= now + AGREE), default=last)
    return at(lane.built._replace(last_event=believed), now, known)


def _ahead(other: BuiltLane | Lane, lane: BuiltLane | Lane) -> float:
    """Seconds by which another worker's clock is ahead; 0 where they agree, or nothing tells."""
    (step, time), (its_step, its_time) = map(_first_step, (_run(lane), _run(other)))
    if time is None or its_time is None or step != its_step:
        return 0.0
    ahead = its_time - time
    return ahead if abs(ahead) > AGREE else 0.0


def _run(lane: BuiltLane | Lane) -> Run:
    return lane.run if isinstance(lane, Lane) else lane.built.run


def _first_step(run: Run) -> tuple[int | None, float | None]:
    """The first step on record, and its time by the clock of the machine that took it."""
    curve = run.main_curve
    return (None, None) if curve is None else (curve.series.first.step, curve.series.first_time)


# --- notes --------------------------------------------------------------------------------------


def _notes(lanes: Sequence[Lane]) -> Iterator[str]:
    first, *others = lanes
    yield from _missing(lanes)
    for lane in others:
        if lane.worker.trains and (ahead := _ahead(lane, first)):
            minutes = count(round(abs(ahead) / 60), "minute")
            which = "ahead of" if ahead > 0 else "behind"
            yield (
                f"The first record of {lane.worker.name} is {minutes} {which} that of "
                f"{first.worker.name} at the same step: a clock is wrong, or it began at another "
                "time. Steps are compared, not times."
            )
    own = [
        f"{lane.worker.name}: {note}"
        for lane in others
        for note in lane.run.notes
        if note not in first.run.notes
    ]
    yield from own[:MOST_NOTES]
    if len(own) > MOST_NOTES:
        yield f"{count(len(own) - MOST_NOTES, 'more note')} of other workers left out."


def _missing(lanes: Iterable[Lane]) -> Iterator[str]:
    """Workers of which nothing is on record, where the records say how many there are."""
    lanes = [lane for lane in lanes if lane.run.start is not None]
    asked = max((lane.run.start.workers or 0 for lane in lanes if lane.run.start), default=0)
    here = {lane.run.start.worker for lane in lanes if lane.run.start}
    lacking = [number for number in range(asked) if number not in here]
    if lacking and None not in here:
        named = ", ".join(map(str, lacking[:5])) + (", ..." if len(lacking) > 5 else "")
        yield f"{count(asked, 'worker')} train together; nothing is on record of number {named}."
