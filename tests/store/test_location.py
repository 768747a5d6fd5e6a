"""The store is the user's own, or it is not used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tb_zeroacc.store import location
from tests.logs.written import curve, write


def test_it_is_made_for_its_user_alone(store: Path) -> None:
    assert location.directory() == store
    assert store.stat().st_mode & 0o777 == 0o700


def test_it_lies_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(location.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: tmp_path / name)
    assert location.directory() == tmp_path / "zeroacc"


@pytest.mark.parametrize("told", ["off", "OFF"])
def test_it_can_be_turned_off(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(location.VARIABLE, told)
    assert location.directory() is None


def test_others_may_not_write_to_it(store: Path, caplog: pytest.LogCaptureFixture) -> None:
    store.mkdir(mode=0o700)
    store.chmod(0o777)
    assert location.directory() is None
    assert f"others may write to it (`chmod 700 {store}`)" in caplog.text


def test_that_of_another_user_is_not_used(
    store: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: store.stat().st_uid + 1)
    assert location.directory() is None
    assert "it belongs to another user" in caplog.text


def test_neither_is_what_a_link_leads_to(store: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    store.symlink_to(tmp_path / "elsewhere")
    assert location.directory() is None


@pytest.mark.parametrize("name", ["file", "file/below", "long" * 100])
def test_a_place_that_cannot_be_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(location.VARIABLE, str(tmp_path / name))
    assert location.directory() is None
    assert not location.is_there()


def test_a_small_directory_does_not_pay_for_it(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "a", curve("loss", [3.0, 2.0]))
    program = (
        "import sys, atexit; sys.argv[1:] = ['diagnose', sys.argv[1]]; "
        "from tb_zeroacc.cli import main; "
        "atexit.register(lambda: print({'sqlite3', 'platformdirs'} & {*sys.modules})); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "logs")], capture_output=True, text=True,
        env={**os.environ, location.VARIABLE: str(tmp_path / "store")}, timeout=120,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "set()", done.stdout + done.stderr
    assert not (tmp_path / "store").exists()
