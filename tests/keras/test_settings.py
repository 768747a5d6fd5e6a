"""Settings of TensorFlow, Keras and Python that people turn on: training goes on as without us."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keras.settings_program import SETTINGS

pytestmark = pytest.mark.training
ROOT = Path(__file__).parents[2]
# The ways to train in which a setting once did harm, each in another part of the recorder.
HARMED = {
    "determinism": ["fit", "fit eagerly", "fit by two steps", "loop in a function"],
    "check_numerics": [
        "fit on NaN", "fit eagerly", "fit by two steps", "fit with a function for a rate",
        "fit of a tapped dataset", "loop", "loop in a function that records first",
    ],
    "warnings as errors": ["fit with validation", "fit with a function for a rate", "loop"],
}  # fmt: skip


def faults_in(setting: str, directory: Path, *ways: str) -> dict[str, list[str]]:
    """What is wrong in a setting, which lasts as long as its process, by the way to train."""
    program = [sys.executable, "-m", "tests.keras.settings_program"]
    done = subprocess.run(
        [*program, setting, str(directory), *ways], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"the program itself broke:\n{done.stderr[-4000:]}"
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("setting", HARMED)
def test_ways_to_train_that_a_setting_has_harmed(setting: str, tmp_path: Path) -> None:
    assert faults_in(setting, tmp_path, *HARMED[setting]) == {}


@pytest.mark.long
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_way_to_train(setting: str, tmp_path: Path) -> None:
    assert faults_in(setting, tmp_path) == {}
