"""Bars of a few counted or measured things: batches an epoch, the parts of a step, of a loss."""

from __future__ import annotations

import math

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.steps_taken import counted_epochs
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.model.samples import known_median, settled
from tb_zeroacc.picturing.bars import MOST_BARS, bars_of, beyond
from tb_zeroacc.picturing.facts_of import Told, fact_about, output_meant
from tb_zeroacc.picturing.rows import some_of
from tb_zeroacc.run import Run
from tb_zeroacc.wire.evidence import Bars

FIRST = 10  # samples that stand for the beginning


def epoch_batches(told: Told, run: Run) -> Bars | None:
    """How many batches each epoch trained on."""
    epochs = counted_epochs(run)
    batches = [float(epoch.batches or 0) for epoch in epochs]
    fact = fact_about(told, batches, unit="batches")
    wrong = beyond(fact, batches)
    places = some_of(range(len(epochs)), MOST_BARS, wrong)
    return bars_of(
        "Batches of each epoch", "epoch", [str(epochs[n].epoch) for n in places],
        [("", [batches[n] for n in places])], fact=fact, unit="batches",
        wrong=[at for at, n in enumerate(places) if wrong[n]], left_out=len(epochs) - len(places),
    )  # fmt: skip


def waiting(told: Told, run: Run) -> Bars | None:
    """What a step's time goes to, medians over all samples but the first."""
    table = run.table("progress", "data_wait_seconds", "seconds_per_step")
    if table is None:
        return None
    wait = known_median(table.column("data_wait_seconds")[1:, 0])
    step = known_median(table.column("seconds_per_step")[1:, 0])
    if not math.isfinite(wait) or not math.isfinite(step):
        return None
    parts = ["waiting for data", "computing"]
    values = [wait, max(0.0, step - wait)]
    return bars_of("What a step's time goes to", "part", parts, [("", values)], wrong=[0],
                   unit="seconds")  # fmt: skip


def output_spreads(told: Told, run: Run) -> Bars | None:
    """How much the outputs differ over each sampled batch, against what would be enough."""
    table, output = run.table("outputs", "spread"), output_meant(told, run)
    row = None if table is None or output is None else output_row(table, output.name)
    if table is None or row is None:
        return None
    spread = table.column("spread")[:, row]
    least = (fact for fact in told.evidence if fact.healthy == "at least")
    fact = fact_about(told, spread.tolist()) or next(least, None)
    wrong = beyond(fact, spread.tolist())
    if not any(wrong):
        return None  # it is of other outputs: in inference, say
    places = some_of(range(len(table)), MOST_BARS, wrong)
    return bars_of(
        "How much the outputs differ over a batch", "step",
        [str(table.steps[n]) for n in places], [("", spread[places].tolist())],
        wrong=[at for at, n in enumerate(places) if wrong[n]], fact=fact,
        left_out=len(table) - len(places), may_be_log=True,
    )  # fmt: skip


def loss_parts(told: Told, run: Run) -> Bars | None:
    """The loss of the data beside the penalty, medians of the first and of the last samples."""
    table = run.table("loss", "data_loss", "penalty")
    if table is None:
        return None
    parts = [("penalty", "penalty"), ("loss of the data", "data_loss")]
    columns = [(name, table.column(column)[:, :1]) for name, column in parts]
    drawn = [(name, [known_median(c[:FIRST, 0]), float(settled(c)[0])]) for name, c in columns]
    penalty, data = (np.array(values) for _, values in drawn)
    if not (penalty > 0).any():
        return None
    # A penalty that outweighs the data is wrong where it does; else it is the one that has gone.
    wrong = np.flatnonzero(penalty > data).tolist() or [1]
    return bars_of("The parts of the loss", "samples", ["first samples", "last samples"], drawn,
                   wrong=wrong)  # fmt: skip
