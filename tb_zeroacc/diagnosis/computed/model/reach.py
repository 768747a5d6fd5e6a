"""What an activation can reach, and how much of the targets lies beyond it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.data.labels import ROUNDING, Labels, labels_of
from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import (
    output_row,
    recorded_range,
    trained_outputs,
)
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run

# The least and the largest value of an activation.
BOUNDED: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0),
}  # fmt: skip
ONE_SIDED: dict[str, tuple[float, float]] = {
    "relu": (0.0, math.inf), "relu6": (0.0, 6.0), "softplus": (0.0, math.inf),
    "exponential": (0.0, math.inf), "elu": (-1.0, math.inf),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beyond:
    """Targets that an output cannot reach.

    Attributes:
        output: The output.
        labels: Its targets.
        bounds: What its activation reaches.
        span: Share of the targets' own range that lies outside, 0 to 1.
        share: Share of the targets outside, 0 to 1, estimated from mean and standard deviation as
            of a normal distribution.
        is_passed: Whether recorded outputs leave the bounds, so that something follows the
            activation.
        is_masked: Whether some targets do not count, by weights of 0 or by a mask: those beyond may
            be padding.
    """

    output: Output
    labels: Labels
    bounds: tuple[float, float]
    span: float
    share: float
    is_passed: bool
    is_masked: bool


def beyond_reach(run: Run, reach: dict[str, tuple[float, float]]) -> list[Beyond]:
    """Every output with a regression loss, such an activation and recorded targets."""
    found = []
    for output in trained_outputs(run):
        bounds = reach.get(output.activation or "")
        labels = labels_of(run, output) if output.loss in REGRESSION and bounds else None
        if bounds is None or labels is None:
            continue
        low, high = bounds
        says = recorded_range(run, output)
        passed = says is not None and (says[0] < low - ROUNDING or says[1] > high + ROUNDING)
        span, share = _span(labels, bounds), _share(labels, bounds)
        masked = _is_masked(run, output)
        found.append(Beyond(output, labels, bounds, span, share, passed, masked))
    return found


def _is_masked(run: Run, output: Output) -> bool:
    table = run.table("sample_weights")
    row = output_row(table, output.name)
    if table is not None and row is not None and (table.column("zero_share")[:, row] > 0).any():
        return True
    layers = run.contract.layers if run.contract else ()
    return any(layer.class_name == "Masking" or layer.settings.get("mask_zero") for layer in layers)


def _span(labels: Labels, bounds: tuple[float, float]) -> float:
    low, high = bounds
    if labels.high == labels.low:
        return float(not low <= labels.low <= high)
    within = max(min(labels.high, high) - max(labels.low, low), 0.0)
    return 1.0 - within / (labels.high - labels.low)


def _share(labels: Labels, bounds: tuple[float, float]) -> float:
    low, high = bounds
    if not math.isfinite(labels.mean) or not labels.std > 0:
        return float(not low <= labels.mean <= high)
    below, above = (low - labels.mean) / labels.std, (labels.mean - high) / labels.std
    return _normal(below) + _normal(above)


def _normal(z: float) -> float:
    """The distribution function of a standard normal variable."""
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
