"""ZA802: a worker that has vanished while others go on."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.workers.vanished import Unclear, vanished
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Lane
from tb_zeroacc.wording import count

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
    is after five minutes. Without a moment nothing is said.

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
    training = run.training_lanes
    silent = [lane for lane in training if lane.run.state == "unknown" and _wrote(lane)]
    states = [lane.run.state for lane in training]
    going, ended = states.count("live"), states.count("ended")
    if not going and not all(lane.run.start for lane in silent):
        return NotApplicable("only a log of the recorder says how a worker ended")
    found = vanished(training, silent) if silent else None
    if isinstance(found, Unclear):
        return CannotTell(found.reason)
    if found is None:
        return Passed(f"{going} of {count(len(training), 'worker')} still write, "
                      f"{ended} have ended")  # fmt: skip
    gone = found.lanes
    peers = max(steps_taken(lane.run) for lane in training if lane not in gone)
    who = named([lane.worker for lane in gone], len(training))
    verb = "has" if len(gone) == 1 else "have"
    last = min(steps_taken(lane.run) for lane in gone)
    return Flagged(
        summary=f"{who} {verb} vanished: nothing is on record after {count(last, 'step')}, and "
        f"{found.others}.",
        context=f"The furthest of the others has taken {count(peers, 'step')}.",
        evidence=tuple(_steps_of(lane, peers) for lane in gone[:SHOWN]),
        since=max(0, last - 1),
        workers=tuple(lane.worker.name for lane in gone),
    )  # fmt: skip


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
