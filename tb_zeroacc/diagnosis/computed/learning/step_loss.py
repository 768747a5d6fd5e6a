"""The loss of single batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.run import Run

STEP_LOSS_TAG = "zeroacc/loss"


def step_losses(run: Run) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Steps and losses of sampled batches, the penalty left out where it is known; (samples,)."""
    table = run.table("loss")
    if table is None:
        return None
    whole, data = table.column("loss")[:, 0], table.column("data_loss")[:, 0]
    return table.steps, np.where(np.isfinite(data), data, whole)
