"""A job of its workers' records: one Run with a lane for each, whatever their clocks say.

The clocks of several machines differ by minutes, and by an hour where one of them is in another
time zone. So steps are compared and not times, and each worker's silence is measured by its own
clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tb_zeroacc.logs.building import Built, BuiltLane, at
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
    """A job without a clock; of one worker that is left, its training.

    Args:
        name: Its directory.
        lanes: Of each worker, the first one first.
    """
    first, *others = lanes
    left = [lane for lane in others if _is_left_behind(lane, first)]
    notes = [
        f"{lane.worker.name} took part in an earlier session alone and is set aside."
        for lane in left
    ]
    run = first.built.run
    run = replace(run, name=name, notes=(*run.notes, *notes))
    if len(left) == len(others):
        return first.built._replace(run=run)
    lasts = [lane.built.last_event for lane in lanes if lane.built.last_event is not None]
    return Built(
        run=run,
        last_event=max(lasts, default=None),
        pause=max(lane.built.pause for lane in lanes),
        unfinished=(),
        holds_data=any(lane.built.holds_data for lane in lanes),
        lanes=(first, *(lane for lane in others if lane not in left)),
    )


def _is_left_behind(lane: BuiltLane, first: BuiltLane) -> bool:
    """Whether a worker took part in an earlier session alone: a job restarts with fewer."""
    start, mine = first.built.run.start, lane.built.run.start
    if start is None or mine is None or lane.built.run.sessions >= first.built.run.sessions:
        return False
    if start.workers is not None and mine.worker is not None:
        return mine.worker >= start.workers
    last = lane.built.last_event
    return last is not None and last < start.wall_time - AGREE


def job_at(built: Built, now: float | None, known: tuple[Built, Run] | None) -> Run:
    """The job at a moment.

    Args:
        built: The job without a clock.
        now: Seconds since 1970; None for no clock.
        known: The same at an earlier moment. What is as it was is returned itself, so that its
            verdict holds: the job, or the lanes that did not grow.
    """
    before: dict[Worker, tuple[Built, Run]] = {}
    if known is not None:
        pairs = zip(known[0].lanes, known[1].lanes, strict=False)
        before = {old.worker: (old.built, lane.run) for old, lane in pairs}
    found = []
    for lane in built.lanes:
        old = before.get(lane.worker)
        same = old[1] if old is not None and old[0] is lane.built else None
        worker = _recorded(lane.worker, lane.built.run)
        found.append(Lane(worker, _lane_at(lane, built.lanes, now, same)))
    lanes = tuple(found)
    if known is not None and known[0] is built and _are_same(lanes, known[1].lanes):
        return known[1]
    first = lanes[0].run
    runs = [lane.run for lane in lanes]
    return replace(
        first,
        name=built.run.name,
        members=tuple(sorted({member for run in runs for member in run.members})),
        sessions=max(run.sessions for run in runs),
        state=_state(lanes),
        clocked=any(run.clocked for run in runs),
        notes=tuple(dict.fromkeys([*built.run.notes, *first.notes, *_notes(lanes)])),
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
    """Seconds by which another worker's clock is ahead; 0 where they agree, or nothing tells.

    First records of different sessions are of different times.
    """
    if _run(lane).sessions != _run(other).sessions:
        return 0.0
    mine, its = _run(lane).first_record, _run(other).first_record
    if mine is None or its is None or mine[:2] != its[:2]:
        return 0.0
    ahead = its[2] - mine[2]
    return ahead if abs(ahead) > AGREE else 0.0


def _run(lane: BuiltLane | Lane) -> Run:
    return lane.run if isinstance(lane, Lane) else lane.built.run


# --- notes --------------------------------------------------------------------------------------


def _notes(lanes: Sequence[Lane]) -> Iterator[str]:
    first, *others = lanes
    yield from _missing(lanes)
    yield from _restarts(lanes)
    yield from _clocks(lanes)
    own = [
        f"{lane.worker.name}: {note}"
        for lane in others
        for note in lane.run.notes
        if note not in first.run.notes
    ]
    yield from own[:MOST_NOTES]
    if len(own) > MOST_NOTES:
        yield f"{count(len(own) - MOST_NOTES, 'more note')} of other workers left out."


def _restarts(lanes: Sequence[Lane]) -> Iterator[str]:
    """Workers that were restarted while others went on."""
    fewest = min(lane.run.sessions for lane in lanes if lane.worker.trains)
    again = [lane for lane in lanes if lane.worker.trains and lane.run.sessions > fewest]
    for lane in again[:MOST_NOTES]:
        times = count(lane.run.sessions - fewest, "time")
        yield f"{lane.worker.name} began anew {times} more than others."


def _clocks(lanes: Sequence[Lane]) -> Iterator[str]:
    """Workers whose first records are of another time than most others' at the same step."""
    training = [lane for lane in lanes if lane.worker.trains]
    firsts = sorted((_ahead(lane, training[0]), n) for n, lane in enumerate(training))
    median = training[firsts[(len(firsts) - 1) // 2][1]]
    middle = next(lane for lane in training if not _ahead(lane, median))
    off = [(lane, ahead) for lane in training if (ahead := _ahead(lane, middle))]
    for lane, ahead in off[:MOST_NOTES]:
        which = "ahead of" if ahead > 0 else "behind"
        yield (
            f"The first record of {lane.worker.name} is {count(round(abs(ahead) / 60), 'minute')} "
            f"{which} that of {middle.worker.name} at the same step: a clock is wrong, or it began "
            "at another time. Steps are compared, not times."
        )


def _missing(lanes: Iterable[Lane]) -> Iterator[str]:
    """Workers of which nothing is on record, where the records say how many there are."""
    lanes = [lane for lane in lanes if lane.run.start is not None]
    asked = max((lane.run.start.workers or 0 for lane in lanes if lane.run.start), default=0)
    here = {lane.run.start.worker for lane in lanes if lane.run.start}
    lacking = [number for number in range(asked) if number not in here]
    if lacking and None not in here:
        named = ", ".join(map(str, lacking[:5])) + (", ..." if len(lacking) > 5 else "")
        yield f"{count(asked, 'worker')} train together; nothing is on record of number {named}."
