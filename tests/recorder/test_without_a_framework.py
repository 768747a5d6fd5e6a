"""What belongs to no framework records and diagnoses a training while none can be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ("0.5", "learning No fault found"),
        ("1e-7", "ZA702 The learning rate is too low"),
        ("1e6", "ZA701 The learning rate is too high"),
    ],
    ids=["healthy", "too low a rate", "too high a rate"],
)
def test_a_training_in_numpy(rate: str, said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.recorder.numpy_training", str(tmp_path), rate],
        capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(said), done.stdout
    assert done.stdout.rstrip().endswith("{}"), "a part of the record was turned off"
