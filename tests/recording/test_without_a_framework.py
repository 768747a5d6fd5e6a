"""What belongs to no framework records and diagnoses a training while none can be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        refused = "tensorflow", "keras", "tf_keras", "tensorboard.compat.tensorflow_stub"
        if name.startswith(refused):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusing())
from tests.recording.numpy_training import main
main(*sys.argv[1:])
"""


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
        [sys.executable, "-c", PROGRAM, str(tmp_path), rate],
        capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(said), done.stdout
    assert done.stdout.rstrip().endswith("{}"), "a part of the record was turned off"
