"""Hidden units without an effect, dead or saturated: their share of each layer, and since when."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.model.layers import hidden_rows
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING, lasting_since, settled
from tb_zeroacc.run import Run, Table


def settled_shares(run: Run, activations: Table, column: str) -> dict[int, float]:
    """The share at which each hidden layer settled, by row; rows without a value are left out.

    What units do once a weight is NaN or infinite does not count: ReLU makes 0 of NaN.
    """
    shares = np.where(_is_whole(run, activations)[:, None], activations.column(column), np.nan)
    ends = settled(shares)
    rows = [r for r in hidden_rows(run, activations) if np.isfinite(shares[:, r]).any()]
    return {row: float(ends[row]) for row in rows if np.isfinite(ends[row])}


def _is_whole(run: Run, activations: Table) -> NDArray[np.bool_]:
    """Whether every weight was finite at a sample and before it, (samples,)."""
    weights = run.table("weights")
    if weights is None:
        return np.ones(len(activations), bool)
    broken = (np.nan_to_num(weights.column("non_finite_count")) > 0).any(axis=1)
    first = weights.steps[broken].min(initial=np.iinfo(np.int64).max)
    return np.asarray(activations.steps < first)


def reaches(share: float, threshold: float) -> bool:
    """Whether a share is at or above a threshold, float32's rounding aside."""
    return share >= threshold - ROUNDING


def high_since(activations: Table, column: str, row: int, threshold: float) -> int:
    """The training step since which a row's share stays high; its last one where it does not."""
    shares = np.nan_to_num(activations.column(column)[:, row])
    onset = lasting_since(shares >= threshold - ROUNDING)
    return int(activations.steps[-1 if onset is None else onset])
