"""ZA802: a worker that has vanished while others go on."""

from __future__ import annotations

from collections.abc import Sequence

from tb_zeroacc.diagnosis.answering.of_workers import named
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_least,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.workers.presence import alive_for, taking_part
from tb_zeroacc.diagnosis.computed.workers.vanished import Unclear, Vanished, vanished
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Lane
from tb_zeroacc.wording import count, duration

SHOWN = 4  # workers in the evidence


@rule(
    "ZA802",
    "stalled",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.NUMBERS,
    healthy="Every worker goes on, or has ended",
    needs=(A_LOG,),
    explains=("ZA005",),
    outcome=Outcome.LEARNING,
    across_workers=True,
    fix=Fix(
        "Look for its process: the log of its machine says whether it was killed, evicted, or "
        "waits for the others. Have the job restart it from the last checkpoint.",
        'keras.callbacks.BackupAndRestore("backup")  # a restarted job goes on from here',
    ),
)
def stalled(context: RunContext) -> Answer:
    """A worker of the job has written nothing for longer than its steps explain.

    ## What it means
    Its process was killed or evicted, its machine is lost, or it hangs: in a read from a file
    system that is gone, or in a reduction that another one never enters.

    ## Why accuracy suffers
    Workers that train in step wait for it and take no step any more. Where they do not wait, its
    shard of the data is missing from then on.

    ## How it is detected
    At the moment that the reader is given, a worker whose record has no end has written nothing for
    five minutes and for ten of its usual pauses, by its own clock, while another worker still
    writes or has come to its end. Its own clock: where the first records of two workers at the same
    step are more than a minute apart, they are taken to be of the same moment. Workers of an
    earlier session with more workers are not missed, and one that has not begun the latest session
    is when others have been in it for five minutes, whatever became of it in the one before. Where
    others still write, they have recorded on for those limits after its last record; it hangs where
    its process goes on to say that it is alive, and has vanished where that has ceased. Where the
    others have come to their end, one that is alive may still do something else, and nobody can
    tell. Without a moment nothing is said.

    Where the others broke off with errors, those errors name it, or say that a peer was lost. Where
    all hang, the others' records go on to say that they are alive: a minute after their last
    record, and then whenever that is twice as old. A worker has vanished that said no more when it
    was due, with others alive more than a minute later; all of them stopped at the same step.
    Otherwise nobody can tell which was the first.

    ## How to fix it
    ```python
    keras.callbacks.BackupAndRestore("backup")  # a restarted job goes on from here
    ```

    ## Easily confused with
    ZA005 record-breaks-off: the same of a training that is over. ZA805 straggler: that one comes,
    but late.

    ## Sources
    The limits are those by which a training counts as still running (tensorflow.org: event files
    are flushed every two minutes).
    """
    run = context.run
    if not run.clocked:
        return NotApplicable("no moment is given at which it would be silent")
    training = [lane for lane in run.training_lanes if _wrote(lane)]
    here = taking_part(training)
    states = [lane.run.state for lane in here]
    going, ended = states.count("live"), states.count("ended")
    if not going and not all(lane.run.start for lane in here if lane.run.state == "unknown"):
        return NotApplicable("only a log of the recorder says how a worker ended")
    found = vanished(training)
    if isinstance(found, Unclear):
        return CannotTell(found.reason)
    if found is None and not going + ended:
        return NotApplicable("no worker writes any more")
    if found is None:
        many = count(len(run.training_lanes), "worker")
        write, have = "writes" if going == 1 else "write", "has" if ended == 1 else "have"
        return Passed(f"{going} of {many} still {write}, {ended} {have} ended")
    return _not_begun(found, here) if found.how == "not begun" else _stopped(found, here)


def _stopped(found: Vanished, here: Sequence[Lane]) -> Flagged:
    """Of workers that took part, and write no more."""
    gone = found.lanes
    peers = max(steps_taken(lane.run) for lane in here if lane not in gone)
    last = min(steps_taken(lane.run) for lane in gone)
    is_one = len(gone) == 1
    how, ending = "has vanished" if is_one else "have vanished", ""
    if found.how == "hangs":
        how = "hangs" if is_one else "hang"
        whose = "its process was" if is_one else "their processes were"
        longest = min(alive_for(lane.run) for lane in gone)
        ending = f" though {whose} alive {duration(longest)} later,"
    return Flagged(
        summary=f"{_who(gone, here)} {how}: nothing is on record after "
        f"{count(last, 'step')},{ending} and {found.others}.",
        context=f"The furthest of the others has taken {count(peers, 'step')}.",
        evidence=tuple(_steps_of(lane, peers) for lane in gone[:SHOWN]),
        since=max(0, last - 1),
        workers=tuple(lane.worker.name for lane in gone),
    )  # fmt: skip


def _not_begun(found: Vanished, here: Sequence[Lane]) -> Flagged:
    """Of workers whose record is of an earlier session."""
    gone, sessions = found.lanes, max(lane.run.sessions for lane in here)
    verb = "has" if len(gone) == 1 else "have"
    return Flagged(
        summary=f"{_who(gone, [*here, *gone])} {verb} not begun the latest session, and "
        f"{found.others}.",
        evidence=tuple(
            Evidence.of_number(
                f"sessions of {lane.worker.name}, against those of its peers", lane.run.sessions,
                at_least(sessions), unit="sessions", member=next(iter(lane.run.members), ""),
            )
            for lane in gone[:SHOWN]
        ),
        workers=tuple(lane.worker.name for lane in gone),
    )  # fmt: skip


def _who(gone: Sequence[Lane], lanes: Sequence[Lane]) -> str:
    return named([lane.worker for lane in gone], len(lanes))


def _steps_of(lane: Lane, peers: int) -> Evidence:
    """The steps of one that has vanished: fewer than its peers took, unless they waited for it."""
    taken, name = steps_taken(lane.run), lane.worker.name
    member = next(iter(lane.run.members), "")
    if taken >= peers:
        said = f"steps of {name}, as many as its peers took"
        return Evidence.of_number(said, taken, unit="steps", member=member)
    said = f"steps of {name}, against those of its peers"
    return Evidence.of_number(said, taken, at_least(peers), unit="steps", member=member)


def _wrote(lane: Lane) -> bool:
    return lane.run.start is not None or lane.run.main_curve is not None
