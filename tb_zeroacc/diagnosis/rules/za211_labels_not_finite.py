"""ZA211: NaN or Inf among the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import is_fed_by_dataset
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
from tb_zeroacc.diagnosis.needs import LABELS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import percent

TEXT = "Try leaving out the examples whose labels are NaN or Inf, or fill them, once you know why."
FILTER = Fix(
    TEXT,
    "+ dataset = dataset.unbatch().filter(lambda x, y: tf.reduce_all(tf.math.is_finite(y)))\n"
    "+ dataset = dataset.batch(32)",
)


@rule(
    "ZA211",
    "labels-not-finite",
    Tier.DEFINITE,
    Stage.INPUT,
    motif=Motif.FIRST_BROKEN,
    healthy="Labels are finite",
    needs=(LABELS,),
    explains=(
        "ZA201", "ZA309", "ZA403", "ZA404", "ZA501", "ZA502", "ZA506", "ZA509", "ZA703", "ZA704",
        "ZA705", "ZA706", "ZA804",
    ),
    outcome=Outcome.BROKEN,
    fix=Fix(
        TEXT,
        "print(np.argwhere(~np.isfinite(y)))\n"
        "+ keep = np.isfinite(y).all(axis=tuple(range(1, y.ndim)))\n"
        "+ x, y = x[keep], y[keep]",
    ),
)  # fmt: skip
def labels_not_finite(context: RunContext) -> Answer:
    """Some labels or targets are NaN or Inf.

    ## What it means
    A target is missing in the table, was divided by 0, or is the logarithm of 0.

    ## Why accuracy suffers
    The loss of the batch is NaN, every gradient is, and after one update every weight.

    ## How it is detected
    The count of values that are not finite among the labels of every sample: one is enough. Where
    the loss of those batches is finite all the same the loss leaves them out: a smell. Also as a
    smell: labels of the validation alone, which training does not see.

    ## How to fix it
    ```python
    keep = np.isfinite(y)
    model.fit(x[keep], y[keep])
    ```

    ## Easily confused with
    ZA101 input-not-finite: the same among the inputs. ZA501 loss-not-finite: what it leads to.

    ## Sources
    stackoverflow.com/q/40050397 (a loss of NaN). That a single value suffices follows from
    arithmetic.
    """
    run = context.run
    table = context.given(LABELS)
    bad = _bad_in(table)
    if bad is not None:
        return _flagged(run, table, bad)
    held = run.table("validation_labels")
    bad = None if held is None else _bad_in(held)
    if held is not None and bad is not None:
        return _flagged(run, held, bad, of_validation=True)
    return Passed("all recorded labels are finite")


@dataclass(frozen=True, slots=True)
class _Bad:
    """Labels of one output that are not finite."""

    output: str
    row: int
    first: int  # index of the first sample that has some
    many: float
    share: float


def _bad_in(table: Table) -> _Bad | None:
    counts = np.nan_to_num(table.column("non_finite_count"), nan=0.0)  # (samples, rows)
    sizes = np.nan_to_num(table.column("count"), nan=0.0)
    if not (counts > 0).any():
        return None
    row = int(np.argmax(counts.sum(axis=0)))
    first = int(np.flatnonzero(counts[:, row] > 0)[0])
    many = float(counts[:, row].sum())
    return _Bad(table.rows[row], row, first, many, many / max(float(sizes[:, row].sum()), many))


def _flagged(run: Run, table: Table, bad: _Bad, *, of_validation: bool = False) -> Flagged:
    step = int(table.steps[bad.first])
    harmless = of_validation or _loss_stays_finite(run, table, bad)
    whose = "validation labels" if of_validation else "labels"
    sentence = "Training does not see them." if of_validation else (
        "The loss of these batches is finite all the same: it leaves them out."
        if harmless
        else "The loss of such a batch is not finite, and after its update no weight is."
    )  # fmt: skip
    return Flagged(
        summary=f"{percent(bad.share)} of the {whose} of `{bad.output}` are NaN or Inf, first at "
        f"step {step}.",
        context=sentence,
        evidence=(
            Evidence.of_table(f"{whose} that are not finite", table, bad.many, at_most(0),
                              layer=bad.output, since=step, until=int(table.steps[-1])),
            *loss_shown(run, step),
        ),
        tier=Tier.SMELL if harmless else None,
        since=step,
        fix=FILTER if is_fed_by_dataset(run) and not of_validation else None,
    )  # fmt: skip


def _loss_stays_finite(run: Run, table: Table, bad: _Bad) -> bool:
    """Whether the loss of every batch with such labels is on record, and finite."""
    losses = run.table("loss")
    if losses is None:
        return False
    counts = np.nan_to_num(table.column("non_finite_count")[:, bad.row], nan=0.0)
    at = np.isin(losses.steps, table.steps[counts > 0])
    return bool(at.any()) and bool(np.isfinite(losses.column("loss")[at, 0]).all())
