"""Processes that read shares, with real ones: every share is answered, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.pool.handing_over import ReadShare
from tb_zeroacc.pool.pool import Killer, NotStarted, read_in_processes
from tb_zeroacc.pool.reading import ReadAndJudge
from tb_zeroacc.pool.shares import Share, units_of
from tests.logs.written import curve, write
from tests.pool import judges


def written(path: Path, names: str = "abcdef") -> Path:
    for name in names:
        write(path / name, curve("loss", [5.0, 4.0, 3.0]), 1)
    return path


def shares(path: Path, size: int) -> list[Share]:
    listed = LogReader(str(path)).look()
    units = units_of(listed, {file.member for file in listed}, path.name)
    return [tuple(units[at : at + size]) for at in range(0, len(units), size)]


def task(path: Path, judge: Any) -> ReadAndJudge:
    return ReadAndJudge(str(path), path.name, None, None, judge)


def verdicts(outcomes: list[Any]) -> dict[str, str]:
    read = [outcome.verdicts for outcome in outcomes if isinstance(outcome, ReadShare)]
    return {name: verdict.headline for each in read for name, verdict in each.items()}


def members(share: Share) -> list[str]:
    return [file.member for unit in share for file in unit]


@pytest.mark.parametrize("size", [1, 4])
def test_every_share_is_read(size: int, tmp_path: Path) -> None:
    work = shares(written(tmp_path), size)
    outcomes = list(read_in_processes(task(tmp_path, judges.name), work, 2))
    assert verdicts(outcomes) == {name: name for name in "abcdef"}
    assert len(outcomes) == len(work)


class Garbled(ReadAndJudge):
    """As where a package was installed anew between the start of one process and of the other."""

    def received(self, sent: bytes) -> ReadShare:
        raise AttributeError("there is no such class any more")


def test_a_result_that_cannot_be_understood_is_answered_too(tmp_path: Path) -> None:
    work = shares(written(tmp_path), 6)
    garbled = Garbled(str(tmp_path), tmp_path.name, None, None, judges.name)
    outcomes = list(read_in_processes(garbled, work, 1))
    assert {type(outcome) for outcome in outcomes} == {Killer}
    assert sorted(name for one in outcomes for name in members(one.share)) == [*"abcdef"]


@pytest.mark.parametrize("size", [1, 6])
def test_a_log_that_kills_its_reader_takes_no_other_with_it(size: int, tmp_path: Path) -> None:
    work = shares(written(tmp_path), size)
    outcomes = list(read_in_processes(task(tmp_path, judges.deadly), work, 2))
    assert verdicts(outcomes).keys() == set("abdef")
    (killer,) = (outcome for outcome in outcomes if isinstance(outcome, Killer))
    assert members(killer.share) == ["c"]
    assert killer.how == "killed by SIGKILL, perhaps for want of memory"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["/no/such/interpreter"], id="not there"),
        pytest.param([""], id="no name"),
        pytest.param([sys.executable, "-c", "raise SystemExit(3)"], id="ends at once"),
        pytest.param([sys.executable, "-c", "print('hello')"], id="says something else"),
    ],
)
def test_where_no_process_can_be_started_every_share_is_given_back(
    command: list[str], tmp_path: Path
) -> None:
    work = shares(written(tmp_path), 2)
    outcomes = list(read_in_processes(task(tmp_path, judges.name), work, 2, lambda: command))
    given_back = [outcome.share for outcome in outcomes if isinstance(outcome, NotStarted)]
    assert sorted(map(members, given_back)) == [["a", "b"], ["c", "d"], ["e", "f"]]


def test_no_framework_is_imported(tmp_path: Path) -> None:
    work = shares(written(tmp_path, "a"), 1)
    (outcome,) = read_in_processes(task(tmp_path, judges.packages), work, 1)
    imported = set(verdicts([outcome])["a"].split())
    assert {"numpy", "tb_zeroacc"} <= imported
    assert not imported & {"tensorflow", "keras", "torch", "werkzeug", "rich", "typer", "fsspec"}


@contextmanager
def reading(path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A program that waits for two processes of its own, and their numbers."""
    program = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the tests\n"
        "from tests.pool.test_pool import judges, read_in_processes, shares, task\n"
        "path = Path(sys.argv[1])\n"
        "list(read_in_processes(task(path, judges.endless), shares(path, 1), 2))\n"
    )
    root = str(Path(__file__).parents[2])
    asker = subprocess.Popen(
        [sys.executable, "-c", program, str(written(path, "ab"))], cwd=root, text=True,
        env={**os.environ, "PYTHONPATH": root}, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while len(begun := list(path.glob("*.pid"))) < 2:
            assert time.monotonic() < end, "no process has begun to read"
            time.sleep(0.05)
        yield asker, [int(file.stem) for file in begun]
    finally:
        asker.kill()
        asker.wait()


def ends(process: int) -> bool:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_processes_end_with_the_one_that_they_work_for(tmp_path: Path) -> None:
    with reading(tmp_path) as (asker, processes):
        asker.kill()
        assert [ends(process) for process in processes] == [True, True]


def test_an_interrupt_ends_them_without_a_word_of_theirs(tmp_path: Path) -> None:
    with reading(tmp_path) as (asker, processes):
        os.killpg(asker.pid, signal.SIGINT)  # as a terminal does
        assert [ends(process) for process in processes] == [True, True]
        _, said = asker.communicate(timeout=30)
        assert said.count("KeyboardInterrupt") == 1, said


def test_what_is_not_waited_for_any_more_is_not_read(tmp_path: Path) -> None:
    work = shares(written(tmp_path), 1)
    outcomes = read_in_processes(task(tmp_path, judges.name), work, 2)
    next(outcomes)
    outcomes.close()
    assert "zero-accuracy-share" not in {thread.name for thread in threading.enumerate()}
