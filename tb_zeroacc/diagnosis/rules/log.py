"""ZA003 and ZA005: the log itself, whether it holds anything to judge, and all of it."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    Mend,
    Missing,
    NotApplicable,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.ending import (
    breaks_off,
    done,
    is_unfinished,
    planned,
    when_it_breaks_off,
    where_it_breaks_off,
)
from tb_zeroacc.diagnosis.fed import steps_taken
from tb_zeroacc.diagnosis.needs import CALLBACK, Need
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Role
from tb_zeroacc.wording import count

A_LOG = Need(Missing("a log", CALLBACK), lambda run: True)  # whatever is in it
SIGNALS = (Role.LOSS, Role.ACCURACY, Role.METRIC, Role.REWARD)


@rule(
    "ZA003",
    "no-training-signal",
    Tier.SMELL,
    Stage.LOSS,
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    mend=Mend(
        "Log the loss at least: with the recorder's callback, or by hand in a loop of your own.",
        "import tb_zeroacc\n"
        "+ model.fit(x, y, callbacks=[tb_zeroacc.ZeroAccuracyCallback(log_dir)])\n"
        "# or, in a training loop of your own:\n"
        '+ tf.summary.scalar("loss", loss, step=step)',
    ),
)
def no_training_signal(case: Case) -> Answer:
    """The log holds neither a loss nor a metric, so nothing can be said about the training.

    ## What it means
    Images, histograms or text may have been logged, but no number that says how well the model
    does. Whether it learns cannot be told from such a log.

    ## Why accuracy suffers
    It need not. But a training that nobody can watch is mended by guessing.

    ## How it is detected
    No scalar of this training tells a loss, an accuracy, another metric or a reward, and no batch's
    loss was recorded. Exact, no threshold. A run that still is in its first epoch is not judged,
    for Keras writes its first scalars when an epoch ends; nor is one that an exception ended
    before its first step.

    ## How to mend it
    ```python
    model.fit(x, y, callbacks=[tb_zeroacc.ZeroAccuracyCallback(log_dir)])
    tf.summary.scalar("loss", loss, step=step)  # in a training loop of your own
    ```

    ## Easily confused with
    ZA110 empty-input: there is nothing to log because no batch ever came; the epochs' own record
    tells the two apart.

    ## Sources
    tensorflow.org/tensorboard/scalars_and_keras. Measured on Keras 3.15: for an empty dataset
    keras.callbacks.TensorBoard writes no scalar at all.
    """
    run = case.run
    told = [c for c in run.curves if c.role in SIGNALS and len(c.series)]
    if told:
        return Passed(f"{count(len(told), 'curve')} of losses and metrics")
    if run.table("loss") is not None:
        return Passed("the loss of single batches is on record")
    if run.end is not None and run.end.how == "exception" and run.end.step == 0:
        return NotApplicable("an exception ended the training before its first step")
    if is_unfinished(run) and not run.epochs:
        return CannotTell("no epoch has ended yet: losses are logged when one ends")
    others = len(run.curves)
    held = f"only {count(others, 'other curve')}" if others else "no scalar at all"
    return Flagged(
        summary=f"The log holds no loss and no metric: {held}.",
        context="Without either nobody can say whether the model learns.",
        evidence=(
            Evidence("curves of a loss or metric", 0.0, 1.0, "below", unit="curves",
                     member=run.members[0] if run.members else ""),
        ),
    )  # fmt: skip


@rule(
    "ZA005",
    "record-breaks-off",
    Tier.SMELL,
    Stage.UPDATE,
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    mend=Mend(
        "Look at how the process ended: memory, disk, time limit, a machine that was taken away.",
        "dmesg | grep -i 'killed process'  # the system was out of memory\n"
        "df -h  # a full disk ends the record, though training may go on",
    ),
)
def record_breaks_off(case: Case) -> Answer:
    """The record breaks off before training was to end, and nothing says why.

    ## What it means
    The recorder writes an end for whatever ends a training: its last epoch, a callback, an error,
    Ctrl-C. Here there is none. The process was killed, the machine was lost, or the disk was full.

    ## Why accuracy suffers
    Training may have been on its way. How far it would have come is not on record.

    ## How it is detected
    The recorder's log has a start and no end, holds fewer epochs than `fit` was asked for (or
    nobody knows how many that were), and its last record is older than five minutes and than ten
    of its usual pauses. Exact, no other threshold. Logs of others, which know no end, are not
    judged. Without a clock a training that still runs looks the same.

    ## How to mend it
    ```python
    keras.callbacks.BackupAndRestore("backup")  # goes on where a killed training stood
    ```
    Look for the process in the system's log, at the disk, and at the limits of the job.

    ## Easily confused with
    ZA705 stopped-too-early: there training came to its own end. ZA110 empty-input: there the data
    ran dry, and the epochs were counted to the end.

    ## Sources
    keras.io/api/callbacks/backup_and_restore. Measured: after SIGKILL, SIGTERM, os._exit and on a
    full disk every sample up to there is on record, and no end.
    """
    run = case.run
    if run.start is None:
        return NotApplicable("only the recorder's own log would say how training ended")
    if run.state == "live":
        return NotApplicable("still running")
    if not breaks_off(run):
        return Passed("every epoch that was asked for" if run.end is None else
                      f"training came to an end: {run.end.how}")  # fmt: skip
    steps, asked = steps_taken(run), planned(run)
    member = run.recorder_member or ""
    limit = None if asked is None else float(asked)
    return Flagged(
        summary=where_it_breaks_off(run),
        context=when_it_breaks_off(run),
        evidence=(
            Evidence("epochs on record, against those asked for", float(done(run)), limit,
                     None if limit is None else "below", unit="epochs", member=member),
            Evidence("steps on record", float(steps), unit="steps", member=member),
        ),
        since=max(0, steps - 1),
    )  # fmt: skip
