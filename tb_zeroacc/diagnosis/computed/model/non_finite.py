"""The first loss that is NaN or Inf, and the first tensor with such a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.learning.step_loss import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.run import Curve, Role, Run, Split, Table

# The order within a training step: of two tensors that broke in one step the earlier was first.
ORDER = ("inputs", "labels", "weights", "activations", "outputs", "gradients")
RECOVERED = 3  # finite points at the end behind which a non-finite one was an accident


@dataclass(frozen=True, slots=True)
class BrokenTensor:
    """The first tensor with non-finite values."""

    kind: str
    row: str
    step: int
    values: float


@dataclass(frozen=True, slots=True)
class BrokenLoss:
    """The first non-finite loss: value, training step, curve and position on its axis."""

    value: float
    step: int
    curve: Curve | None
    at: int
    last: int


def first_broken_loss(run: Run) -> BrokenLoss | None:
    """The exact first step: from the curve of single steps, the samples, or the headline."""
    steps = run.curve(STEP_LOSS_TAG)
    if steps is not None and (found := _of_curve(run, steps)):
        return found
    table = run.table("loss")
    if table is not None:
        losses = table.column("loss")[:, 0]
        # Other writers may leave the loss unknown: only a column with values counts.
        broken = ~np.isfinite(losses)
        if broken.any() and not broken.all():
            first = int(np.flatnonzero(broken)[0])
            step = int(table.steps[first])
            return BrokenLoss(float(losses[first]), step, None, step, int(table.steps[-1]))
    headline = run.headline(Role.LOSS)
    found = None if headline is None else _of_curve(run, headline)
    if found is not None:
        return found
    died = next((c for c in run.curves_of(Role.LOSS, Split.TRAIN) if ended_broken(c)), None)
    return first_broken_term(run) if died is None else _of_curve(run, died)


def first_broken_term(run: Run) -> BrokenLoss | None:
    """The first of the losses that stand for nothing, where all of them ended with NaN or Inf.

    One of them may have none on purpose: a term without examples, a policy that waits.
    """
    terms = [c for c in unjudged_losses(run) if len(c.series) >= RECOVERED]
    found = [_of_curve(run, curve) for curve in terms if ended_broken(curve)]
    broken = [bad for bad in found if bad is not None]
    is_all = len(broken) == len(terms) and run.headline(Role.LOSS) is None
    return min(broken, key=lambda bad: bad.step) if broken and is_all else None


def unjudged_losses(run: Run) -> list[Curve]:
    """The training losses by name that no rule judges: of players, of policies, single terms."""
    return [c for c in run.curves_of(Role.OTHER, Split.TRAIN)
            if "loss" in c.name.lower().split("_") and not c.refuted]  # fmt: skip


def ended_broken(curve: Curve) -> bool:
    """Whether a curve was finite, and its last three points are not."""
    values = curve.series.values
    is_bad = len(values) >= RECOVERED and not np.isfinite(values[-RECOVERED:]).any()
    return is_bad and bool(np.isfinite(values).any())


def broken_validation_loss(run: Run) -> BrokenLoss | None:
    """Where the validation loss is NaN or Inf for good; None where it was finite in between.

    Loops that log a value at every step write NaN where they did not evaluate.
    """
    curve = run.headline(Role.LOSS, Split.VALIDATION)
    found = None if curve is None else _of_curve(run, curve)
    if curve is None or found is None or curve.series.non_finite_count < RECOVERED:
        return None
    steps, _ = curve.series.finite()
    return None if (steps > found.at).any() else found


def _of_curve(run: Run, curve: Curve) -> BrokenLoss | None:
    at = curve.series.first_non_finite_step
    if at is None:
        return None
    index = int(np.searchsorted(curve.series.steps, at))
    value = float(curve.series.values[min(index, len(curve.series) - 1)])
    value = value if not np.isfinite(value) else float("nan")
    return BrokenLoss(value, training_step(run, curve, at), curve, at, curve.series.last.step)


def recovered(curve: Curve) -> bool:
    """Whether a curve with a non-finite value has been finite again for a while."""
    values = curve.series.values
    return len(values) > RECOVERED and bool(np.isfinite(values[-RECOVERED:]).all())


def first_broken_tensor(run: Run, until: int) -> BrokenTensor | None:
    """The tensor that broke first and stayed broken up to step `until`."""
    found = []
    for order, kind in enumerate(ORDER):
        table = run.table(kind)
        if table is not None and (seen := broken_stretch(table, kind, until)) is not None:
            found.append((seen.step, order, seen))
    if not found:
        return None
    first = min(found, key=lambda entry: entry[:2])[2]
    return _in_the_batch(run, first.step) or first


def _in_the_batch(run: Run, step: int) -> BrokenTensor | None:
    """What was broken in the batch of a step whose update broke the loss of the next one."""
    for kind in ("inputs", "labels"):
        table = run.table(kind)
        if table is not None and step in table.steps:
            found = broken_stretch(table, kind, step)
            if found is not None:
                return found
    return None


def broken_stretch(table: Table, kind: str, until: int) -> BrokenTensor | None:
    """The start of the broken stretch of samples that reaches up to step `until`."""
    bad = table.column("non_finite_count") > 0  # (samples, rows)
    index = int(np.searchsorted(table.steps, until, side="right")) - 1
    if index < 0 or not bad[index].any():
        return None
    while index > 0 and bad[index - 1].any():
        index -= 1
    rows = np.flatnonzero(bad[index])
    # Gradients are computed from the output back: there the last row was first.
    row = int(rows[-1] if kind == "gradients" else rows[0])
    values = float(table.column("non_finite_count")[index, row])
    return BrokenTensor(kind, table.rows[row], int(table.steps[index]), values)


_SIZES = (("loss", "loss"), ("loss", "gradient_norm"), ("activations", "abs_max"),
          ("gradients", "abs_max"))  # fmt: skip


def largest_until(run: Run, step: int) -> float:
    """The largest finite number that was computed up to a step, by amount; 0 without any."""
    found = 0.0
    for kind, column in _SIZES:
        table = run.table(kind, column)
        if table is not None:
            values = np.abs(table.column(column)[table.steps <= step])
            found = max(found, float(values[np.isfinite(values)].max(initial=0.0)))
    return found
