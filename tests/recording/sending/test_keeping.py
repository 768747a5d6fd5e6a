"""Which spool may be taken over: one of the same training that no process keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_zeroacc.recording.sending import keeping

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no file can be locked there")
URL = "memory://bucket/run/zeroacc"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir(0o700)
    return made


def left(spool: Path, url: str = URL) -> None:
    """A process that kept it has gone."""
    keeper = keeping.keep(spool, url)
    assert keeper is not None
    keeper.release()


def test_it_is_taken_over_once_it_is_left_and_by_one_alone(spool: Path) -> None:
    keeper = keeping.keep(spool, URL)
    assert keeper is not None
    assert keeping.take_over(spool, URL) is None, "its process lives"
    keeper.release()
    keeper.release()
    taken = keeping.take_over(spool, URL)
    assert taken is not None
    assert taken.url == URL
    assert keeping.take_over(spool, URL) is None, "it has another keeper"
    taken.release()
    assert keeping.take_over(spool, URL) is not None, "that one gave it up"


@pytest.mark.parametrize(
    ("left_for", "url", "is_ours"),
    [
        (URL, URL, True),
        (f"{URL}/worker_1", URL, True),
        (URL, f"{URL}/worker_1", True),
        (f"{URL}/worker_1", f"{URL}/worker_2", True),
        ("memory://bucket/other/zeroacc", URL, False),
        ("memory://other/run/zeroacc", URL, False),
        (f"{URL}/worker_1", "memory://bucket/run/b/zeroacc/worker_1", False),
    ],
)
def test_it_is_of_the_same_training(spool: Path, left_for: str, url: str, is_ours: bool) -> None:
    left(spool, left_for)
    taken = keeping.take_over(spool, url)
    assert (taken is not None) is is_ours
    if taken is not None:
        assert taken.url == left_for, "it goes to where it was meant to"


def of_somebody_else(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(keeping.os, "geteuid", lambda: mine + 1)


def open_to_others(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.chmod(0o750)


def a_link(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.rename(spool.with_name("meant"))
    spool.symlink_to(spool.with_name("meant"))


def an_owner_that_is_a_link(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meant = spool.with_name("meant")
    (spool / keeping.OWNER).rename(meant)
    (spool / keeping.OWNER).symlink_to(meant)


def an_owner_that_is_a_pipe(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (spool / keeping.OWNER).unlink()
    os.mkfifo(spool / keeping.OWNER, 0o600)


def without_an_owner(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (spool / keeping.OWNER).unlink()


def removed_meanwhile(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = keeping.fcntl.flock

    def as_it_is_removed(descriptor: int, how: int) -> None:
        (spool / keeping.OWNER).unlink()
        lock(descriptor, how)

    monkeypatch.setattr(keeping.fcntl, "flock", as_it_is_removed)


def replaced_meanwhile(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, owner = keeping.fcntl.flock, spool / keeping.OWNER

    def as_it_is_replaced(descriptor: int, how: int) -> None:
        content = owner.read_text()
        owner.rename(spool / "old")
        owner.write_text(content)
        lock(descriptor, how)

    monkeypatch.setattr(keeping.fcntl, "flock", as_it_is_replaced)


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


@pytest.mark.parametrize(
    "change",
    [
        of_somebody_else, open_to_others, a_link, an_owner_that_is_a_link, an_owner_that_is_a_pipe,
        without_an_owner, removed_meanwhile, replaced_meanwhile,
    ],
)  # fmt: skip
def test_what_may_not_be_ours_is_left_alone(
    change: Callable[[Path, pytest.MonkeyPatch], None],
    spool: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left(spool)
    files = open_files()
    change(spool, monkeypatch)
    assert keeping.take_over(spool, URL) is None
    assert open_files() == files, "no file stays open"


FORKS = """
import os, signal, sys
from pathlib import Path
from tb_zeroacc.recording.sending import keeping

keeper = keeping.keep(Path(sys.argv[1]), sys.argv[2])
if os.fork():
    signal.pause()  # until it is killed
print("forked", flush=True)
sys.stdin.read()  # as one that loads data, until the test has ended
os._exit(0)
"""


def test_a_forked_child_does_not_keep_it_when_its_parent_was_killed(spool: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FORKS, str(spool), URL], cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == "forked\n"
        assert keeping.take_over(spool, URL) is None, "the parent lives"
        parent.kill()
        parent.wait(60)
        taken = keeping.take_over(spool, URL)
        parent.stdin.close()  # the child ends
    assert taken is not None, "the child holds it, which will never send anything"
