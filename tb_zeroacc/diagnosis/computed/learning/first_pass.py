"""What training scored on batches that were new to it: those of its first epoch."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.computed.chance.baseline import baseline_of
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run

LAST = 3  # sampled batches at the end of the epoch, whose median counts
# Of an untrained model's loss: what begins below it was trained before, on these data perhaps.
FROM_SCRATCH = 0.5
# Validation at its best ÷ this loss: beyond it other data, or another way of computing, are the
# cause. Measured: 1.2 to 470 where they are, up to 1.02 in healthy runs and where models overfit.
NEVER_AS_GOOD = 1.15


@per_run
def first_pass_loss(run: Run) -> float | None:
    """The loss of the last sampled batches of the first epoch; None where it says nothing.

    The loss of a batch is computed before the update from it. In the first epoch no batch was seen
    before, so that training scores there what it scores on new data: nothing is learned by heart.
    Later samples of the epoch may be missing, and then the number is on the high side. It says
    nothing where weights of examples scale it, and where the model had been trained before.
    """
    table, expected = run.table("loss"), baseline_of(run).initial_loss
    if table is None or not expected or run.table("sample_weights") is not None:
        return None
    losses = table.column("loss")[table.epochs == 0, 0]
    losses = losses[np.isfinite(losses)]
    if len(losses) < LAST or losses[0] < FROM_SCRATCH * expected:
        return None
    return float(np.median(losses[-LAST:]))
