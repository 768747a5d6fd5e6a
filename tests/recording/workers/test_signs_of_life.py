"""A record that goes on to say that its process is alive, so that one that died is told apart."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tb_zeroacc import diagnose, facts
from tb_zeroacc.logs import read_runs
from tb_zeroacc.recording import event_log, event_writer
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.workers import signs_of_life
from tb_zeroacc.recording.workers.identity import ALONE, Identity
from tests.keras.reading import Log, read

BEGIN, STEPS, LIMIT = 1_760_000_000.0, 6, 60.0
WORKER = Identity(1, 2, "worker", 1)


class Clock:
    """Both clocks of a process, moved on by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(event_log.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(event_log.time, "time", lambda: BEGIN + self.now)


def test_it_is_said_after_a_minute_and_whenever_that_is_twice_as_long_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    log = SessionLog(str(tmp_path), Guard())
    log.fact(0, facts.Start("s", BEGIN, alive_after=event_log.ALIVE_AFTER))
    for clock.now in range(0, 86_400, 15):
        log.say_alive()
    found = read(tmp_path, ".").facts(facts.Alive)
    assert [alive.seconds for alive in found[:4]] == [60, 120, 240, 480]
    assert {alive.wall_time for alive in found} == {BEGIN}
    assert len(found) == 11, "a day of waiting is a few records"
    log.sample(3, [], [("zeroacc/loss", 1.0)])
    clock.now += 59
    log.say_alive()
    assert len(read(tmp_path, ".").facts(facts.Alive)) == 11, "the next one begins anew"


def test_it_is_no_sign_that_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    log = SessionLog(str(tmp_path / "zeroacc"), Guard())
    log.fact(0, facts.Start("s", BEGIN))
    log.sample(0, [], [("zeroacc/loss", 1.0)])
    for clock.now in (60, 120, 280):
        log.say_alive()
    (at_once,) = read_runs(str(tmp_path), now=BEGIN + 299)
    (later,) = read_runs(str(tmp_path), now=BEGIN + 301)
    assert (at_once.state, later.state) == ("live", "unknown")
    assert later.alive == facts.Alive(BEGIN, 280.0)


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "zeroacc signs of life"]


def until(happened: Callable[[], bool]) -> None:
    """Waits for something that has to happen."""
    end = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < end, "it never happens"
        time.sleep(0.01)


def test_a_thread_looks_after_it_while_a_worker_of_a_job_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs_of_life, "PAUSE", 0.01)
    monkeypatch.setattr(event_log, "ALIVE_AFTER", 0.05)
    before = len(threads())
    RecordingSession(str(tmp_path / "alone"), Guard(), ALONE).resume()
    assert len(threads()) == before, "one that is no worker of a job needs none"
    session = RecordingSession(str(tmp_path), Guard(), WORKER)
    assert len(threads()) == before, "it does not train yet"
    session.resume()
    session.resume()
    assert len(threads()) == before + 1
    until(lambda: len(read(tmp_path, "zeroacc/worker_1").facts(facts.Alive)) > 1)
    session.fact(0, facts.End("finished", 0))
    until(lambda: len(threads()) == before)
    session.resume()
    assert len(threads()) == before + 1
    del session
    gc.collect()
    until(lambda: len(threads()) == before)


@pytest.mark.parametrize("written", [0, 20])
def test_behind_a_sign_that_was_torn_nothing_is_written(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for a moment, while a step hangs."""
    write, clock, guard = os.write, Clock(monkeypatch), Guard()
    log = SessionLog(str(tmp_path / "zeroacc"), guard)
    log.fact(0, facts.Start("s", BEGIN))
    log.sample(0, [], [("zeroacc/loss", 1.0)])
    (file,) = (tmp_path / "zeroacc").iterdir()
    whole = file.stat().st_size

    def tears(descriptor: int, data: memoryview) -> int:
        if file.stat().st_size > whole or not written:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:written])

    clock.now = 60
    with monkeypatch.context() as full:
        full.setattr(event_writer.os, "write", tears)
        log.say_alive()
    assert guard.off == {}, "a warning is the training's to give, and not the thread's"
    clock.now = 600
    log.say_alive()
    assert file.stat().st_size == whole + written
    with pytest.warns(RuntimeWarning, match="no longer records anything .*No space left"):
        log.sample(1, [], [("zeroacc/loss", 1.0)])
    log.fact(1, facts.End("finished", 1))
    assert file.stat().st_size == whole + written
    (run,) = read_runs(str(tmp_path), now=BEGIN + 10)
    assert (run.damaged, run.state) == (False, "live")


def test_a_fault_of_the_file_system_does_not_end_the_thread_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs_of_life, "PAUSE", 0.001)
    monkeypatch.setattr(event_log, "ALIVE_AFTER", 0.001)
    tried = threading.Event()

    def fails(descriptor: int, data: bytes) -> int:
        tried.set()
        raise OSError("the disk is gone")

    guard = Guard()
    session = RecordingSession(str(tmp_path), guard, WORKER)
    session.fact(0, facts.Start("s", BEGIN))
    with monkeypatch.context() as gone:
        gone.setattr(event_writer.os, "write", fails)
        session.resume()
        assert tried.wait(LIMIT)
    assert guard.off == {}
    with pytest.warns(RuntimeWarning, match="training goes on.*the disk is gone"):
        session.fact(0, facts.End("finished", 0))
    assert read(tmp_path, "zeroacc/worker_1").facts(facts.End) == []


@contextmanager
def worker(directory: Path, rank: int, many: int) -> Iterator[subprocess.Popen[str]]:
    """One whose clocks run fast; killed at the end."""
    program = "tests.recording.workers.hanging_program"
    with subprocess.Popen(
        [sys.executable, "-m", program, str(directory)], text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "RANK": str(rank), "WORLD_SIZE": str(many)},
    ) as one:  # fmt: skip
        try:
            yield one
        finally:
            one.kill()


def log_of(directory: Path, rank: int) -> Log:
    return read(directory, f"zeroacc/worker_{rank}")


def waited(directory: Path, rank: int) -> float:
    return max((alive.seconds for alive in log_of(directory, rank).facts(facts.Alive)), default=0)


@pytest.mark.parametrize(
    ("many", "how"),
    [
        (2, signal.SIGKILL),
        pytest.param(4, signal.SIGKILL, marks=pytest.mark.long),
        pytest.param(2, signal.SIGSTOP, marks=pytest.mark.long),
        pytest.param(2, None, marks=pytest.mark.long),  # all of them are killed together
    ],
)
def test_the_one_that_died_is_named_while_its_peers_hang(
    tmp_path: Path, many: int, how: int | None
) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(tmp_path, rank, many)) for rank in range(many)]
        for step in range(STEPS):
            for one in workers:
                assert one.stdout is not None
                assert one.stdout.readline() == "waits\n"
            for one in workers if step + 1 < STEPS else ():
                assert one.stdin is not None
                print(file=one.stdin)
        if how is not None:
            workers[-1].send_signal(how)
        hanging = range(many if how is None else many - 1)
        until(lambda: all(waited(tmp_path, rank) > 1000 for rank in hanging))
    now = log_of(tmp_path, 0).facts(facts.Start)[0].wall_time + 2 * LIMIT * 500
    (verdict,) = diagnose(str(tmp_path), now=now)
    found = [(one.code, one.workers) for one in verdict.findings if one.workers]
    named = [] if how is None else [("ZA802", (f"worker {many - 1}",))]
    assert found == named, verdict.headline
