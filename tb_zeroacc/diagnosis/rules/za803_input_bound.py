"""ZA803: steps that wait for data."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import PROGRESS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.wording import number, percent

WAITS = 0.5  # of a step
# Seconds. In small programs nearly all of a step is the handing over of its batch: up to .019 s on
# a machine that is busy otherwise (measured). This loses a minute in 1 200 steps.
FELT = 0.05
FEWEST_SAMPLES = 10


@rule(
    "ZA803",
    "input-bound",
    Tier.SMELL,
    Stage.INPUT,
    motif=Motif.WAITING,
    healthy="Data arrive in time",
    needs=(PROGRESS,),
    outcome=Outcome.LEARNING,
    fix=Fix(
        "Prepare batches while the model trains.",
        "dataset = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)\n"
        "dataset = dataset.batch(32).prefetch(tf.data.AUTOTUNE)",
    ),
)
def input_bound(context: RunContext) -> Answer:
    """Most of the time of a step is spent waiting for its data.

    ## What it means
    The input pipeline hands out batches more slowly than the model takes them: files are read one
    by one, pictures are decoded in Python, nothing is prepared ahead.

    ## Why accuracy suffers
    It does not, but in the same time the model takes fewer steps: training is often stopped before
    it is done.

    ## How it is detected
    The median wait for a batch over the samples, behind the first one, is 50 ms or more, and half
    or more of the typical duration of a step; with at least 10 samples. Under 50 ms nothing is
    said: in small programs handing over the batch is most of a step (19 ms on a busy machine).

    ## How to fix it
    ```python
    dataset = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.cache().batch(32).prefetch(tf.data.AUTOTUNE)
    ```
    For a `PyDataset`: `workers=4, use_multiprocessing=True`.

    ## Easily confused with
    ZA801 eta-always-zero: there the data run dry. ZA802 stalled: there nothing comes at all.

    ## Sources
    tensorflow.org/guide/data_performance. Margins measured on Keras 3.15.
    """
    table = context.given(PROGRESS)
    waits = table.column("data_wait_seconds")[1:, 0]
    waits = waits[np.isfinite(waits)]
    durations = table.column("seconds_per_step")[:, 0]
    if len(waits) < FEWEST_SAMPLES or not np.isfinite(durations).any():
        return CannotTell(f"fewer than {FEWEST_SAMPLES} samples say how long a step waited")
    wait, duration = float(np.median(waits)), float(np.nanmedian(durations))
    share = min(1.0, wait / duration) if duration > 0 else 0.0
    said = f"a step waits {number(1000 * wait)} ms for its data, {percent(share)} of its time"
    if share < WAITS:
        return Passed(said)
    if wait < FELT:
        return Passed(f"{said}: too little to matter")
    return Flagged(
        summary=f"Training waits for data: {percent(share)} of the time of a step, "
        f"{number(wait)} s.",
        context=f"In {number(steps_taken(context.run))} steps that is about "
        f"{number(wait * steps_taken(context.run))} s.",
        evidence=(
            Evidence.of_table("share of a step spent waiting for data", table, share,
                              at_most(WAITS), unit="share"),
            Evidence.of_table("wait for a batch, median", table, wait, at_most(FELT),
                              unit="seconds"),
        ),
        since=int(table.steps[0]),
    )  # fmt: skip
