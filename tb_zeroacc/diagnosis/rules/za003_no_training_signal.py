"""ZA003: a log that holds nothing to judge."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.learning.ending import is_unfinished
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Role
from tb_zeroacc.wording import count

SHOWN = 2  # losses in the sentence
SIGNALS = (Role.LOSS, Role.ACCURACY, Role.METRIC, Role.REWARD)


@rule(
    "ZA003",
    "no-training-signal",
    Tier.SMELL,
    Stage.LOSS,
    motif=Motif.NUMBERS,
    healthy="The log holds a loss or a metric",
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    fix=Fix(
        "Log at least the training loss; of an agent that is trained by rewards, the reward.",
        "import tb_zeroacc\n"
        "model.fit(x, y, callbacks=[tb_zeroacc.ZeroAccuracyCallback(log_dir)])\n"
        "# or, in a custom training loop:\n"
        'tf.summary.scalar("loss", loss, step=step)',
        'tf.summary.scalar("loss", loss, step=step)',
        'writer.add_scalar("loss", loss, step)  # of torch.utils.tensorboard.SummaryWriter',
        'self.log("train_loss", loss)',
    ),
)
def no_training_signal(context: RunContext) -> Answer:
    """The log holds neither a loss nor a metric, so nothing can be said about the training.

    ## What it means
    Images, histograms or text may have been logged, but no number that says how well the model
    does. Whether it learns cannot be told from such a log.

    ## Why accuracy suffers
    It need not. But a training that nobody can watch can only be fixed by guessing.

    ## How it is detected
    No scalar of this training is a loss, an accuracy, another metric or a reward, and no batch loss
    was recorded. Exact, no threshold. Losses of an actor and its critic and the like, which tell
    nothing by their level, are named. Not judged: a run in its first epoch, since Keras writes its
    first scalars at the end of an epoch, and a run that an exception ended before its first step.

    ## How to fix it
    ```python
    model.fit(x, y, callbacks=[tb_zeroacc.ZeroAccuracyCallback(log_dir)])
    tf.summary.scalar("loss", loss, step=step)  # in a custom training loop
    ```

    ## Easily confused with
    ZA110 empty-input: there is nothing to log because no batch ever came; the recorded epochs
    separate the two.

    ## Sources
    tensorflow.org/tensorboard/scalars_and_keras. Measured on Keras 3.15: for an empty dataset
    keras.callbacks.TensorBoard writes no scalar at all.
    """
    run = context.run
    told = [c for c in run.curves if c.role in SIGNALS and len(c.series)]
    if told:
        return Passed(f"losses and metrics in the log: {len(told)}")
    if run.table("loss") is not None:
        return Passed("the loss of single batches is recorded")
    if run.end is not None and run.end.how == "exception" and run.end.step == 0:
        return NotApplicable("an exception ended the training before its first step")
    if is_unfinished(run) and not run.epochs:
        return CannotTell("no epoch has ended yet: losses are logged when one ends")
    evidence = Evidence.of_number("curves of a loss or metric", 0, at_least(1), unit="curves",
                                  member=run.members[0] if run.members else "")  # fmt: skip
    parts = [curve for curve in run.curves if curve.is_called_loss and len(curve.series)]
    if parts:
        named = " and ".join(f"`{curve.tag}`" for curve in parts[:SHOWN])
        return Flagged(
            summary=f"No loss in the log tells by its level whether the model learns: {named}.",
            context="Losses of networks that train against one another, or of an actor and its "
            "critic, are a balance: log a reward, or a score of what is generated.",
            evidence=(evidence,),
        )
    others = len(run.curves)
    held = f"only {count(others, 'other curve')}" if others else "no scalar at all"
    return Flagged(
        summary=f"The log holds no loss and no metric: {held}.",
        context="Without either, nobody can tell whether the model learns.",
        evidence=(evidence,),
    )
