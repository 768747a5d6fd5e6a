"""ZA703 diverging-loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged


def lossy(loss: Sequence[float], accuracy: Sequence[float] | None = None, **more: Any) -> Run:
    parts = [a_curve(list(loss))]
    if accuracy is not None:
        parts.append(a_curve(list(accuracy), Role.ACCURACY))
    return a_run(*parts, **more)


GROWING = np.geomspace(2.0, 2e4, 20)
SPIKED = [2.0, 1.8, 1.6, 900.0, *np.linspace(1.5, 0.5, 16)]
BLOWN_UP = [1.2, 1.3, 80.0, 500.0, *[math.log(3)] * 16]

CASES: dict[str, tuple[Run, type[Answer]]] = {
    "it grows without end": (lossy(GROWING), Flagged),
    "twice its start, and no more": (lossy(np.linspace(1.0, 2.0, 20)), Passed),
    "above three times its best": (lossy(np.linspace(1.0, 4.0, 20)), Flagged),
    "one spike": (lossy(SPIKED), Passed),
    "it falls": (lossy(GROWING[::-1]), Passed),
    "seven points": (lossy(GROWING[:7]), CannotTell),
    "one point": (lossy([2.0]), CannotTell),
    "huge beside a bad accuracy": (lossy([2e12, 3e9, 2e9, 2e9, 2e9], [0.5] * 5), Flagged),
    "huge beside a good accuracy": (lossy([2e5] * 9, [0.95] * 9), Passed),
    "huge beside one that rose": (lossy([2e5] * 9, np.linspace(0.2, 0.5, 9)), Passed),
    "huge, of a regression": (lossy(np.linspace(2e9, 1e9, 9)), Passed),
    "it blew up, then chance": (lossy(BLOWN_UP, [1 / 3] * 20), Flagged),
    "it blew up and came back": (lossy([1.2, 80.0, *np.linspace(1, 0.1, 18)], [0.9] * 20), Passed),
    "rewards": (a_run(a_curve(list(GROWING)), a_curve([1.0] * 20, Role.REWARD)), NotApplicable),
    "no training loss": (a_run(a_curve(list(GROWING), split=Split.VALIDATION)), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), CASES.values(), ids=CASES.keys())
def test_diverging_loss(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA703", run), want)


def test_begin_and_end_are_told() -> None:
    found = flagged("ZA703", lossy(GROWING))
    assert found.summary.startswith("The loss diverged: it began at 2.6")
    assert found.evidence[0].comparison == "above"


def test_on_a_run_that_goes_on_it_is_a_smell() -> None:
    assert flagged("ZA703", lossy(GROWING, state="live")).tier is Tier.SMELL
    assert flagged("ZA703", lossy(GROWING)).tier is Tier.STRONG


def test_a_few_points_are_a_smell() -> None:
    assert flagged("ZA703", lossy(np.geomspace(2.0, 2e4, 14))).tier is Tier.SMELL
