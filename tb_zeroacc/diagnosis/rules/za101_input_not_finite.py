"""ZA101: inputs with NaN or Inf."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import INPUTS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Table
from tb_zeroacc.wording import count, listed


@rule(
    "ZA101",
    "input-not-finite",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.FIRST_BROKEN,
    healthy="Inputs are finite",
    needs=(INPUTS,),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504", "ZA505", "ZA506", "ZA507", "ZA509",
        "ZA510", "ZA602", "ZA702", "ZA703", "ZA704", "ZA705", "ZA706", "ZA708", "ZA804",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        "Find the rows with NaN or Inf, and drop or fill them before training.",
        "+ good = np.isfinite(x).all(axis=1)\n"
        "- model.fit(x, y)\n"
        "+ model.fit(x[good], y[good])",
    ),
)  # fmt: skip
def input_not_finite(context: RunContext) -> Answer:
    """Some inputs are NaN or Inf.

    ## What it means
    A missing or undefined value came in: an empty table cell, a division by 0, a gap in sensor
    data.

    ## Why accuracy suffers
    One NaN makes the loss of its batch NaN, the loss makes every gradient NaN, and after one update
    every weight stays NaN. From then on the model predicts NaN.

    ## How it is detected
    The number of NaN and Inf values in each sampled batch of inputs, exactly; any is a fault. The
    loss of every step is watched, and the step with the first NaN or Inf loss is always sampled:
    one NaN among 115 008 values is found in the step that it breaks. Where the loss stays finite
    and the run beats its baseline, something in the model fills the gaps: only a smell.

    ## How to fix it
    ```python
    good = np.isfinite(x).all(axis=1)
    model.fit(x[good], y[good])
    x = np.nan_to_num(x)  # or fill the gaps, where 0 means "unknown"
    ```

    ## Easily confused with
    ZA501 loss-not-finite: its consequence here; with finite inputs the first NaN or Inf arose
    inside the model. ZA211 labels-not-finite: the same among the labels.

    ## Sources
    stackoverflow.com/q/53640858; cs231n.github.io/neural-networks-3 (babysitting). Measured on
    Keras 3.15: the loss is NaN in the same step, the weights before it are finite.
    """
    table = context.given(INPUTS)
    bad = np.nan_to_num(table.column("non_finite_count"))
    if not bad.any():
        return Passed(f"all input values are finite in {count(len(table), 'sample')}")
    sample = int(np.flatnonzero(bad.any(axis=1))[0])
    rows = [int(r) for r in np.argsort(-bad.max(axis=0), kind="stable") if bad[:, r].any()]
    return _not_finite(context, table, sample, rows)


def _not_finite(context: RunContext, table: Table, sample: int, rows: list[int]) -> Flagged:
    run, step = context.run, int(table.steps[sample])
    bad = np.nan_to_num(table.column("non_finite_count"))
    total = float(bad[sample].sum())
    size = float(np.nansum(table.column("count")[sample]))
    last = int(table.steps[np.flatnonzero(bad.any(axis=1))[-1]])
    loss = context.final_loss
    survived = context.beats and loss is not None and np.isfinite(loss)
    baseline = None if context.baseline.loss is None else at_most(context.baseline.loss)
    learned = Evidence.of_number("the loss is finite and beats its baseline", loss, baseline)
    shares = tuple(
        Evidence.of_table(f"NaN or Inf values of `{table.rows[r]}`", table,
                          bad[:, r].max(), at_most(0), unit="values", layer=table.rows[r],
                          since=step, until=last)
        for r in rows[:3]
    )  # fmt: skip
    whole = f"{int(total)} of {int(size)} input values" if size > 0 else None
    held = whole or count(int(total), "input value")
    are = "is" if total == 1 else "are"
    return Flagged(
        summary=f"{held} at step {step} {are} NaN or Inf.",
        context=f"Affected: {listed([table.rows[r] for r in rows])}; in "
        f"{int(bad.any(axis=1).sum())} of {len(table)} sampled batches.",
        evidence=(*shares, *loss_shown(run, step)),
        counter_evidence=(learned,) if survived else (),
        tier=Tier.SMELL if survived else None,
        since=step,
    )
