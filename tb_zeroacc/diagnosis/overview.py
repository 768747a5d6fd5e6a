"""The overview of a run: its loss against the baseline, and a few numbers with their limits."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answering.shown_curves import below_chance
from tb_zeroacc.diagnosis.answers import Evidence, Limit, at_least, at_most, below
from tb_zeroacc.diagnosis.computed.chance.baseline import BEATEN_LOSS
from tb_zeroacc.diagnosis.computed.model.silent_units import dead_threshold, settled_shares
from tb_zeroacc.diagnosis.computed.optimizer.fading import FADED, STANDS_STILL, fade_of
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import RESTLESS
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import groups_of
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.run import Role, Run, Split, Table

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
    """Numbers of the latest samples, each with its limit; none that the rules do not judge."""
    found = []
    run = context.run
    weights = run.table("weights", "update_ratio", "unit_spread")
    if weights is not None:
        ratios = weights.column("update_ratio")[-LATEST:]
        kernels = ratios[:, np.isfinite(weights.column("unit_spread")).any(axis=0)]
        if np.isfinite(kernels).any():
            largest = np.nanmax(np.where(np.isfinite(kernels), kernels, -np.inf), axis=1)
            found.append(
                _of_samples("update ÷ weights, largest", weights, np.median(largest),
                            at_most(RESTLESS), latest=LATEST)
            )  # fmt: skip
    found += [fact for fact in (_dead_units(run), _fading(run)) if fact is not None]
    curve = run.headline(Role.LOSS)
    if context.loss_ratio is not None and curve is not None:
        last = curve.series.last.step
        found.append(
            Evidence.of_curve("loss ÷ its baseline", curve, context.loss_ratio,
                              at_most(BEATEN_LOSS), since=last, is_drawn=False)
        )  # fmt: skip
    return tuple(found)


def _dead_units(run: Run) -> Evidence | None:
    """The worst hidden ReLU layer; None without one: what else is 0 or below is not dead."""
    activations = run.table("activations", "dead_unit_share")
    shares = settled_shares(run, activations, "dead_unit_share") if activations is not None else {}
    if activations is None or not shares:
        return None
    return _of_samples("dead units, worst layer", activations, max(shares.values()),
                       below(dead_threshold(run)), latest=LATEST, unit="share")  # fmt: skip


def _fading(run: Run) -> Evidence | None:
    """How far the gradient fades; no fault where the first kernel changes all the same."""
    weights = run.table("weights", "update_ratio", "unit_spread")
    gradients = run.table("gradients", "rms")
    if weights is None or gradients is None:
        return None
    fades = [fade_of(run, weights, gradients, group) for group in groups_of(run, weights)]
    known = [fade for fade in fades if fade is not None and fade.ratio > 0]
    if not known:
        return None
    worst = min(known, key=lambda fade: (fade.moved >= STANDS_STILL, fade.ratio))
    limit = at_least(FADED)
    is_harmless = worst.ratio < FADED and worst.moved >= STANDS_STILL
    return _of_samples("gradient, first ÷ last kernel, median", gradients, worst.ratio,
                       None if is_harmless else limit, latest=len(gradients))  # fmt: skip


def _of_samples(
    text: str, table: Table, value: float, limit: Limit | None, *, latest: int = 1, unit: str = ""
) -> Evidence:
    """A number of the latest samples."""
    since, until = int(table.steps[-latest:][0]), int(table.steps[-1])
    return Evidence.of_table(text, table, value, limit, unit=unit, since=since, until=until)
