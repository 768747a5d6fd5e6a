"""The verdict as the command prints it."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, Fix, Tier, at_least
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.facts import Fit
from tb_zeroacc.report.text import print_readings
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table


def test_what_is_in_preview_stands_apart(capsys: pytest.CaptureFixture[str]) -> None:
    tried = Finding(1, "ZA302", "too-few-units", Tier.STRONG, "It has too few units.", "", (), (),
                    (), Fix("Add units."))  # fmt: skip
    verdict = Diagnosis("a", Outcome.LEARNING, "No fault found.", previews=(tried,))
    print_readings([Reading(Run("a"), verdict)])
    printed = capsys.readouterr().out
    assert "1. ZA302" not in printed, "it is no finding"
    _, said = printed.split("In preview, by rules that are not yet shown to be right")
    assert "ZA302 too-few-units: It has too few units." in said


def test_what_speaks_against_a_cause_has_its_number_and_limit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    against = Evidence.of_number("accuracy, against its best", 0.776, at_least(0.7))
    cause = Finding(1, "ZA605", "overfits", Tier.SMELL, "It overfits.", "", (), (against,), (),
                    Fix("Stop."))  # fmt: skip
    print_readings([Reading(Run("a"), Diagnosis("a", Outcome.LEARNING, "Yes.", findings=(cause,)))])
    said = "Against it: accuracy, against its best: 0.776 (healthy: at least 0.7)"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (True, "(still running: step 20 of 780)"),
        (False, "(still running, or just ended: 20 steps so far)"),
    ],
)
def test_a_live_training_says_how_far_it_is(
    recorded: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = a_contract(fit=Fit(epochs=10, steps_per_epoch=78))
    loss = a_table("loss", {"loss": {"loss": 2.3}}, steps=[19])
    curve = a_curve([2.3, 2.3], axis="step", steps=[0, 20])
    run = a_run(planned, loss, curve, recorded=recorded, state="live")
    print_readings([Reading(run, Diagnosis("a", Outcome.CANNOT_TELL, "Too short to judge."))])
    assert said in capsys.readouterr().out
