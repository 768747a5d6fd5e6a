"""Hidden units without an effect, dead or saturated: their share of each layer, and since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.model.kernels import kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import (
    hidden_rows,
    is_own,
    layer_named,
    layer_of,
    layer_position,
)
from tb_zeroacc.diagnosis.computed.model.samples import (
    ROUNDING,
    has_whole_weights,
    known_median,
    lasting_since,
    settled,
)
from tb_zeroacc.run import Run, Table

# Share of a hidden layer's ReLU units that no example activates. Healthy models end with 33-64 %
# dead, broken ones with 100 % (measured).
DEAD = 0.9
# In batches of fewer examples many units of healthy models are 0: there only all of them count.
FEW_EXAMPLES = 8
ALIKE = 1e-3  # the tables are float32, and a mean of ones is rounded


def settled_shares(run: Run, activations: Table, column: str) -> dict[int, float]:
    """The share at which each hidden layer settled, by row; rows without a value are left out.

    What units do once a weight is NaN or infinite does not count.
    """
    whole = has_whole_weights(run, activations)[:, None]
    shares = np.where(whole, activations.column(column), np.nan)
    ends = settled(shares)
    rows = [r for r in hidden_rows(run, activations) if np.isfinite(shares[:, r]).any()]
    return {row: float(ends[row]) for row in rows if np.isfinite(ends[row])}


def dead_threshold(run: Run) -> float:
    """The share of dead units in a layer from which on it is dead."""
    batch = run.table("batch")
    if batch is None:
        return DEAD
    return DEAD if known_median(batch.column("examples")) >= FEW_EXAMPLES else 1.0


def reaches(share: float, threshold: float) -> bool:
    """Whether a share is at or above a threshold, float32's rounding aside."""
    return share >= threshold - ROUNDING


def high_since(activations: Table, column: str, row: int, threshold: float) -> int:
    """The training step since which a row's share stays high; its last one where it does not."""
    shares = np.nan_to_num(activations.column(column)[:, row])
    onset = lasting_since(shares >= threshold - ROUNDING)
    return int(activations.steps[-1 if onset is None else onset])


@dataclass(frozen=True, slots=True)
class Flat:
    """A layer of an unknown formula whose outputs lie at the ends of a range.

    Attributes:
        layer: Its name.
        like: Which activation has such a range: `sigmoid`, `tanh`.
        low: The lower end; the upper one is 1.
        slope: Mean slope that this activation has at such outputs ÷ its largest one.
    """

    layer: str
    like: str
    low: float
    slope: float


def flat_layers(run: Run, activations: Table, most: float) -> list[Flat]:
    """The hidden layers of an unknown formula that are flat throughout, the flattest first.

    A sigmoid's slope is s(1-s), a tanh's 1-t²: their means follow from the mean and the root mean
    square of the outputs. A layer through which no gradient passes (rounding, a comparison) and one
    in front of all kernels (codes of words) is none of these.
    """
    found = []
    for row in hidden_rows(run, activations):
        layer = layer_named(run, layer_of(run, activations.rows[row]))
        if layer is None or not (layer.class_name == "Lambda" or is_own(layer)):
            continue
        mean, rms, top = (activations.column(c)[:, row] for c in ("mean", "rms", "abs_max"))
        if not (np.abs(top - 1.0) <= 1e-3).all() or not _passes_gradients(run, layer.name):
            continue
        for like, low, slope in (
            ("sigmoid", 0.0, 4.0 * (mean - rms**2)), ("tanh", -1.0, 1.0 - rms**2),
        ):  # fmt: skip
            # At one end alone it would be a constant, which no activation makes of its inputs.
            is_between = np.abs(mean - (1.0 + low) / 2.0) < 0.4 * (1.0 - low)
            shares = (float(slope[0]), float(settled(slope[:, None])[0]))
            if is_between.all() and all(-ALIKE <= share <= most for share in shares):
                found.append(Flat(layer.name, like, low, max(0.0, *shares)))
                break
    return sorted(found, key=lambda each: each.slope)


def _passes_gradients(run: Run, name: str) -> bool:
    """Whether a kernel in front of a layer gets a gradient, if only one of 0."""
    weights, gradients = run.table("weights"), run.table("gradients")
    if weights is None or gradients is None:
        return False
    place = layer_position(run, name)
    before = [
        weights.rows[row] for row in kernel_rows(run, weights)
        if layer_position(run, layer_of(run, weights.rows[row])) < place
    ]
    present = gradients.column("present")
    known = [gradients.row_index(path) for path in before if path in gradients.rows]
    return bool(known) and bool((present[:, known] > 0).all())
