"""ZA106 repeated-batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged
from tests.diagnosis.rules.planted.feeding import BEATS, STUCK

PROGRESS = a_table("progress", {"progress": {"steps_per_epoch": 56.0}})
ONE_STEP = a_table("progress", {"progress": {"steps_per_epoch": 1.0}})


def batches(
    *prints: float, steps: Any = None, epochs: Any = None, sizes: float | list[float] = 32.0
) -> Any:
    other = np.linspace(7.0, 9.0, len(prints)) * 0 + np.array(prints) * 2
    rows = {"x": {"fingerprint_1": list(prints), "fingerprint_2": list(other), "examples": sizes}}
    return a_table("batch", rows, steps=steps or list(range(len(prints))), epochs=epochs)


ZA106: dict[str, tuple[Run, type[Answer]]] = {
    "always the same": (a_run(batches(*[3.3] * 20), PROGRESS, *STUCK), Flagged),
    "three in a row": (a_run(batches(3.3, 3.3, 3.3), PROGRESS, *STUCK), Flagged),
    "sums that overflow": (a_run(batches(math.inf, 1.0, math.inf), PROGRESS, *STUCK), CannotTell),
    "values that were clipped": (a_run(batches(*[1.5e38] * 9), PROGRESS, *STUCK), CannotTell),
    "two in a row": (a_run(batches(3.3, 3.3), PROGRESS, *STUCK), Passed),
    "three of twenty": (
        a_run(batches(3.3, 3.3, 3.3, *range(17)), PROGRESS, *STUCK), Passed),
    "all but one": (a_run(batches(*[3.3] * 19, 4.4), PROGRESS, *STUCK), Flagged),
    "fresh ones": (a_run(batches(*range(20)), PROGRESS, *STUCK), Passed),
    "within rounding": (a_run(batches(3.3, 3.3000003, 3.3), PROGRESS, *STUCK), Flagged),
    "beyond rounding": (a_run(batches(3.3, 3.3001, 3.3002), PROGRESS, *STUCK), Passed),
    "of other sizes": (
        a_run(batches(3.3, 3.3, 3.3, sizes=[32, 16, 8]), PROGRESS, *STUCK), Passed),
    "every second epoch's": (
        a_run(batches(3.3, 3.3, 3.3, steps=[0, 56, 112]), PROGRESS, *STUCK), CannotTell),
    "one batch an epoch": (
        a_run(batches(*[3.3] * 9, epochs=range(9)), ONE_STEP, *STUCK), NotApplicable),
    "one batch an epoch, found at its end": (
        a_run(batches(*[3.3] * 3, epochs=range(3)), a_table("progress", {"progress": {}}),
              *STUCK, epochs=tuple(Epoch(i, i + 1, 1) for i in range(3))), NotApplicable),
    "neighbours of two epochs": (
        a_run(batches(3.3, 3.3, 3.3, epochs=[0, 1, 2]), PROGRESS, *STUCK), CannotTell),
    "a loop of one's own": (
        a_run(batches(3.3, 3.3, 3.3, epochs=[-1, -1, -1]), PROGRESS, *STUCK), CannotTell),
}  # fmt: skip
ON_PURPOSE = (batches(*[3.3] * 20), PROGRESS, *BEATS, a_contract())


@pytest.mark.parametrize(("run", "want"), ZA106.values(), ids=ZA106.keys())
def test_repeated_batch(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA106", run), want)


def test_it_begins_where_batches_repeat() -> None:
    found = flagged("ZA106", a_run(batches(1.0, *[3.3] * 30), PROGRESS, *STUCK))
    assert found.since == 1
    assert found.evidence[0].value == 30
    assert RULES["ZA106"].tier is Tier.STRONG


@pytest.mark.parametrize(
    ("validation", "tier"),
    [
        ((), Tier.SMELL),  # one batch may be overfitted on purpose
        ((a_curve([2.3, 2.4], split=Split.VALIDATION),), None),  # and elsewhere it guesses
        ((a_curve([2.3, 0.2], split=Split.VALIDATION),), Tier.SMELL),
    ],
    ids=["no validation", "validation fails", "validation learns"],
)
def test_a_batch_that_was_learned(validation: tuple[Any, ...], tier: Tier | None) -> None:
    assert flagged("ZA106", a_run(*ON_PURPOSE, *validation)).tier is tier
