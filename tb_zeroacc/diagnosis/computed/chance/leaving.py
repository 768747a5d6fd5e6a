"""Whether a loss has only just left the level of chance."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.computed.chance.baseline import Baseline
from tb_zeroacc.diagnosis.computed.learning.trend import last_stretch, smoothed
from tb_zeroacc.run import Curve

# Standard errors of the baseline, points behind it, and the last quarter's fall ÷ the mean one. By
# chance four points in a row fall in one run of 24.
SURE, FEWEST_POINTS, EVEN = 3.0, 4, 0.5


def has_just_left(curve: Curve, baseline: Baseline) -> bool:
    """Whether a loss came below its baseline for good and falls evenly since then.

    The first points, of the way down to the baseline, would hide how it falls behind it.
    """
    if baseline.loss is None:
        return False
    values = smoothed(curve.series.finite()[1])
    below = values[last_stretch(values < baseline.loss) :]
    if len(below) < FEWEST_POINTS or baseline.loss - below[-1] <= SURE * baseline.error:
        return False
    falls = -np.diff(below)
    width = max(1, len(falls) // 4)
    return bool((falls > 0).all() and falls[-width:].mean() >= EVEN * falls.mean())
