"""The file of all sentences is that of the rules as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.diagnosis.sentences import FILE


def test_the_file_of_sentences_is_up_to_date() -> None:
    program = "from tests.diagnosis.sentences import collected; text = collected(); "
    program += "print('<<<' + text, end='')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.partition("<<<")[2] == FILE.read_text(encoding="utf-8"), (
        "run `python -m tests.diagnosis.sentences`, and read what changed"
    )


def test_every_rule_has_a_finding_in_it() -> None:
    sections = FILE.read_text(encoding="utf-8").strip().split("\n\n")
    without = [text.split(":")[0] for text in sections if "        shown by: " not in text]
    assert not without, "no planted run of their tests is flagged with evidence"
