"""Losses that run away below 0 have not got better."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.computed.learning.improvement import improvements_of
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Curve, Role
from tests.diagnosis.planted import a_contract, a_curve, a_run

# Masks of 0 and 255 under a cross-entropy of the user's own, by epochs.
AWAY = [-26.5, -430.0, -3280.0, -16816.0, -65098.0, -2e5, -5.3e5, -1.2e6, -2.5e6, -4.8e6, -8.6e6]
LIKELIHOOD = [5.0, 1.0, -2.0, -8.0, -20.0, -40.0, -55.0, -63.0, -68.0, -70.0, -71.0]
LOSSES = {
    "a likelihood that converges below 0": (LIKELIHOOD, True),
    "from near 0, ever faster": (AWAY, False),
    "from afar, ever faster": ([10 * v for v in AWAY[4:] for _ in range(2)], False),
    "an overlap": ([-0.1, -0.3, -0.5, -0.6, -0.7, -0.75, -0.8, -0.82], True),
}


@pytest.mark.parametrize(("values", "improved"), LOSSES.values(), ids=LOSSES.keys())
def test_a_loss_that_runs_away_has_not_improved(values: list[float], improved: bool) -> None:
    overlap = [1.4 + 0.05 * i for i in range(len(values))]  # a metric that the labels blow up
    curve = a_curve(overlap, Role.METRIC, tag="zeroacc/epoch/dice", headline=False)
    run = a_run(a_curve(values), curve, recorded=False)
    assert bool(improvements_of(run)) is improved
    told = diagnose(run, CATALOGUE, strict=True)
    assert (told.outcome is Outcome.LEARNING) is improved


@pytest.mark.parametrize(
    ("beside", "improved"),
    [
        (a_curve([0.5, 0.1] * 6, Role.REWARD, tag="reward"), False),
        (a_curve([float(i) for i in range(12)], Role.REWARD, tag="reward"), True),
        (a_curve([0.7] * 12, tag="g_loss", name="g_loss", headline=False), False),
        (a_curve([0.7] * 12, tag="aux_loss", name="aux_loss", headline=False), True),
    ],
    ids=["a reward that stays", "a reward that rises", "an opponent", "another loss"],
)
def test_a_loss_whose_goal_moves_shows_nothing(beside: Curve, improved: bool) -> None:
    """Of values or of a game: it falls where nothing is learned, and rises where something is."""
    run = a_run(a_curve([1.0 - 0.08 * i for i in range(12)]), beside, recorded=False)
    assert bool(improvements_of(run)) is improved


def test_a_cross_entropy_below_zero_beats_nothing() -> None:
    contract = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)
    told = diagnose(a_run(contract, a_curve(AWAY)), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA201"
    assert told.outcome is Outcome.NOT_LEARNING
