"""Steps that were repeated from earlier variables, since their own were not recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.run import Run


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a step that was sampled out of turn was repeated.

    Attributes:
        since: The step whose initial variables it was repeated from; None where it was not
            repeated.
        reproduced: Whether that reproduced the fault.
    """

    since: int | None
    reproduced: bool


def replayed(run: Run, step: int) -> Replayed | None:
    """What is known of a replay of a step; None for a step with variables of its own."""
    table = run.table("progress")
    if table is None or "reproduced" not in table.columns:
        return None
    at = np.flatnonzero(table.steps == step)
    if not len(at):
        return None
    since, reproduced = (
        float(table.column(name)[at[-1], 0]) for name in ("replayed_from", "reproduced")
    )
    if np.isnan(reproduced):
        return None
    return Replayed(None if np.isnan(since) else int(since), reproduced > 0)
