"""Logged losses that the sampled steps of the same epochs refute.

A `train_step` that returns a loss of its own without handing it to Keras' tracker makes Keras log
the tracker's value all the same: exactly 0, in every epoch. The recorder's samples hold the loss
that was minimised. Other differences refute nothing: a log is the mean over an epoch, a sample is
one batch of it, and what is not sampled may lie anywhere.
"""

from __future__ import annotations

import numpy as np

from tb_zeroacc.run import Table
from tb_zeroacc.series import Series

# Losses this near 0 may round to 0 where trackers count in float16.
FAR_FROM_ZERO = 1e-3


def epochs_far_from_zero(losses: Table) -> frozenset[int]:
    """Epochs whose sampled losses are all far from 0."""
    values = losses.column("loss")[:, 0]
    known = np.isfinite(values) & (losses.epochs >= 0)
    far = np.abs(values) > FAR_FROM_ZERO
    return frozenset(losses.epochs[known & far].tolist()) - frozenset(
        losses.epochs[known & ~far].tolist()
    )


def is_refuted(logged: Series, far: frozenset[int]) -> bool:
    """Whether a loss logged by epochs is exactly 0 in one that is far from it."""
    return not far.isdisjoint(logged.steps[logged.values == 0.0].tolist())


def is_zero(logged: Series) -> bool:
    """Whether a curve has points, and all of them are exactly 0."""
    low, high = logged.minimum, logged.maximum
    return low is not None and high is not None and low.value == high.value == 0.0
