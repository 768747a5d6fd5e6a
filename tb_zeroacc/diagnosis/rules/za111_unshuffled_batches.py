"""ZA111: batches of one class each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from tb_zeroacc.diagnosis.computed.learning.failing_validation import held_out
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LABEL_COUNTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import percent

TEXT = (
    "Shuffle the examples before they are batched, with a buffer as large as the data set."
)
PURE = 0.95  # share of a batch's largest class, median over batches. Sorted data 1, shuffled .19
SPREAD = 0.6  # of all examples: with one class in most of them batches are pure by chance
STAYS = 0.6  # of pairs of batches in a row share their class; real and fake in turn never do
FEWEST_EXAMPLES, FEWEST_BATCHES, FEWEST_PAIRS = 8, 10, 5


@dataclass(frozen=True, slots=True)
class _Order:
    """How the classes of one output lie in the sampled batches.

    Attributes:
        purity: Share of the largest class in a batch, median over batches.
        majority: Share of the largest class over all batches.
        stays: Share of the pairs of batches one step apart whose largest class is the same.
        pairs: How many such pairs there are.
    """

    purity: float
    majority: float
    stays: float
    pairs: int

    @property
    def is_pure(self) -> bool:
        """Whether there are several classes, and a batch holds one of them."""
        return self.purity >= PURE and self.majority <= SPREAD


@rule(
    "ZA111",
    "unshuffled-batches",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.CLASSES_BY_BATCH,
    healthy="Batches mix the classes",
    needs=(LABEL_COUNTS,),
    explains=(
        "ZA403", "ZA404", "ZA508", "ZA509", "ZA605", "ZA613", "ZA701", "ZA704", "ZA705", "ZA706",
        "ZA709", "ZA804",
    ),
    fix=Fix(
        TEXT,
        "dataset = dataset.shuffle(len(x)).batch(32)",
    ),
)
def unshuffled_batches(context: RunContext) -> Answer:
    """The examples come sorted by class: each batch holds one class only.

    ## What it means
    The files lie in one folder a class and are read in that order; `shuffle=False`, a dataset that
    is not shuffled, or a shuffle buffer that is smaller than a class.

    ## Why accuracy suffers
    Within a stretch of one class the best answer is always that class. The model learns it, forgets
    the one before, and ends with the class that came last. The training loss looks good meanwhile,
    for each batch is like the one before it.

    ## How it is detected
    Per sampled batch of 8 examples or more, the share of its largest class. The median over at
    least 10 batches is 95 % or more, while over all of them no class has more than 60 %; and of
    batches one step apart at least 60 % have the same largest class: those of a GAN, real and fake
    in turn, have not. Measured: 100 % in sorted data, 19 % in shuffled digits. Passed where
    validation beats its baseline. A smell where only training does, which proves nothing here.

    ## How to fix it
    ```python
    dataset = dataset.shuffle(len(x)).batch(32)
    ```

    ## Easily confused with
    ZA202 constant-labels: there is one class in all batches. ZA205 validation-classes-unseen: what
    `validation_split` makes of sorted data. ZA709 noisy-training: how such a loss looks.

    ## Sources
    developers.google.com/machine-learning (shuffle before batching); stackoverflow.com/q/44124376.
    Margins measured on digits and breast cancer, Keras 3.15.
    """
    table = context.given(LABEL_COUNTS)
    known = [(o, _order(table, o)) for o in trained_outputs(context.run)]
    orders = [(output, order) for output, order in known if order is not None]
    if not orders:
        return CannotTell(f"fewer than {FEWEST_BATCHES} batches with classes are on record")
    output, order = max(orders, key=lambda each: each[1].purity)
    said = (
        f"a typical batch has {percent(order.purity)} of one class, all together "
        f"{percent(order.majority)}"
    )
    if not order.is_pure:
        return Passed(said)
    if order.pairs < FEWEST_PAIRS:
        return CannotTell(f"{said}, but too few batches in a row were sampled")
    if order.stays < STAYS:
        return Passed(f"{said}, but batches of different classes take turns")
    held = held_out(context.run, context.final_loss, context.baseline.loss)
    if held is not None and held.beats:
        return Passed(f"{said}, but validation beats its baseline")
    if held is None and context.beats is None:
        return NotApplicable(f"{said}; what a constant prediction would score is not known")
    return Flagged(
        summary=f"The examples are sorted by class: {percent(order.purity)} of a typical batch are "
        "of one class.",
        context=f"Over all sampled batches the largest class has {percent(order.majority)}.",
        evidence=(
            Evidence.of_table(f"share of the largest class in a batch of `{output.name}`, median",
                              table, order.purity, at_most(PURE), unit="share"),
            Evidence.of_table("share of the largest class over all batches", table,
                              order.majority, unit="share"),
            Evidence.of_table("batches whose largest class is that of the batch before", table,
                              order.stays, at_most(STAYS), unit="share"),
        ),
        tier=Tier.SMELL if held is None and context.beats else None,
        since=int(table.steps[0]),
        fix=_fix(context.run, table, output),
    )  # fmt: skip


def _fix(run: Run, table: Table, output: Output) -> Fix | None:
    """Of arrays `fit` shuffles itself, unless it is told not to; None where neither is known."""
    fit = run.contract.fit if run.contract is not None else None
    row = output_row(table, output.name)
    if fit is None or row is None or fit.from_arrays is None:
        return None
    if fit.from_arrays:
        return Fix(
            "Let `fit` shuffle the examples.",
            "- model.fit(x, y, shuffle=False)\n+ model.fit(x, y, shuffle=True)",
        )
    batch = int(np.nanmax(np.nansum(table.values[:, row, :], axis=1)))
    examples = batch * fit.steps_per_epoch if fit.steps_per_epoch else 10_000
    return Fix(TEXT, f"+ dataset = dataset.unbatch().shuffle({examples}).batch({batch})")


def _order(table: Table, output: Output) -> _Order | None:
    """The order of an output's classes; None where too little is on record."""
    row = output_row(table, output.name)
    if row is None:
        return None
    counts = np.nan_to_num(table.values[:, row, :].astype(np.float64))
    sizes = counts.sum(axis=1)
    large = sizes >= FEWEST_EXAMPLES
    if large.sum() < FEWEST_BATCHES:
        return None
    largest = counts.argmax(axis=1)
    apart = (np.diff(table.steps) == 1) & large[1:] & large[:-1]
    same = apart & (largest[1:] == largest[:-1])
    pooled = counts[large].sum(axis=0)
    return _Order(
        float(np.median(counts[large].max(axis=1) / sizes[large])),
        float(pooled.max() / pooled.sum()),
        float(same.sum() / max(1, apart.sum())),
        int(apart.sum()),
    )
