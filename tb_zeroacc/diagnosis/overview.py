"""The calm part of the page: the loss against its prior, and a few numbers with healthy limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import Comparison, Evidence
from tb_zeroacc.diagnosis.computed.baseline import BEATEN_LOSS
from tb_zeroacc.diagnosis.computed.shown import fact
from tb_zeroacc.diagnosis.context import Case
from tb_zeroacc.run import Role, Run

# The same limits that the rules hold these numbers against.
UPDATE_RATIO_LIMIT = 0.1
DEAD_LIMIT = 0.9
FADING_LIMIT = 1e-4
LATEST = 10  # samples whose median is shown


def loss_against_prior(case: Case) -> Evidence | None:
    """The headline loss curve with its prior as the threshold; None without a loss."""
    curve = case.run.headline(Role.LOSS)
    if curve is None or not len(curve.series):
        return None
    last = curve.series.last
    return Evidence(
        text=f"prior: {case.prior.what}" if case.prior.loss else "training loss",
        value=last.value,
        threshold=case.prior.loss,
        comparison=_compare(last.value, case.prior.loss),
        member=curve.member,
        tag=curve.tag,
        axis=curve.axis,
        first_step=curve.series.first.step,
        last_step=last.step,
    )


def glance_of(case: Case) -> tuple[Evidence, ...]:
    """Numbers of the latest samples with the limit that each is held against."""
    found = []
    run = case.run
    weights, gradients = run.table("weights"), run.table("gradients")
    if weights is not None:
        ratios = weights.column("update_ratio")[-LATEST:]
        kernels = ratios[:, np.isfinite(weights.column("unit_spread")).any(axis=0)]
        if np.isfinite(kernels).any():
            largest = np.nanmax(np.where(np.isfinite(kernels), kernels, -np.inf), axis=1)
            told = "update ÷ weights, largest"
            limit = UPDATE_RATIO_LIMIT
            found.append(_fact(run, told, np.median(largest), limit, weights.steps[-LATEST:]))
    activations = run.table("activations")
    if activations is not None:
        dead = activations.column("dead_unit_share")[-1]
        if np.isfinite(dead).any():
            told, last = "dead units, worst layer", activations.steps[-1:]
            found.append(_fact(run, told, np.nanmax(dead), DEAD_LIMIT, last, "share"))
    if gradients is not None:
        rms = gradients.column("rms")[-1]
        rms = rms[np.isfinite(rms) & (rms > 0)]
        if len(rms) >= 2:
            told, last = "gradient, first ÷ last variable", gradients.steps[-1:]
            found.append(_fact(run, told, rms[0] / rms[-1], FADING_LIMIT, last))
    curve = run.headline(Role.LOSS)
    if case.loss_ratio is not None and curve is not None:
        ratio = fact(run, "loss ÷ its prior", case.loss_ratio, BEATEN_LOSS,
                     _compare(case.loss_ratio, BEATEN_LOSS))  # fmt: skip
        step = curve.series.last.step
        found.append(replace(
            ratio, member=curve.member, axis=curve.axis, first_step=step, last_step=step,
        ))  # fmt: skip
    return tuple(found)


def _fact(
    run: Run, text: str, value: float, limit: float, steps: NDArray[np.int64], unit: str = ""
) -> Evidence:
    """A number of the recorder's tables over these samples."""
    return fact(run, text, float(value), limit, _compare(float(value), limit), unit=unit,
                since=int(steps[0]), until=int(steps[-1]))  # fmt: skip


def _compare(value: float, threshold: float | None) -> Comparison | None:
    if threshold is None or not np.isfinite(value):
        return None
    return "above" if value > threshold else "below" if value < threshold else "equal"
