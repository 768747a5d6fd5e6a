"""What of the last kernel's gradient reaches the first, among those that one optimizer trains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.computed.model.kernels import kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.samples import known_median
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group
from tb_zeroacc.run import Run, Table

# First kernel's gradient ÷ last kernel's. Measured: 1.6e-8 in twelve sigmoid layers that stand
# still; healthy nets .1 and .6 (twelve ReLU layers with He's initialisation).
FADED = 1e-4
FEWEST_LAYERS = 4  # in fewer there is too little to vanish through
# Update ÷ weights of the first kernel. Adam makes up for a small gradient: only a first layer that
# does not change is a fault.
STANDS_STILL = 1e-6


@dataclass(frozen=True, slots=True)
class Fade:
    """The gradients of kernels in the order of the model.

    Attributes:
        steps: Of the samples, (samples,).
        rms: Of each kernel's gradient, (samples, kernels).
        layers: Whose kernels they are.
        moved: Update ÷ weights of the first kernel, the median over samples.
    """

    steps: NDArray[np.int64]
    rms: NDArray[np.float64]
    layers: list[str]
    moved: float

    @property
    def ratios(self) -> NDArray[np.float64]:
        """First ÷ last, (samples,); NaN where the last one gets nothing either."""
        last = self.rms[:, -1]
        return np.where(last > 0, self.rms[:, 0] / np.where(last > 0, last, 1.0), np.nan)

    @property
    def ratio(self) -> float:
        """Its median over samples; NaN where none is known."""
        ratios = self.ratios
        return known_median(ratios[np.isfinite(ratios)])


def fade_of(run: Run, weights: Table, gradients: Table, group: Group) -> Fade | None:
    """The kernels of one optimizer that both tables know; None where they are too few to tell."""
    kernels = [row for row in kernel_rows(run, weights) if row in group.rows]
    paths = [path for row in kernels if (path := weights.rows[row]) in gradients.rows]
    if len(paths) < FEWEST_LAYERS:
        return None
    rows = [gradients.row_index(path) for path in paths]
    layers = [layer_of(run, path) for path in paths]
    moved = known_median(weights.column("update_ratio")[:, kernels[0]])
    return Fade(gradients.steps, gradients.column("rms")[:, rows], layers, moved)
