"""The steps of a training, and the batches of its epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Run


@per_run
def steps_taken(run: Run) -> int:
    """Recorded training steps, from the source that has most of them."""
    ends = [epoch.step for epoch in run.epochs]
    ends += [run.end.step] if run.end and run.end.step is not None else []
    ends += [int(table.steps[-1]) + 1 for table in run.tables.values() if len(table)]
    return max(ends, default=0)


# Of training itself: tables of validation and of taps are written without any step, too.
STEP_TABLES = ("loss", "inputs", "outputs", "gradients", "weights")


@per_run
def counted_epochs(run: Run) -> list[Epoch]:
    """The epochs that ended normally and whose batches are known.

    A count of 0 is treated as unknown, like None, where the record shows signs of training: a
    recorder may miss every step of an epoch.
    """
    whole = [e for e in run.epochs if not e.cut_short and e.batches is not None]
    empty = [e for e in whole if not e.batches]
    return [e for e in whole if e.batches] if has_trained(run, empty) else whole


def has_trained(run: Run, epochs: Sequence[Epoch]) -> bool:
    """Whether these epochs took steps, by their samples and losses instead of their counts."""
    numbers = {epoch.epoch for epoch in epochs}
    for kind in STEP_TABLES:
        table = run.table(kind)
        if table is not None and numbers & set(table.epochs.tolist()):
            return True
    # Keras logs a loss of 0 where no batch came, in every epoch the same.
    losses = {e.logs["loss"] for e in epochs if math.isfinite(e.logs.get("loss", math.nan))}
    return len(losses) > 1
