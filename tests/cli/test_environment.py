"""What `zeroacc` says of a machine on which TensorBoard does not start."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from tensorboard import version

from tb_zeroacc.cli.app import answer
from tb_zeroacc.cli.environment import tensorboard_obstacle


def install(monkeypatch: pytest.MonkeyPatch, tensorboard: str, setuptools: str | None) -> None:
    def told(package: str) -> str:
        if package != "setuptools" or setuptools is None:
            raise metadata.PackageNotFoundError(package)
        return setuptools

    monkeypatch.setattr(version, "VERSION", tensorboard)
    monkeypatch.setattr(metadata, "version", told)


@pytest.mark.parametrize(
    ("tensorboard", "setuptools", "starts"),
    [
        ("2.20.0", "82.0.1", False),
        ("2.18.0", "84.2.1", False),
        ("2.20.0", None, False),
        ("2.20.0", "81.0.0", True),
        ("2.20.0", "75.1.0.post1", True),
        ("2.21.0", "84.2.1", True),
        ("2.22.0a20261101", "84.2.1", True),
    ],
)
def test_which_pairs_do_not_start(
    tensorboard: str, setuptools: str | None, starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, tensorboard, setuptools)
    assert (tensorboard_obstacle() is None) == starts


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command_says_so_beside_its_answer(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    install(monkeypatch, tensorboard="2.20.0", setuptools="82.0.1")
    answer(["diagnose", str(tmp_path), "--format", form])
    said = capsys.readouterr()
    assert "TensorBoard 2.20 does not start beside setuptools 82" in said.err
    assert "pip install 'setuptools<82'" in said.err
    assert "pkg_resources" not in said.out
