"""The calm part of the page: the loss against its prior, and a few numbers with healthy limits."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.answers import Comparison, Evidence
from tb_zeroacc.diagnosis.prior import BEATEN_LOSS, Case
from tb_zeroacc.run import Role

# The same limits that the rules hold these numbers against.
UPDATE_RATIO_LIMIT = 0.1
DEAD_LIMIT = 0.9
FADING_LIMIT = 1e-4


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
    weights, gradients = case.run.table("weights"), case.run.table("gradients")
    if weights is not None:
        ratios = weights.column("update_ratio")[-10:]
        kernels = ratios[:, np.isfinite(weights.column("unit_spread")).any(axis=0)]
        if np.isfinite(kernels).any():
            largest = np.nanmax(np.where(np.isfinite(kernels), kernels, -np.inf), axis=1)
            found.append(_fact("update ÷ weights, largest", np.median(largest), UPDATE_RATIO_LIMIT))
    activations = case.run.table("activations")
    if activations is not None:
        dead = activations.column("dead_unit_share")[-1]
        if np.isfinite(dead).any():
            found.append(_fact("dead units, worst layer", np.nanmax(dead), DEAD_LIMIT, "share"))
    if gradients is not None:
        rms = gradients.column("rms")[-1]
        rms = rms[np.isfinite(rms) & (rms > 0)]
        if len(rms) >= 2:
            found.append(_fact("gradient, first ÷ last variable", rms[0] / rms[-1], FADING_LIMIT))
    if case.loss_ratio is not None:
        found.append(_fact("loss ÷ its prior", case.loss_ratio, BEATEN_LOSS))
    return tuple(found)


def _fact(text: str, value: float, limit: float, unit: str = "") -> Evidence:
    return Evidence(text, float(value), limit, _compare(float(value), limit), unit)


def _compare(value: float, threshold: float | None) -> Comparison | None:
    if threshold is None or not np.isfinite(value):
        return None
    return "above" if value > threshold else "below" if value < threshold else "equal"
