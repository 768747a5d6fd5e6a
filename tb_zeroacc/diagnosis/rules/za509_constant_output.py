"""ZA509: a model that outputs the same for every input."""

from __future__ import annotations

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
from tb_zeroacc.diagnosis.computed.model.outputs import (
    CONSTANT,
    plainest_outputs,
    relative_spread,
    useful_spread,
)
from tb_zeroacc.diagnosis.computed.model.samples import known_median, lasting_since, settled
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import OUTPUTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

FEWEST_STEPS = 10  # a last layer of zeros has constant outputs until its first updates


@rule(
    "ZA509",
    "constant-output",
    Tier.STRONG,
    Stage.OUTPUT,
    motif=Motif.OUTPUT_SPREADS,
    healthy="The output depends on the input",
    step=Step.SANITY,
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
    samples must be under a thousandth. Validation's outputs are taken where there are any: dropout
    makes those of training differ. Batches whose labels are all alike are left out: there a good
    model says the same throughout. Healthy models start between .1 and 1, so a thousandth is what
    rounding and a vanishing signal leave. Not judged: batches of one example, and fewer than 10
    steps, since a last layer of zeros has constant outputs at first; nor what follows a weight that
    is NaN or infinite. Muted once the run beats its baseline.

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
    table = plainest_outputs(context.run) or context.given(OUTPUTS)
    if not (np.nan_to_num(table.column("examples")) > 1).any():
        return NotApplicable("batches of one example have no spread")
    relative = relative_spread(context.run, table)
    spread = np.where(np.isnan(relative), np.nan, table.column("spread"))
    ends = settled(relative)
    if not np.isfinite(ends).any():
        return CannotTell("no batch with different labels tells the spread of the outputs")
    row = int(np.nanargmin(ends))
    said = f"the spread of the outputs is {number(float(ends[row]))} of that of the labels"
    if ends[row] >= CONSTANT:
        return Passed(said)
    begun = min(table.steps[0], context.given(OUTPUTS).steps[0])
    if table.steps[-1] - begun < FEWEST_STEPS:
        return CannotTell(f"fewer than {FEWEST_STEPS} steps: {said} so far", is_suspicion=True)
    return _flagged(context.run, table, row, spread, relative)


def _flagged(
    run: Run,
    table: Table,
    row: int,
    spread: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    relative: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Flagged:
    scale = useful_spread(run, table.rows[row])
    last = float(settled(spread)[row])
    onset = lasting_since(np.nan_to_num(relative[:, row], nan=np.inf) < CONSTANT)
    since = int(table.steps[-1 if onset is None else onset])
    examples = int(known_median(table.column("examples")[:, row]))
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
