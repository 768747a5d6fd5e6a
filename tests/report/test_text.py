"""The verdict as the command prints it."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Fix, Tier
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.report.text import print_readings
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading


def test_what_is_in_preview_stands_apart(capsys: pytest.CaptureFixture[str]) -> None:
    tried = Finding(1, "ZA302", "too-few-units", Tier.STRONG, "It has too few units.", "", (), (),
                    (), Fix("Add units."))  # fmt: skip
    verdict = Diagnosis("a", Outcome.LEARNING, "No fault found.", previews=(tried,))
    print_readings([Reading(Run("a"), verdict)])
    printed = capsys.readouterr().out
    assert "1. ZA302" not in printed, "it is no finding"
    _, said = printed.split("In preview, by rules that are not yet shown to be right")
    assert "ZA302 too-few-units: It has too few units." in said
