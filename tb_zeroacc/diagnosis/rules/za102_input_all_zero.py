"""ZA102: inputs that are all zero, or one constant."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    unlike,
)
from tb_zeroacc.diagnosis.computed.model.samples import known_mean
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import INPUTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, number, percent

FEWEST_SAMPLES = 3  # one or two batches without content may be the odd ones out


@rule(
    "ZA102",
    "input-all-zero",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.DATA_PATH,
    healthy="Inputs vary",
    needs=(INPUTS,),
    explains=(
        "ZA105", "ZA106", "ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA510", "ZA702", "ZA704",
        "ZA705", "ZA708", "ZA804",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Print one batch as the model gets it, and find the step of the pipeline that loses the "
        "values.",
        "x, y = next(iter(dataset))\nprint(x.dtype, x.shape, x.numpy().min(), x.numpy().max())",
    ),
)  # fmt: skip
def input_all_zero(context: RunContext) -> Answer:
    """All inputs are zero, or one constant.

    ## What it means
    The pipeline delivers arrays of the right shape without content: a buffer that was never filled,
    a path that was not found, pixels divided by 255 twice as integers.

    ## Why accuracy suffers
    All examples look the same. The model can learn one output for all of them, the largest class at
    best. Where the labels are constant too, accuracy may even be 1.0 and mean nothing.

    ## How it is detected
    In every sampled batch the zero share of the whole batch is 1, or its standard deviation over
    batch and features is 0 (smallest and largest value are the same). Exact; 3 samples at least.
    One feature that is constant within each batch but differs between batches is sorted data and
    passes. Digits, mostly background, are 49 % zeros.

    ## How to fix it
    ```python
    x, y = next(iter(dataset))
    print(x.dtype, x.shape, x.numpy().min(), x.numpy().max())
    ```
    Look first for integer division and casts: `(image / 255).astype("uint8")` is all 0.

    ## Easily confused with
    ZA504 dead-relu-units and ZA509 constant-output: both follow from such inputs; with varying
    inputs they are faults of the model. ZA105 constant-features: only some columns are.

    ## Sources
    stackoverflow.com/q/53654594; karpathy.github.io/2019/04/25/recipe ("visualize just before the
    net"). Measured on Keras 3.15: zero share 1.0 against .49 in digits.
    """
    table = context.given(INPUTS)
    zero = table.column("zero_share")
    low, high = table.column("min"), table.column("max")
    known = np.isfinite(low).all(axis=1) & np.isfinite(high).all(axis=1)
    if not known.any():
        return CannotTell("no sample of the inputs is finite")
    zeros = bool((zero[known] >= 1.0).all())
    smallest, largest = low[known].min(axis=1), high[known].max(axis=1)
    alike = bool((smallest == largest).all())
    everywhere = bool(smallest.min() == largest.max())
    several = len(table.rows) > 1 and bool((table.column("count")[known] >= 2).all())
    if not zeros and not (alike and (everywhere or several)):
        share = known_mean(zero[known])
        return Passed(f"the inputs vary; {percent(share)} of their values are 0")
    if int(known.sum()) < FEWEST_SAMPLES:
        return CannotTell(f"all inputs are equal, but in {count(int(known.sum()), 'sample')} only "
                          f"(at least {FEWEST_SAMPLES} are needed)")
    return _constant(context.run, table, zeros, float(smallest[0]), everywhere)


def _constant(run: Run, table: Table, zeros: bool, value: float, everywhere: bool) -> Flagged:
    first, last = int(table.steps[0]), int(table.steps[-1])
    size = int(np.nan_to_num(table.column("count")[0]).sum())
    same = "0" if zeros else number(value)
    what = f"Every input is {same}" if zeros or everywhere else "All inputs of a batch are equal,"
    shown = (
        Evidence.of_table("share of zeros in a batch, all samples", table, 1, unlike(1),
                          unit="share", since=first, until=last,
                          shown_by=run.curve("zeroacc/input_zero_share"))
        if zeros
        else Evidence.of_table("standard deviation over batch and features", table, 0, unlike(0),
                               since=first, until=last, shown_by=run.curve("zeroacc/input_std"))
    )  # fmt: skip
    return Flagged(
        summary=f"{what} in all {len(table)} sampled batches.",
        context=f"The first batch has {count(size, 'value')}; all examples look the same.",
        evidence=(shown, *loss_shown(run, first)),
        since=first,
    )
