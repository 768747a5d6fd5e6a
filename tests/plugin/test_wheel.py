"""The tab is built into the wheel on a machine without Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("frontend", "tb_zeroacc", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE")
BUNDLE = "tb_zeroacc/plugin/static/index.js"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The source tree as a fresh clone has it: nothing built, nothing installed."""
    source = tmp_path / "source"
    source.mkdir()
    skip = shutil.ignore_patterns("node_modules", "index.js", "__pycache__")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, source / name)
    return source


@pytest.fixture
def path_without_node(tmp_path: Path) -> str:
    """A PATH on which there is a shell but neither node nor npm."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "env"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    return str(programs)


@pytest.mark.skipif(os.name == "nt", reason="the PATH is made of links")
def test_the_wheel_is_built_without_node_on_the_path(
    source: Path, path_without_node: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    built = subprocess.run(
        [*command, "--wheel-dir", tmp_path / "wheels", source],
        env={**os.environ, "PATH": path_without_node},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        page = archive.read(BUNDLE).decode()
        (entry_points,) = [n for n in names if n.endswith("entry_points.txt")]
        assert "zero_accuracy = tb_zeroacc.plugin.loader" in archive.read(entry_points).decode()
    assert "export{" in page.replace(" ", "")
    shipped = {f"tb_zeroacc/monitoring/files/{name}" for name in ("alerts.yml", "dashboard.json")}
    assert shipped <= set(names)
    assert not [name for name in names if name.startswith(("frontend", "demo", "tests"))]
