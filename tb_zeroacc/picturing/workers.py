"""Bars of a job's workers, side by side."""

from __future__ import annotations

from tb_zeroacc.diagnosis.computed.workers.in_step import of_one_start
from tb_zeroacc.diagnosis.computed.workers.pace import paces_of
from tb_zeroacc.diagnosis.computed.workers.presence import taking_part
from tb_zeroacc.picturing.bars import MOST_BARS, bars_of
from tb_zeroacc.picturing.facts_of import Told
from tb_zeroacc.picturing.rows import some_of
from tb_zeroacc.run import Run
from tb_zeroacc.wire.evidence import Bars


def paces(told: Told, run: Run) -> Bars | None:
    """What a step's time goes to in each worker, medians over all samples but the first."""
    found = paces_of(of_one_start(taking_part(run.training_lanes)))
    wrong = [pace.lane.worker.name in told.workers for pace in found]
    places = some_of(range(len(found)), MOST_BARS, wrong)
    shown = [found[n] for n in places]
    waits = [min(pace.wait or 0.0, pace.step) for pace in shown]
    rest = [pace.step - wait for pace, wait in zip(shown, waits, strict=True)]
    return bars_of(
        "What a step's time goes to in each worker", "worker",
        [pace.lane.worker.name for pace in shown],
        [("waiting for data", waits), ("computing, and waiting for each other", rest)],
        wrong=[at for at, n in enumerate(places) if wrong[n]], unit="seconds",
        left_out=len(found) - len(places),
    )  # fmt: skip
