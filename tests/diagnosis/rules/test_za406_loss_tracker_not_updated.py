"""ZA406 loss-tracker-not-updated: which logged losses are refuted, tests/logs tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.facts import Epoch
from tb_zeroacc.run import Role, Run
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.diagnosis.rules.asking import answer, flagged

EPOCHS = {"epochs": (Epoch(0, 2, 2), Epoch(1, 4, 2))}
SAMPLES = a_table("loss", {"loss": {"loss": [1.2, 1.1, 1.0, 0.9]}})
LOGGED = a_curve([0.0, 0.0])
REFUTED = replace(LOGGED, role=Role.OTHER, headline=False, refuted=True)

ZA406: dict[str, tuple[Run, type[Answer]]] = {
    "a refuted loss": (a_run(REFUTED, SAMPLES, **EPOCHS), Flagged),
    "a logged loss that stands": (a_run(LOGGED, SAMPLES, **EPOCHS), Passed),
    "no sampled step": (a_run(REFUTED, **EPOCHS), CannotTell),
    "no epoch": (a_run(REFUTED, SAMPLES), CannotTell),
}


@pytest.mark.parametrize(("run", "want"), ZA406.values(), ids=ZA406.keys())
def test_loss_tracker_not_updated(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA406", run), want)


def test_it_shows_both_losses() -> None:
    found = flagged("ZA406", a_run(REFUTED, SAMPLES, **EPOCHS))
    assert "0.9" in found.summary
    assert [fact.value for fact in found.evidence] == [0.0, pytest.approx(0.9)]
