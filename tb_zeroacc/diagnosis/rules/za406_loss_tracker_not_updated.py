"""ZA406: a logged loss of 0, from a tracker that is never updated."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answers import Answer, Evidence, Fix, Flagged, Passed, Stage, Tier
from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import EPOCHS, STEP_LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.wording import number


@rule(
    "ZA406",
    "loss-tracker-not-updated",
    Tier.SMELL,
    Stage.LOSS,
    motif=Motif.EVIDENCE_TOGETHER,
    healthy="The logged loss is the loss of the steps",
    needs=(EPOCHS, STEP_LOSS),
    outcome=Outcome.LEARNING,
    fix=Fix(
        "Update Keras' loss tracker in `train_step`, and return the results of all trackers.",
        "+ for metric in self.metrics:\n"
        '+     if metric.name == "loss":\n'
        "+         metric.update_state(loss)  # the loss tracker\n"
        "+     else:\n"
        "+         metric.update_state(y, y_pred)\n"
        '- return {"loss": loss}\n'
        "+ return {metric.name: metric.result() for metric in self.metrics}",
    ),
)
def loss_tracker_not_updated(context: RunContext) -> Answer:
    """The logged loss is 0 in every epoch because its tracker is never updated.

    ## What it means
    A custom `train_step` returns `{"loss": loss}`. Keras reads only the names and logs the values
    of the trackers with these names, and the loss tracker is 0 until it is updated.

    ## Why accuracy suffers
    It does not. But the progress bar, the history, `EarlyStopping` and `ReduceLROnPlateau` all see
    a perfect loss that never changes, and readers believe that all is well.

    ## How it is detected
    The loss of an epoch is logged as exactly 0, while every sampled step of that epoch has a loss
    more than .001 away from 0. The mean of such losses is not 0, and values that float16 rounds to
    0 are smaller. Other differences do not count: a logged value is the mean of an epoch, a sample
    is one batch of it. Where it is found, all checks use the samples in place of the logged loss.

    ## How to fix it
    ```python
    for metric in self.metrics:  # in `train_step`
        if metric.name == "loss":
            metric.update_state(loss)
        else:
            metric.update_state(y, y_pred)
    return {metric.name: metric.result() for metric in self.metrics}
    ```
    A custom tracker works as well: `self.loss_tracker = keras.metrics.Mean(name="loss")`,
    `self.loss_tracker.update_state(loss)`, and return its `result()`.

    ## Easily confused with
    ZA110 empty-input: Keras logs a loss of 0 for an epoch without a batch as well, but then there
    are no samples. ZA301 softmax-on-one-unit: there the loss that is minimised is wrong, not its
    log.

    ## Sources
    keras.io/guides/custom_train_step_in_tensorflow. Measured on Keras 3.15: eight epochs logged
    as 0 with a true loss of 1.1.
    """
    run = context.run
    refuted = next((c for c in run.curves if c.refuted), None)
    if refuted is None:
        return Passed("no logged loss contradicts the sampled steps")
    table = context.given(STEP_LOSS)
    losses = table.column("loss")[:, 0]
    losses = losses[np.isfinite(losses)]
    return Flagged(
        summary=f"Keras logs a loss of 0, but the last sampled step has {number(losses[-1])}: the "
        "loss tracker is never updated.",
        context="The checks use the sampled steps; progress bar, history and callbacks see the 0.",
        evidence=(
            Evidence.of_curve("logged loss of the last epoch", refuted),
            Evidence.of_table("loss of the last sampled step", table, float(losses[-1]),
                              since=int(table.steps[0]), until=int(table.steps[-1]),
                              shown_by=run.curve(STEP_LOSS_TAG)),
        ),
        since=int(table.steps[0]),
    )  # fmt: skip
