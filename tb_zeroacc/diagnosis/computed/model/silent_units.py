"""Hidden units without an effect, dead or saturated: their share of each layer, and since when."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.computed.model.layers import hidden_rows
from tb_zeroacc.diagnosis.computed.model.samples import (
    ROUNDING,
    has_whole_weights,
    lasting_since,
    settled,
)
from tb_zeroacc.run import Run, Table


def settled_shares(run: Run, activations: Table, column: str) -> dict[int, float]:
    """The share at which each hidden layer settled, by row; rows without a value are left out.

    What units do once a weight is NaN or infinite does not count.
    """
    whole = has_whole_weights(run, activations)[:, None]
    shares = np.where(whole, activations.column(column), np.nan)
    ends = settled(shares)
    rows = [r for r in hidden_rows(run, activations) if np.isfinite(shares[:, r]).any()]
    return {row: float(ends[row]) for row in rows if np.isfinite(ends[row])}


def reaches(share: float, threshold: float) -> bool:
    """Whether a share is at or above a threshold, float32's rounding aside."""
    return share >= threshold - ROUNDING


def high_since(activations: Table, column: str, row: int, threshold: float) -> int:
    """The training step since which a row's share stays high; its last one where it does not."""
    shares = np.nan_to_num(activations.column(column)[:, row])
    onset = lasting_since(shares >= threshold - ROUNDING)
    return int(activations.steps[-1 if onset is None else onset])
