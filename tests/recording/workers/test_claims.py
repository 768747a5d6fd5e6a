"""Processes that know nothing of each other and share a directory: each writes into its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_zeroacc import facts
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.workers import claims
from tb_zeroacc.recording.workers.claims import NAME, SILENCE, Claim
from tb_zeroacc.recording.workers.identity import ALONE
from tests.keras.reading import read

ELSEWHERE = {"machine": "another one", "process": 1}
# Waits for a word, so that all of them begin at once, and then for another.
PROCESS = """
import sys
from tb_zeroacc import facts
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.workers.identity import ALONE

print("ready", flush=True)
sys.stdin.readline()
session = RecordingSession(sys.argv[1], Guard(), ALONE)
print(session.directory, flush=True)
sys.stdin.readline()
session.fact(3, facts.End("finished", 3))
"""


class Process:
    """Another process, which records when it is told to."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(directory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def tell(self) -> None:
        """Has it begin, or end."""
        assert self._process.stdin is not None
        self._process.stdin.write("go on\n")
        self._process.stdin.flush()

    def begun(self) -> str:
        """The directory that it records into."""
        return self._read()

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Waits for its end."""
        self._process.communicate(timeout=30)


@pytest.fixture
def another(tmp_path: Path) -> object:
    """Starts other processes, and sees to it that they end."""
    begun: list[Process] = []

    def start() -> Process:
        begun.append(Process(tmp_path))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()


def record(directory: Path) -> RecordingSession:
    return RecordingSession(str(directory), Guard(), ALONE)


def test_processes_that_begin_at_once_do_not_mix(
    tmp_path: Path, another: Callable[[], Process]
) -> None:
    processes = [another() for _ in range(3)]
    for process in processes:
        process.tell()
    parts = sorted(Path(process.begun()).relative_to(tmp_path).as_posix() for process in processes)
    assert parts == ["zeroacc", "zeroacc/worker_1", "zeroacc/worker_2"]
    for process in processes:
        process.tell()
        process.wait()
    for part in parts:
        log = read(tmp_path, part)
        assert len(log.files) == 1
        assert log.end() == facts.End("finished", 3)
    assert not list(tmp_path.rglob(f"{NAME}*")), "a claim was left behind"


def test_one_that_begins_when_another_was_killed_takes_its_place(
    tmp_path: Path, another: Callable[[], Process]
) -> None:
    killed = another()
    killed.tell()
    assert killed.begun() == str(tmp_path / "zeroacc")
    killed.kill()
    assert (tmp_path / "zeroacc" / NAME).exists()
    assert record(tmp_path).directory == str(tmp_path / "zeroacc")


def test_sessions_of_one_process_share_a_directory(tmp_path: Path) -> None:
    first, second = record(tmp_path), record(tmp_path)
    assert first.directory == second.directory == str(tmp_path / "zeroacc")
    first.fact(1, facts.End("finished", 1))
    assert (tmp_path / "zeroacc" / NAME).exists()
    second.fact(1, facts.End("finished", 1))
    assert not (tmp_path / "zeroacc" / NAME).exists()
    second.resume()
    assert (tmp_path / "zeroacc" / NAME).exists()
    second.fact(2, facts.End("finished", 2))
    assert not (tmp_path / "zeroacc" / NAME).exists()


@pytest.mark.parametrize(
    ("claim", "silence", "number"),
    [
        (ELSEWHERE, 0.0, 1),
        (ELSEWHERE, SILENCE - 30, 1),
        (ELSEWHERE, SILENCE + 30, 0),
        ({}, 0.0, 1),  # one that is being written
        ({}, SILENCE + 30, 0),
        ({"process": "7"}, 0.0, 1),
    ],
)
def test_the_silence_of_another_machine(
    tmp_path: Path, claim: dict[str, object], silence: float, number: int
) -> None:
    wrote = time.time() - silence
    for name in (NAME, "events.out.tfevents.1.there.1.0.zeroacc"):
        path = tmp_path / name
        path.write_text(json.dumps(claim) if name == NAME and claim else "")
        os.utime(path, (wrote, wrote))
    place = tmp_path / f"worker_{number}" if number else tmp_path
    assert Claim(str(tmp_path)).directory == str(place)
    assert not [p for p in tmp_path.rglob(f"{NAME}.*")], "something was left behind"


def test_a_claim_that_another_was_quicker_to_renew_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two see the same void claim; the other has made its own before this one moves it away."""
    (tmp_path / NAME).write_text(json.dumps({**ELSEWHERE, "process": 2}))
    quicker = json.dumps({**ELSEWHERE, "process": 3})

    def is_gone(claim: dict[str, object], directory: Path) -> bool:
        (directory / NAME).write_text(quicker)
        return claim["process"] == 2

    monkeypatch.setattr(claims, "_is_gone", is_gone)
    assert Claim(str(tmp_path)).directory == str(tmp_path / "worker_1")
    assert (tmp_path / NAME).read_text() == quicker


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_releases_nothing(tmp_path: Path) -> None:
    claim = Claim(str(tmp_path))
    child = os.fork()
    if not child:
        claim.release()
        os._exit(0 if Claim(str(tmp_path)).directory == str(tmp_path / "worker_1") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / NAME).exists()
    claim.release()


def test_a_directory_that_cannot_be_written_turns_the_log_off_alone(tmp_path: Path) -> None:
    (tmp_path / "zeroacc").write_text("a file stands where the directory should")
    guard = Guard()
    with pytest.warns(RuntimeWarning, match="log file"):
        session = RecordingSession(str(tmp_path), guard, ALONE)
    assert not session.is_writing
