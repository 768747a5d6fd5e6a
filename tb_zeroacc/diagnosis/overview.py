"""The overview of a run: its loss against the baseline, and a few numbers with their limits."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import below_chance
from tb_zeroacc.diagnosis.answers import Evidence, Limit, at_least, at_most
from tb_zeroacc.diagnosis.computed.chance.baseline import BEATEN_LOSS
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.run import Role, Split, Table

# The same limits as in the rules.
UPDATE_RATIO_LIMIT = 0.1
DEAD_LIMIT = 0.9
FADING_LIMIT = 1e-4
LATEST = 10  # samples whose median is shown


def loss_against_baseline(context: RunContext) -> Evidence | None:
    """The training loss with its baseline as the threshold, else the main curve; None without."""
    curve = context.run.main_curve
    if curve is None:
        return None
    baseline = context.baseline
    if baseline.loss is None or curve is not context.run.headline(Role.LOSS):
        split = "training" if curve.split is Split.TRAIN else curve.split.value
        return Evidence.of_curve(f"{split} {curve.role.value}", curve)
    text = f"baseline: {baseline.what}" if baseline.loss else "training loss"
    of_classes = baseline.classes is not None or baseline.accuracy is not None
    chance = below_chance(baseline.loss, of_classes=of_classes)
    return Evidence.of_curve(text, curve, limit=chance)


def overview_of(context: RunContext) -> tuple[Evidence, ...]:
    """Numbers of the latest samples, each with its limit."""
    found = []
    run = context.run
    weights = run.table("weights", "update_ratio", "unit_spread")
    gradients = run.table("gradients", "rms")
    if weights is not None:
        ratios = weights.column("update_ratio")[-LATEST:]
        kernels = ratios[:, np.isfinite(weights.column("unit_spread")).any(axis=0)]
        if np.isfinite(kernels).any():
            largest = np.nanmax(np.where(np.isfinite(kernels), kernels, -np.inf), axis=1)
            found.append(
                _of_samples("update ÷ weights, largest", weights, np.median(largest),
                            at_most(UPDATE_RATIO_LIMIT), latest=LATEST)
            )  # fmt: skip
    activations = run.table("activations", "dead_unit_share")
    if activations is not None:
        dead = activations.column("dead_unit_share")[-1]
        if np.isfinite(dead).any():
            limit = at_most(DEAD_LIMIT)
            found.append(
                _of_samples("dead units, worst layer", activations, np.nanmax(dead), limit,
                            unit="share")
            )  # fmt: skip
    if gradients is not None:
        rms = gradients.column("rms")[-1]
        rms = rms[np.isfinite(rms) & (rms > 0)]
        if len(rms) >= 2:
            limit = at_least(FADING_LIMIT)
            told = "gradient, first ÷ last variable"
            found.append(_of_samples(told, gradients, rms[0] / rms[-1], limit))
    curve = run.headline(Role.LOSS)
    if context.loss_ratio is not None and curve is not None:
        last = curve.series.last.step
        found.append(
            Evidence.of_curve("loss ÷ its baseline", curve, context.loss_ratio,
                              at_most(BEATEN_LOSS), since=last, is_drawn=False)
        )  # fmt: skip
    return tuple(found)


def _of_samples(
    text: str, table: Table, value: float, limit: Limit, *, latest: int = 1, unit: str = ""
) -> Evidence:
    """A number of the latest samples."""
    since, until = int(table.steps[-latest:][0]), int(table.steps[-1])
    return Evidence.of_table(text, table, value, limit, unit=unit, since=since, until=until)
