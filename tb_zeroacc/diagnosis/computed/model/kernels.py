"""The kernels among the variables, and how far a step moves them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.model.layers import layer_of, layer_position
from tb_zeroacc.diagnosis.computed.model.samples import largest
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group, groups_of
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run, Table

KERNEL_NAMES = ("kernel", "embeddings")  # a kernel of one unit has no spread that would tell it
NO_WEIGHT = 1e-6  # below this rms a kernel is zero, and any update a multiple of it


@per_run
def kernel_rows(run: Run, weights: Table) -> list[int]:
    """Rows of `weights` that are kernels, in the order from input to output.

    Biases, scales and offsets are left out: they begin at 0, so their first update is any multiple.
    """
    spread = weights.column("unit_spread")
    rows = [
        row
        for row, name in enumerate(weights.rows)
        if name.rsplit("/", 1)[-1].endswith(KERNEL_NAMES) or np.isfinite(spread[:, row]).any()
    ]
    return sorted(rows, key=lambda row: layer_position(run, layer_of(run, weights.rows[row])))


def kernel_ratios(
    run: Run, weights: Table, group: Group | None = None
) -> NDArray[np.float64]:
    """The largest update ÷ weights over kernels, (samples,); kernels of zeros are left out.

    Args:
        run: The training.
        weights: Its table.
        group: Of one optimizer's kernels; by default of all that an optimizer updates.
    """
    groups = groups_of(run, weights) if group is None else [group]
    updated = {row for one in groups for row in one.rows}
    rows = [row for row in kernel_rows(run, weights) if row in updated]
    ratio = weights.column("update_ratio")[:, rows]
    return largest(np.where(weights.column("rms")[:, rows] >= NO_WEIGHT, ratio, np.nan))
