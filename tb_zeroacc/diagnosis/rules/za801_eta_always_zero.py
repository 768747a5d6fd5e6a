"""ZA801: a progress bar that shows no time left."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.unrecorded import unknown_counts
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.forecast.remaining import remaining, step_seconds
from tb_zeroacc.diagnosis.computed.learning.ending import breaks_off
from tb_zeroacc.diagnosis.computed.learning.steps_taken import counted_epochs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import EPOCHS, PROGRESS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count, number


@rule(
    "ZA801",
    "eta-always-zero",
    Tier.SMELL,
    Stage.UPDATE,
    motif=Motif.EPOCH_BATCHES,
    healthy="An epoch has several batches",
    needs=((EPOCHS, PROGRESS),),
    outcome=Outcome.LEARNING,
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Use smaller batches, so that an epoch has many updates.",
        "- model.fit(x, y, batch_size=len(x))\n+ model.fit(x, y, batch_size=32)",
    ),
)
def eta_always_zero(context: RunContext) -> Answer:
    """The progress bar shows an ETA of 0 because an epoch has no batch, or only one.

    ## What it means
    Keras' ETA is that of the current epoch. With no batch there is nothing to wait for; with one
    the epoch ends as soon as its first time is known.

    ## Why accuracy suffers
    An epoch without batches trains on nothing. An epoch of one batch is one update: ten epochs are
    ten updates, too few for almost any model.

    ## How it is detected
    The number of batches of each epoch, counted. An epoch with none, or all epochs with one, muted
    once the run beats its baseline: full-batch training for hundreds of epochs is fine. No
    threshold: the counts are exact.

    ## How to fix it
    ```python
    model.fit(x, y, batch_size=32)
    ```
    Or train for many more epochs. For an empty dataset check its filters.

    ## Easily confused with
    ZA110 empty-input: the cause where an epoch has no batch. ZA705 stopped-too-early: what one
    update per epoch leads to.

    ## Sources
    keras.io/api/models/model_training_apis (progress bar of fit); github.com/fizyr/keras-retinanet
    issue 1449; stackoverflow.com/q/59864408. Measured on Keras 3.15: an empty dataset shows
    "0/Unknown", one step an epoch "0s".
    """
    epochs = counted_epochs(context.run)
    if not epochs:
        return CannotTell(unknown_counts(context.run) + _true_eta(context.run))
    empty = [epoch for epoch in epochs if epoch.batches == 0]
    if empty:
        return _empty(epochs, empty)
    if all(epoch.batches == 1 for epoch in epochs):
        if breaks_off(context.run) and not context.beats:
            return NotApplicable("one batch per epoch, but the record breaks off")
        return _single(context.run, epochs)
    typical = int(np.median([epoch.batches or 0 for epoch in epochs]))
    return Passed(f"{count(typical, 'batch')} per epoch"
                  f"{_true_eta(context.run)}")


def _true_eta(run: Run) -> str:
    """What the bar does not show: the time to the end of training."""
    seconds = step_seconds(run)
    if not len(seconds):
        return ""
    said = f"; a step takes {number(float(np.median(seconds)))} s"
    left = remaining(run).seconds if run.state == "live" else None
    return said if left is None else f"{said}, so {number(left.middle)} s are left in total"


def _empty(epochs: list[Epoch], empty: list[Epoch]) -> Flagged:
    which = "No epoch" if len(empty) == len(epochs) else f"Epoch {empty[0].epoch + 1}"
    said = "has a batch" if len(empty) == len(epochs) else "has no batch"
    return Flagged(
        summary=f"The ETA is 0 because nothing is left to do: {which.lower()} {said}.",
        context=f"{len(empty)} of {count(len(epochs), 'epoch')} trained on nothing.",
        evidence=(
            Evidence.of_number("batches in the epoch", 0, at_least(1), unit="batches",
                               axis="epoch", since=empty[0].epoch, until=empty[-1].epoch),
        ),
        since=empty[0].step,
        is_mutable=False,
        fix=Fix(
            "Count what the dataset yields; look at its filters, and at generators that run dry.",
            "print(sum(1 for _ in dataset))",
        ),
    )


def _single(run: Run, epochs: list[Epoch]) -> Flagged:
    return Flagged(
        summary="The ETA is 0 because an epoch is one batch: "
        f"{count(len(epochs), 'update')} in all{_true_eta(run)}.",
        context="The progress bar counts the steps of one epoch.",
        evidence=(
            Evidence.of_number("batches per epoch", 1, unlike(1), unit="batches",
                               axis="epoch", since=epochs[0].epoch, until=epochs[-1].epoch),
        ),
        since=epochs[0].step,
    )
