"""The examples of docs/clusters.md, each run as it stands there, as far as one machine allows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tb_zeroacc import diagnose, facts
from tests.keras.clusters.processes import LIMIT, clusters_of, run_together
from tests.keras.reading import read

pytestmark = [pytest.mark.training, pytest.mark.long]
ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
NAMED = re.compile(r"^# ([\w.]+)(?::.*)?$", re.MULTILINE)
# What Slurm does with `srun`, on this machine alone.
SRUN = """#!/bin/sh
export SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2
for task in 0 1; do SLURM_PROCID=$task "$@" & done
wait
"""


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A directory with all examples in it."""
    for block in re.findall(r"^```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        if (name := NAMED.search(block)) is not None:
            (tmp_path / name[1]).write_text(block, encoding="utf-8")
    srun = tmp_path / "srun"
    srun.write_text(SRUN, encoding="utf-8")
    srun.chmod(0o755)
    return tmp_path


def written(directory: Path) -> list[str]:
    return sorted(path.name for path in (directory / "zeroacc").iterdir())


def test_keras_fit_under_mirrored_strategy(examples: Path) -> None:
    (ended,) = run_together([[str(examples / "mirrored.py")]], [{}], directory=examples)
    assert ended.code == 0, ended.complained[-3000:]
    log = read(examples / "runs" / "mirrored")
    assert log.contract().strategy == "MirroredStrategy"
    assert log.end() == facts.End("finished", 128)


@pytest.mark.parametrize("name", ["workers", "keras_2"])
def test_two_machines(examples: Path, name: str) -> None:
    if name == "keras_2":
        pytest.importorskip("tf_keras")
    command = [str(examples / f"{name}.py")]
    for attempt in range(3):  # TensorFlow gives up workers that a busy machine holds up for 10 s
        found = run_together([command] * 2, clusters_of(2), directory=examples)
        if all(ended.code == 0 for ended in found):
            break
        assert attempt < 2, [ended.complained[-3000:] for ended in found]
    directory = examples / "runs" / name
    assert written(directory) == ["worker_0", "worker_1"]
    for worker in (0, 1):
        log = read(directory, f"zeroacc/worker_{worker}")
        assert log.end().how == "finished"
        assert log.steps("gradients") == log.steps("reduced_gradients") == log.steps()
    assert_a_job_of_two(directory)


@pytest.mark.parametrize("script", ["launch.sh", "job.sbatch"])
def test_processes_that_a_launcher_starts(examples: Path, script: str) -> None:
    path = os.pathsep.join([str(examples), str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        ["sh", script], cwd=examples, check=True, timeout=LIMIT,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"},
    )  # fmt: skip
    directory = examples / "runs" / "shards"
    assert written(directory) == ["worker_0", "worker_1"]
    assert_a_job_of_two(directory)


def assert_a_job_of_two(directory: Path) -> None:
    (verdict,) = diagnose(str(directory))
    assert list(verdict.lanes) == ["worker 0", "worker 1"]
    # Which of two processes a busy machine holds up is another matter.
    named = {found.code for found in verdict.findings if found.workers}
    assert named <= {"ZA805"}, verdict.headline
