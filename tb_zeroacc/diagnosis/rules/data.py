"""ZA101 and ZA102: inputs that hold no usable value, not finite or all alike."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    Mend,
    Passed,
    Stage,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.fed import listed, loss_shown
from tb_zeroacc.diagnosis.inside import fact
from tb_zeroacc.diagnosis.needs import INPUTS
from tb_zeroacc.diagnosis.prior import Case
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, number, percent

FEWEST_SAMPLES = 3  # one or two batches without content may be the odd ones out


@rule(
    "ZA101",
    "input-not-finite",
    Tier.DEFINITE,
    Stage.INPUT,
    needs=(INPUTS,),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504", "ZA505", "ZA506", "ZA507", "ZA509",
        "ZA510", "ZA602", "ZA702", "ZA703", "ZA704", "ZA705", "ZA706", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    mend=Mend(
        "Find the rows that are not finite, then drop them or fill them in before training.",
        "+ good = np.isfinite(x).all(axis=1)\n"
        "- model.fit(x, y)\n"
        "+ model.fit(x[good], y[good])",
    ),
)  # fmt: skip
def input_not_finite(case: Case) -> Answer:
    """There are NaNs or infinities among the inputs.

    ## What it means
    A value that is no number came in: an empty cell of a table, a division by 0, a sensor's gap.

    ## Why accuracy suffers
    One NaN makes the loss of its batch NaN, the loss makes every gradient NaN, and one update
    later every weight is NaN for good. From then on the model predicts nothing.

    ## How it is detected
    The number of non-finite values in each sampled batch of inputs, exactly; more than none is the
    fault. The loss of every step is watched, and the step whose loss is the first non-finite one
    is always sampled, so that its batch is looked at too: one NaN among 115 008 values is found in
    the very step that it breaks. Where the loss stays finite and the run beats its prior all the
    same, something in the model fills the gaps: a smell only.

    ## How to mend it
    ```python
    good = np.isfinite(x).all(axis=1)
    model.fit(x[good], y[good])
    x = np.nan_to_num(x)  # or fill the gaps, where 0 means "unknown"
    ```

    ## Easily confused with
    ZA501 loss-not-finite: its consequence here; with finite inputs the numbers broke inside.
    ZA211 labels-not-finite: the same among the labels.

    ## Sources
    stackoverflow.com/q/53640858; cs231n.github.io/neural-networks-3 (babysitting). Measured on
    Keras 3.15: the loss is NaN in the same step, the weights before it are finite.
    """
    table = case.run.table("inputs")
    assert table is not None
    bad = np.nan_to_num(table.column("non_finite_count"))
    if not bad.any():
        return Passed(f"every value is finite in {count(len(table), 'sample')} of the inputs")
    sample = int(np.flatnonzero(bad.any(axis=1))[0])
    rows = [int(r) for r in np.argsort(-bad.max(axis=0), kind="stable") if bad[:, r].any()]
    return _not_finite(case, table, sample, rows)


def _not_finite(case: Case, table: Table, sample: int, rows: list[int]) -> Flagged:
    run, step = case.run, int(table.steps[sample])
    bad = np.nan_to_num(table.column("non_finite_count"))
    total = float(bad[sample].sum())
    size = float(np.nansum(table.column("count")[sample]))
    last = int(table.steps[np.flatnonzero(bad.any(axis=1))[-1]])
    survived = bool(case.beats) and case.final_loss is not None and np.isfinite(case.final_loss)
    shares = tuple(
        fact(run, f"values of `{table.rows[r]}` that are not finite", bad[:, r].max(), 0.0,
             "above", unit="values", layer=table.rows[r], since=step, until=last)
        for r in rows[:3]
    )  # fmt: skip
    held = f"{count(int(total), 'value')} of {int(size)}" if size else count(int(total), "value")
    are = "is" if total == 1 else "are"
    return Flagged(
        summary=f"{held} fed to the model at step {step} {are} not finite.",
        context=f"They stand in {listed([table.rows[r] for r in rows])}; "
        f"{int(bad.any(axis=1).sum())} of {len(table)} sampled batches held any.",
        evidence=(*shares, *loss_shown(run, step)),
        counter_evidence=_learned(case) if survived else (),
        tier=Tier.SMELL if survived else None,
        since=step,
    )


def _learned(case: Case) -> tuple[Evidence, ...]:
    assert case.final_loss is not None
    return (Evidence("the loss is finite and beats its prior", case.final_loss, case.prior.loss,
                     "below"),)  # fmt: skip


@rule(
    "ZA102",
    "input-all-zero",
    Tier.DEFINITE,
    Stage.INPUT,
    needs=(INPUTS,),
    explains=(
        "ZA105", "ZA106", "ZA403", "ZA404", "ZA503", "ZA504", "ZA509", "ZA510", "ZA702", "ZA704",
        "ZA705", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    mend=Mend(
        "Print one batch as the model gets it, and go back through the pipeline to the step after "
        "which the values are gone.",
        "x, y = next(iter(dataset))\nprint(x.dtype, x.shape, x.numpy().min(), x.numpy().max())",
    ),
)  # fmt: skip
def input_all_zero(case: Case) -> Answer:
    """Every value fed to the model is zero, or one and the same constant.

    ## What it means
    The pipeline hands over arrays of the right shape with nothing in them: a buffer that was never
    filled, a path that was not found, pixels divided by 255 twice as integers.

    ## Why accuracy suffers
    All examples look the same. The model can learn one answer for all of them, the largest class
    at best. Where the labels are constant too, accuracy may even be 1.0 and mean nothing.

    ## How it is detected
    In every sampled batch the zero share of the whole batch is 1, or its standard deviation over
    batch and features is 0 (smallest and largest value are the same). Exact; 3 samples at least.
    One feature that is constant within each batch but differs between batches is sorted data and
    passes. Digits, mostly background, are 49 % zeros.

    ## How to mend it
    ```python
    x, y = next(iter(dataset))
    print(x.dtype, x.shape, x.numpy().min(), x.numpy().max())
    ```
    Look first for integer division and casts: `(image / 255).astype("uint8")` is all 0.

    ## Easily confused with
    ZA504 dead-relu-units and ZA509 constant-output: both follow from such inputs; with inputs
    that vary they are faults of the model. ZA105 constant-features: only some columns are.

    ## Sources
    stackoverflow.com/q/53654594; karpathy.github.io/2019/04/25/recipe ("visualize just before the
    net"). Measured on Keras 3.15: zero share 1.0 against .49 in digits.
    """
    table = case.run.table("inputs")
    assert table is not None
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
        share = float(np.nanmean(zero[known]))
        return Passed(f"the inputs vary; {percent(share)} of their values are 0")
    if int(known.sum()) < FEWEST_SAMPLES:
        return CannotTell(f"the inputs are all alike in {count(int(known.sum()), 'sample')}, "
                          f"too few (fewer than {FEWEST_SAMPLES})")
    return _constant(case.run, table, zeros, float(smallest[0]), everywhere)


def _constant(run: Run, table: Table, zeros: bool, value: float, everywhere: bool) -> Flagged:
    first, last = int(table.steps[0]), int(table.steps[-1])
    size = int(np.nan_to_num(table.column("count")[0]).sum())
    same = "0" if zeros else number(value)
    what = f"is {same}" if zeros or everywhere else "is the same within its batch"
    shown = (
        fact(run, "share of zeros in a batch, all samples", 1.0, 1.0, "equal", unit="share",
             tag="zeroacc/input_zero_share", since=first, until=last)
        if zeros
        else fact(run, "standard deviation over batch and features", 0.0, 0.0, "equal",
                  tag="zeroacc/input_std", since=first, until=last)
    )  # fmt: skip
    return Flagged(
        summary=f"Every input {what} in all {len(table)} sampled batches.",
        context=f"The first one held {count(size, 'value')}: all examples look the same "
        "to the model.",
        evidence=(shown, *loss_shown(run, first)),
        since=first,
    )
