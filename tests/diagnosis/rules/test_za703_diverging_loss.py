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
ANNEALED = 0.3 + 0.7 * np.geomspace(1, 0.01, 20) + np.linspace(0.0, 3.0, 20) ** 1.5 / 2
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
    "far below 0": (lossy(-np.geomspace(0.5, 1e7, 20), [0.5] * 20), Flagged),
    "ten times its start below 0": (lossy([*[1.0] * 18, -10.0, -10.0]), Passed),
    "far below 0, ever slower": (lossy(-900.0 * (1.0 - 0.5 ** np.arange(20))), Passed),
    "below 0 while accuracy rises": (
        lossy(-np.geomspace(0.5, 1e7, 20), np.linspace(0.1, 0.9, 20)), Passed,
    ),
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


def beside(total: Sequence[float], values: Sequence[float], role: Role) -> Run:
    """A loss with another curve of the same steps."""
    return a_run(a_curve(list(total)), a_curve(list(values), role, tag="part", headline=False))


TASK, PENALTY = np.geomspace(1.0, 0.1, 20), np.linspace(0.01, 30.0, 20)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (beside(TASK + PENALTY, TASK, Role.LOSS), "its term `part` fell from 0.943"),
        (beside(TASK + PENALTY, PENALTY, Role.OTHER), "without `part` it did not"),
    ],
)
def test_a_term_that_fell_and_a_penalty_that_grew_explain_it(run: Run, reason: str) -> None:
    found = answer("ZA703", run)
    assert isinstance(found, Passed)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (TASK[::-1], Role.LOSS),  # a term that got worse, too
        (PENALTY / 2, Role.OTHER),  # half of the rise
        (2 * PENALTY, Role.OTHER),  # more than there is
        (np.ones(20), Role.OTHER),
    ],
)
def test_other_curves_explain_nothing(values: Sequence[float], role: Role) -> None:
    assert flagged("ZA703", beside(TASK + PENALTY, values, role)).tier is Tier.SMELL


@pytest.mark.parametrize(
    ("loss", "tier"),
    [
        (ANNEALED, Tier.SMELL),  # little by little, as the weight of a term grows
        ([1.0, 1.0, *np.linspace(1.0, 900.0, 18)], Tier.SMELL),
        ([1.0, 1.0, *np.linspace(1.0, 1500.0, 18)], Tier.STRONG),
        ([*[1.0] * 10, *[9.0] * 10], Tier.SMELL),  # at once, as a term that comes in later
        ([*[1.0] * 10, *[11.0] * 10], Tier.STRONG),
        (np.geomspace(1.0, 50.0, 20), Tier.STRONG),
    ],
)
def test_what_the_weight_of_a_term_can_do_is_a_smell(loss: Sequence[float], tier: Tier) -> None:
    found = flagged("ZA703", lossy(loss))
    assert found.tier is tier
    assert ("log the terms" in found.context) is (tier is Tier.SMELL)


def test_without_an_accuracy_it_may_run_away_on_purpose() -> None:
    assert flagged("ZA703", lossy(-np.geomspace(0.5, 1e7, 20))).tier is Tier.SMELL
