"""What every rule knows of a run: its last scores, and whether they beat a constant prediction."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

EVEN = a_table("label_counts", {"y": {"0": 50.0, "1": 50.0}})
BINARY = a_contract(loss="binary_crossentropy", activation="sigmoid", units=1)
LN2 = math.log(2)


def scored(loss: float, accuracy: float | None = None) -> Run:
    scores = () if accuracy is None else (a_curve([0.5, accuracy], Role.ACCURACY),)
    return a_run(BINARY, EVEN, a_curve([1.0, loss]), *scores)


@pytest.mark.parametrize(
    ("run", "beats"),
    [
        (scored(0.49 * LN2), True),
        (scored(0.51 * LN2), False),
        (scored(0.49 * LN2, 0.63), True),
        (scored(0.49 * LN2, 0.62), False),  # both must
        (a_run(a_curve([1.0, 0.1])), None),  # no baseline is known
    ],
)
def test_a_run_beats_its_baseline_by_every_known_score(run: Run, beats: bool | None) -> None:
    assert context_of(run).beats is beats


def test_the_penalty_of_regularisers_is_left_out() -> None:
    penalty = a_table("loss", {"loss": {"penalty": [0.5, 0.25]}})
    run = a_run(BINARY, EVEN, a_curve([1.0, 0.5]), penalty)
    assert context_of(run).final_loss == 0.25
    assert context_of(run).loss_ratio == pytest.approx(0.25 / LN2)


def test_what_keras_itself_recorded_is_strong_at_most() -> None:
    assert context_of(a_run(a_contract())).tier_of_contract is None
    assert context_of(a_run(a_contract(source="keras_record"))).tier_of_contract is Tier.STRONG
