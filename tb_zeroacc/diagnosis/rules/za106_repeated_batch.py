"""ZA106: batches that never change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
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
    at_most,
)
from tb_zeroacc.diagnosis.computed.data.inputs import EQUAL
from tb_zeroacc.diagnosis.computed.learning.failing_validation import held_out
from tb_zeroacc.diagnosis.computed.learning.steps_taken import counted_epochs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import BATCH, PROGRESS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, percent

OVERFLOWING = 1e37  # near the end of float32's range sums are infinite, and values were clipped
IN_A_ROW = 3  # two equal batches may be chance in tiny data, three are not
MOSTLY = 0.9  # of all consecutive samples: a generator that is stuck repeats itself throughout


@rule(
    "ZA106",
    "repeated-batch",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.BATCH_PRINTS,
    healthy="Batches differ from one another",
    needs=(BATCH, PROGRESS),
    explains=("ZA404", "ZA605", "ZA704", "ZA705"),
    fix=Fix(
        "Let the generator yield a new batch each time, and restart only when all were used.",
        "- batch = next(iter(dataset))\n"
        "- while True:\n"
        "-     yield batch\n"
        "+ while True:\n"
        "+     yield from dataset",
    ),
)
def repeated_batch(context: RunContext) -> Answer:
    """The generator yields the same batch again and again.

    ## What it means
    `next(iter(dataset))` inside a loop starts from the beginning each time, and so does an index
    that is never advanced: every step gets the same examples.

    ## Why accuracy suffers
    The model sees one batch of the whole data set. It memorises that batch and knows nothing of the
    rest.

    ## How it is detected
    Two sums over each sampled batch, weighted by position, are its fingerprint. The first 20 steps
    are all sampled; only samples one step apart and in the same epoch are compared. Three batches
    in a row must agree to 1e-6 of their size, and so must 90 % of all such pairs: one batch that
    comes twice is no fault. Full-batch training has one batch per epoch and so no pairs. A smell
    once the run beats its baseline, as when one batch is overfitted deliberately, unless validation
    fails: it ends at twice the training loss and does not beat a constant prediction.

    ## How to fix it
    ```python
    while True:
        yield from dataset
    ```

    ## Easily confused with
    ZA102 input-all-zero: such batches are equal too. ZA105 constant-features: all examples are the
    same, and labels are read on and on. ZA605 overfits: it follows here. ZA705
    stopped-too-early: the loss of a single batch can fall for long.

    ## Sources
    karpathy.github.io/2019/04/25/recipe ("overfit one batch": deliberately);
    stackoverflow.com/q/46136553. The threshold is the rounding of float32 sums, 1e-7 relative.
    """
    table = context.given(BATCH)
    if _one_batch_an_epoch(context.run):
        return NotApplicable("an epoch is a single batch")
    pairs, same = _neighbours(table)
    if not pairs.any():
        return CannotTell("no two consecutive batches of one epoch were sampled")
    streak = _longest(same) + 1
    share = float(same.sum() / pairs.sum())
    said = f"{percent(share)} of {count(int(pairs.sum()), 'pair')} of consecutive batches are equal"
    if streak < IN_A_ROW or share < MOSTLY:
        return Passed(said)
    fails = _fails_elsewhere(context)
    first = int(np.flatnonzero(same)[0])
    since, until = int(table.steps[first]), int(table.steps[np.flatnonzero(same)[-1] + 1])
    return Flagged(
        summary=f"The same batch came {streak} times in a row.",
        context=f"{said[0].upper()}{said[1:]}: the model sees no other examples.",
        evidence=(
            Evidence.of_table("equal batches in a row", table, streak, at_most(IN_A_ROW - 1),
                              unit="batches", since=since, until=until),
            Evidence.of_table("pairs of consecutive batches that are equal", table, share,
                              at_most(MOSTLY), unit="share", since=since, until=until),
            *loss_shown(context.run, since),
        ),
        tier=Tier.SMELL if context.beats and not fails else None,
        since=since,
    )  # fmt: skip


def _fails_elsewhere(context: RunContext) -> bool:
    """Whether validation shows that nothing but this batch was learned."""
    held = held_out(context.run, context.final_loss, context.baseline.loss)
    return held is not None and held.fails


def _one_batch_an_epoch(run: Run) -> bool:
    table = run.table("progress")
    known = table.column("steps_per_epoch")[:, 0] if table else np.array([])
    known = known[np.isfinite(known)]
    ended = [epoch.batches or 0 for epoch in counted_epochs(run)]
    return bool(len(known) and (known <= 1).all()) or bool(ended and max(ended) <= 1)


def _neighbours(table: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which samples are followed by their next step of the same epoch, and by an equal batch."""
    pairs = (np.diff(table.steps) == 1) & (np.diff(table.epochs) == 0) & (table.epochs[1:] >= 0)
    prints = np.stack([table.column("fingerprint_1"), table.column("fingerprint_2")])
    size = np.abs(prints).max(axis=0)  # (samples, rows): one of the two may cancel to nearly 0
    known = (size < OVERFLOWING).all(axis=1)
    pairs &= known[1:] & known[:-1]
    with np.errstate(invalid="ignore"):
        gap = np.abs(np.diff(prints, axis=1)).max(axis=0)
    equal = gap <= EQUAL * np.maximum(size[1:], size[:-1])
    alike = equal & (np.diff(table.column("examples"), axis=0) == 0)
    return pairs, pairs & alike.all(axis=1)


def _longest(same: NDArray[np.bool_]) -> int:
    best = run = 0
    for value in same:
        run = run + 1 if value else 0
        best = max(best, run)
    return best
