"""ZA509: a model that outputs the same for every input."""

from __future__ import annotations

import math

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
    at_least,
)
from tb_zeroacc.diagnosis.computed.model.outputs import output_row
from tb_zeroacc.diagnosis.computed.model.samples import lasting_since, settled
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import OUTPUTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

# Spread of the output over a batch ÷ spread of the labels. A healthy model starts at .1 to 1 and a
# useful one must come near 1; a thousandth is what rounding and a vanishing signal leave.
CONSTANT = 1e-3
FEWEST_STEPS = 10  # a last layer of zeros has constant outputs until its first updates


@rule(
    "ZA509",
    "constant-output",
    Tier.STRONG,
    Stage.OUTPUT,
    needs=(OUTPUTS,),
    explains=("ZA403", "ZA404", "ZA702", "ZA704"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Follow a batch through the layers and find the one after which all examples look alike.",
        "for layer in model.layers:\n    x = layer(x)\n"
        "    print(layer.name, keras.ops.std(x, axis=0))",
    ),
)
def constant_output(context: RunContext) -> Answer:
    """The model outputs the same for every input.

    ## What it means
    Within one batch of different examples the outputs do not differ. Somewhere in the model the
    input is lost: dead or saturated units, zero weights, a constant activation.

    ## Why accuracy suffers
    A constant prediction is right as often as its class occurs; for a regression the best constant
    is the mean.

    ## How it is detected
    The standard deviation of the outputs over the batch, averaged over the units, divided by that
    of the labels (classes: that of a share of one in k; logits: 1). The median over the last
    samples must be under a thousandth. Healthy models start between .1 and 1, so a thousandth is
    what rounding and a vanishing signal leave. Not judged: batches of one example, and fewer than
    10 steps, since a last layer of zeros has constant outputs at first. Muted once the run beats
    its baseline.

    ## How to fix it
    ```python
    for layer in model.layers:
        x = layer(x)
        print(layer.name, keras.ops.std(x, axis=0))
    ```
    This shows the layer after which all examples look alike.

    ## Easily confused with
    ZA404 predicts-one-class: there the outputs differ, but the largest is always the same. ZA102
    input-all-zero: there the inputs do not differ either.

    ## Sources
    karpathy.github.io/2019/04/25/recipe (input-independent baseline); docs.aws.amazon.com/sagemaker
    (Debugger's UnchangedTensor). The threshold is this rule's own: a thousandth of the labels'
    spread.
    """
    table = context.given(OUTPUTS)
    if not (np.nan_to_num(table.column("examples")) > 1).any():
        return NotApplicable("batches of one example have no spread")
    spread = table.column("spread")
    relative = spread / np.array([_scale(context.run, name) for name in table.rows])
    ends = settled(relative)
    if not np.isfinite(ends).any():
        return CannotTell("the spread of the outputs is not recorded")
    row = int(np.nanargmin(ends))
    said = f"the spread of the outputs is {number(float(ends[row]))} of that of the labels"
    if ends[row] >= CONSTANT:
        return Passed(said)
    if table.steps[-1] - table.steps[0] < FEWEST_STEPS:
        return CannotTell(f"fewer than {FEWEST_STEPS} steps: {said} so far", is_suspicion=True)
    return _flagged(context.run, table, row, spread, relative)


def _scale(run: Run, output: str) -> float:
    """The spread that the outputs of a useful model would have, in the unit of the output."""
    outputs = run.contract.outputs if run.contract else ()
    only = outputs[0] if len(outputs) == 1 else None
    known = next((o for o in outputs if o.name == output), only)
    if known is not None and known.activation in ("sigmoid", "softmax"):
        share = 1.0 / max(known.units or 2, 2)
        return math.sqrt(share * (1.0 - share))
    labels = run.table("labels")
    row = output_row(labels, output)
    if known is not None and known.from_logits is None and labels is not None and row is not None:
        std = float(np.nanmedian(labels.column("std")[:, row]))
        if std > 0:
            return std
    return 1.0


def _flagged(
    run: Run,
    table: Table,
    row: int,
    spread: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    relative: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Flagged:
    scale = _scale(run, table.rows[row])
    last = float(settled(spread)[row])
    onset = lasting_since(np.nan_to_num(relative[:, row], nan=np.inf) < CONSTANT)
    since = int(table.steps[-1 if onset is None else onset])
    examples = int(np.nanmedian(table.column("examples")[:, row]))
    says = float(settled(table.column("mean"))[row])
    return Flagged(
        summary=f"The model outputs the same for every input: the spread is {number(last)}.",
        context=f"That is the standard deviation over a batch of {examples} examples, around a "
        f"mean of {number(says)}.",
        evidence=(
            Evidence.of_table("spread of the outputs over a batch, last samples", table, last,
                              at_least(CONSTANT * scale), layer=table.rows[row], since=since,
                              until=int(table.steps[-1])),
        ),
        since=since,
    )
