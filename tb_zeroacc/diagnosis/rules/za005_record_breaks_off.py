"""ZA005: a log that breaks off."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.breaking_off import when_it_breaks_off, where_it_breaks_off
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
from tb_zeroacc.diagnosis.computed.learning.ending import breaks_off, done, planned
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule


@rule(
    "ZA005",
    "record-breaks-off",
    Tier.SMELL,
    Stage.UPDATE,
    motif=Motif.ITS_CURVE,
    healthy="The record is whole up to its end",
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    fix=Fix(
        "Check how the process ended: out of memory, full disk, time limit, lost machine.",
        "dmesg | grep -i 'killed process'  # the system was out of memory\n"
        "df -h  # a full disk ends the record, though training may go on",
        is_shell=True,
    ),
)
def record_breaks_off(context: RunContext) -> Answer:
    """The record breaks off before training was to end, and nothing says why.

    ## What it means
    The recorder writes an end record whatever ends a training: its last epoch, a callback, an
    error, Ctrl-C. Here there is none. The process was killed, the machine was lost, or the disk was
    full.

    ## Why accuracy suffers
    Training may have been going well. How far it would have come is unknown.

    ## How it is detected
    The recorder's log has a start and no end, holds fewer epochs than `fit` was asked for (or their
    number is unknown), and its last record is older than five minutes and than ten of its usual
    pauses. Exact, no other threshold. Logs of other writers have no end record and are not judged.
    Without a clock a training that still runs looks the same.

    ## How to fix it
    ```python
    keras.callbacks.BackupAndRestore("backup")  # resumes a killed training
    ```
    Check the system log for the process, the disk, and the limits of the job.

    ## Easily confused with
    ZA705 stopped-too-early: there training came to its own end. ZA110 empty-input: there the data
    ran out, and the record has its end.

    ## Sources
    keras.io/api/callbacks/backup_and_restore. Measured: after SIGKILL, SIGTERM, os._exit and on a
    full disk every sample up to that point is recorded, and no end.
    """
    run = context.run
    if run.start is None:
        return NotApplicable("only a log of the recorder says how training ended")
    if run.state == "live":
        return NotApplicable("still running")
    if not breaks_off(run):
        return Passed("all requested epochs are recorded" if run.end is None else
                      f"training ended: {run.end.how}")  # fmt: skip
    steps, asked = steps_taken(run), planned(run)
    limit = None if asked is None else at_least(asked)
    return Flagged(
        summary=where_it_breaks_off(run),
        context=when_it_breaks_off(run),
        evidence=(
            Evidence.of_number("recorded epochs, against those requested", done(run), limit,
                               unit="epochs"),
            Evidence.of_number("recorded steps", steps, unit="steps"),
        ),
        since=max(0, steps - 1),
    )  # fmt: skip
