"""Planted runs that several tests of feeding share."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Role
from tests.diagnosis.planted import a_curve, a_table

COUNTS = a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}})
STUCK = (COUNTS, a_curve([2.3, 2.2]), a_curve([0.1, 0.2], Role.ACCURACY))
BEATS = (COUNTS, a_curve([2.3, 0.1]), a_curve([0.1, 0.9], Role.ACCURACY))


def epochs(
    *sizes: int | None, cut: tuple[int, ...] = (), losses: tuple[float, ...] = ()
) -> tuple[Epoch, ...]:
    ends = np.cumsum([size or 0 for size in sizes]).tolist()
    logs = [{"loss": loss} for loss in losses] or [{} for _ in sizes]
    return tuple(
        Epoch(i, ends[i], size, cut_short=i in cut, logs=logs[i]) for i, size in enumerate(sizes)
    )
