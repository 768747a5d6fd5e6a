"""The worked examples of docs/monitoring.md, run as they stand there as far as a machine allows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAPER = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
# What stands in for the training program: it writes a log, and would go on for minutes.
PROGRAM = """
import sys, time
from pathlib import Path
from tests.monitoring.trainings import BROKEN, HEALTHY, begin, record
logs, kind = Path(sys.argv[sys.argv.index("--logs") + 1]), {kind!r}
time.sleep(0.5)
if kind == "broken":
    begin(logs, BROKEN)
    time.sleep(300)
record(logs, HEALTHY, ended=True)
time.sleep({rests})
sys.exit({code})
"""


def example(name: str) -> str:
    """The block of the paper that is marked with a name."""
    (block,) = re.findall(rf"```\w+ {name}\n(.*?)```", PAPER, re.DOTALL)
    return str(block)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory whose `zeroacc` and `python` are those of this test; it looks often."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    main = "from tb_zeroacc.cli import main; main()"
    for name, words in (("python", '"$@"'), ("zeroacc", f'-c "{main}" "$@" --interval 0.3')):
        (bin_ / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}\n')
        (bin_ / name).chmod(0o755)
    return tmp_path


def run(script: str, place: Path, kind: str, *, rests: float = 2.0, code: int = 0) -> int:
    """Runs a shell script beside such a training; its exit code."""
    (place / "train.py").write_text(PROGRAM.format(kind=kind, rests=rests, code=code))
    (place / "script.sh").write_text(script)
    environment = {
        **os.environ,
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SLURM_JOB_ID": "17",
    }
    began = time.monotonic()
    done = subprocess.run(
        ["bash", "-e", "script.sh"] if script.startswith("python") else ["bash", "script.sh"],
        cwd=place, env=environment, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert time.monotonic() - began < 100, "the training was ended early"
    return done.returncode


def github() -> str:
    (step,) = yaml.safe_load(example("github"))
    assert step["shell"] == "bash"  # which is `bash -e`
    return str(step["run"])


def slurm() -> str:
    return example("slurm")


ENDS = {
    "Slurm ends a hopeless training": (slurm, "broken", 0, 3),
    "Slurm lets a healthy one end": (slurm, "healthy", 0, 0),
    "Slurm fails with one that crashes": (slurm, "healthy", 7, 7),
    "GitHub ends a hopeless training": (github, "broken", 0, 3),
    "GitHub lets a healthy one end": (github, "healthy", 0, 0),
}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no bash")
@pytest.mark.parametrize(("script", "kind", "code", "ends"), ENDS.values(), ids=ENDS)
def test_a_job_is_ended_where_it_is_hopeless(
    script: Any, kind: str, code: int, ends: int, place: Path
) -> None:
    assert run(script(), place, kind, code=code) == ends


def test_kubernetes_fails_the_job_where_the_watch_says_so(place: Path) -> None:
    job = yaml.safe_load(example("kubernetes"))
    pod = job["spec"]["template"]["spec"]
    train, watch = pod["containers"]
    (rule,) = job["spec"]["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["containerName"]) == ("FailJob", watch["name"])
    assert pod["restartPolicy"] == "Never", "a pod failure policy asks for that"
    mounts = {mount["mountPath"] for mount in train["volumeMounts"] + watch["volumeMounts"]}
    assert mounts == {"/logs"}

    here = {"/logs": str(place / "logs"), "0.0.0.0:9464": "127.0.0.1:0"}
    lines = [
        " ".join(f"'{here.get(word, word)}'" for word in container["command"])
        for container in (train, watch)
    ]
    both = "python" + lines[0].removeprefix("'python'") + " &\n" + f"code=0\n{lines[1]} || code=$?"
    code = run(f"{both}\nkill %1 2>/dev/null || true\nexit $code\n", place, "broken")
    assert code in rule["onExitCodes"]["values"]
    shutil.rmtree(place / "logs")  # an `emptyDir` begins empty
    code = run(f"{both}\nwait || true\nexit $code\n", place, "healthy")
    assert code == 0


def test_the_scrape_configuration_is_what_prometheus_reads() -> None:
    (job,) = yaml.safe_load(example("scrape"))["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
