"""ZA202: labels with a single value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
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
    unlike,
)
from tb_zeroacc.diagnosis.computed.data.labels import class_counts, labels_of
from tb_zeroacc.diagnosis.computed.learning.ending import is_unfinished
from tb_zeroacc.diagnosis.computed.model.loss_kinds import CLASS_LOSSES, REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, trained_outputs
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LABEL_COUNTS, LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Role, Run, Table
from tb_zeroacc.wording import count, number

# Pooled before one class is called the only one: of data with 1 % of another class 72 % of batches
# of 32 are pure (measured).
FEWEST_BATCHES = 3
FEWEST_EXAMPLES = 64


@rule(
    "ZA202",
    "constant-labels",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.CLASSES,
    healthy="Labels vary",
    needs=(CONTRACT, (LABELS, LABEL_COUNTS)),
    explains=("ZA203", "ZA311", "ZA403", "ZA404", "ZA509", "ZA702", "ZA704", "ZA705", "ZA804"),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Count the labels before training, and find out what made them all the same.",
        "print(np.unique(y, return_counts=True))",
    ),
)
def constant_labels(context: RunContext) -> Answer:
    """All labels are the same: there is one class only.

    ## What it means
    Every example carries the same label: a column that was never filled, a cast to integers that
    made all 0, a filter that kept one class.

    ## Why accuracy suffers
    There is nothing to distinguish. Accuracy is 1.0 from the first step and means nothing; on other
    data the model always predicts that class.

    ## How it is detected
    The distinct labels over all samples, pooled: only one, in at least 3 batches and 64 examples,
    and an epoch has ended. Pooled, because small batches of imbalanced data often hold one class:
    72 % of batches of 32 do where one in a hundred is another (measured). Only for losses that
    compare with labels: custom losses often get placeholders.

    ## How to fix it
    ```python
    print(np.unique(y, return_counts=True))
    ```

    ## Easily confused with
    ZA203 class-imbalance: other classes are rare, but present. ZA111 unshuffled-batches: each batch
    holds one class, but not the same one. ZA204 labels-truncated-to-zero: why they are all 0.

    ## Sources
    Measured on Keras 3.15 (accuracy 1.0 from the first step); stackoverflow.com/q/59325381 (labels
    scaled like pixels).
    """
    run = context.run
    outputs = [o for o in trained_outputs(run) if o.loss in CLASS_LOSSES | REGRESSION]
    if not outputs:
        return NotApplicable("the loss is not a standard one: its labels may be placeholders")
    found = [(o, seen) for o in outputs if (seen := _distinct(run, o)) is not None]
    if not found:
        return CannotTell("the values of the labels are not recorded")
    alike = [(o, seen, seen.only) for o, seen in found if seen.only is not None]
    if not alike:
        return Passed("the labels hold more than one value")
    output, seen, value = alike[0]
    said = f"one label value in {count(seen.examples, 'example')} so far"
    if len(seen.table) < FEWEST_BATCHES or seen.examples < FEWEST_EXAMPLES:
        return CannotTell(f"{said}, in {count(len(seen.table), 'batch')}: "
                          f"{FEWEST_BATCHES} batches and {FEWEST_EXAMPLES} examples are needed")
    if is_unfinished(run) and not run.epochs:
        return CannotTell(f"{said}; others may come before the epoch ends")
    return Flagged(
        summary=f"All labels are {number(value)}: there is nothing to learn.",
        context=f"Seen in {count(seen.examples, 'example')} of `{output.name}`, "
        f"{len(seen.table)} sampled batches.",
        evidence=(
            Evidence.of_table("share of the only label", seen.table, 1, unlike(1), unit="share",
                              layer=output.name, since=int(seen.table.steps[0]),
                              until=int(seen.table.steps[-1]),
                              shown_by=run.curve("zeroacc/label_majority_share")),
            *curve_shown(run, Role.ACCURACY, Role.LOSS),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Distinct:
    """The only label of an output, None where there are several, and what it was seen in."""

    only: float | None
    examples: int
    table: Table


def _distinct(run: Run, output: Output) -> _Distinct | None:
    """Whether an output's labels are all the same; None if unknown."""
    counts, table = class_counts(run, output.name), run.table("label_counts")
    row = output_row(table, output.name)
    if counts is not None and table is not None and row is not None:
        others = table.columns.index("other") if "other" in table.columns else None
        odd = 0.0 if others is None else float(np.nansum(table.values[:, row, others]))
        one = (counts > 0).sum() == 1 and not odd
        if (counts > 0).any():
            only = float(np.argmax(counts)) if one else None
            return _Distinct(only, int(counts.sum()), table)
    labels, table = labels_of(run, output), run.table("labels")
    if labels is None or table is None:
        return None
    only = labels.low if labels.low == labels.high else None
    return _Distinct(only, labels.examples, table)
