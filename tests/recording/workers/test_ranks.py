"""Real processes that a launcher numbers, one of which is killed and started again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tb_zeroacc import diagnose, facts
from tests.keras.reading import read

STEPS, LIMIT = 40, 60.0


@contextlib.contextmanager
def process(directory: Path, rank: int, pause: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """One that is killed at the end, if it still runs."""
    command = [sys.executable, "-m", "tests.recording.workers.rank_program", str(directory)]
    with subprocess.Popen(
        [*command, str(STEPS), str(pause)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "RANK": str(rank), "WORLD_SIZE": "2"},
    ) as one:  # fmt: skip
        try:
            yield one
        finally:
            one.kill()


def test_one_of_two_is_killed_and_started_again(tmp_path: Path) -> None:
    with process(tmp_path, 0) as first, process(tmp_path, 1, pause=LIMIT) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "begun\n"
        killed.kill()
        assert first.wait(LIMIT) == 0
    with process(tmp_path, 1) as again:
        assert again.wait(LIMIT) == 0

    healthy, odd = (read(tmp_path, f"zeroacc/worker_{rank}") for rank in (0, 1))
    assert len(healthy.facts(facts.Start)) == 1
    assert [start.worker for start in odd.facts(facts.Start)] == [1, 1]
    assert [end.how for end in odd.facts(facts.End)] == ["finished"]
    (verdict,) = diagnose(str(tmp_path))
    assert list(verdict.lanes) == ["worker 0", "worker 1"]
    assert not any(found.code in ("ZA802", "ZA804", "ZA805") for found in verdict.findings)
