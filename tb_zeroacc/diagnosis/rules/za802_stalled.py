"""ZA802: a worker that has vanished while others go on."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.of_workers import named
from tb_zeroacc.diagnosis.answers import (
    Answer,
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
    earlier session with more workers are not missed. Without a moment nothing is said, and of a job
    that is silent as a whole ZA005 tells.

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
    going = [lane for lane in training if lane.run.state == "live"]
    ended = [lane for lane in training if lane.run.state == "ended"]
    if not going and not ended:
        return NotApplicable("no worker writes any more")
    if not silent:
        return Passed(f"{len(going)} of {count(len(training), 'worker')} still write, "
                      f"{len(ended)} have ended")  # fmt: skip
    if not going and not all(lane.run.start for lane in silent):
        return NotApplicable("only a log of the recorder says how a worker ended")
    peers = max(steps_taken(lane.run) for lane in (*going, *ended))
    who = named([lane.worker for lane in silent], len(training))
    verb = "has" if len(silent) == 1 else "have"
    they = "the others still train" if going else "the others came to an end"
    last = min(steps_taken(lane.run) for lane in silent)
    return Flagged(
        summary=f"{who} {verb} vanished: nothing is on record after {count(last, 'step')}, and "
        f"{they}.",
        context=f"The furthest of the others has taken {count(peers, 'step')}.",
        evidence=tuple(
            Evidence.of_number(
                f"steps of {lane.worker.name}, against those of its peers", steps_taken(lane.run),
                at_least(peers), unit="steps", member=next(iter(lane.run.members), ""),
            )
            for lane in silent[:SHOWN]
        ),
        since=max(0, last - 1),
        workers=tuple(lane.worker.name for lane in silent),
    )  # fmt: skip


def _wrote(lane: Lane) -> bool:
    return lane.run.start is not None or lane.run.main_curve is not None
