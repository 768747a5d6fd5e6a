"""The recorder's own event files, local and elsewhere."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from tb_zeroacc import facts, records
from tb_zeroacc.logs import read_runs
from tb_zeroacc.recording import event_writer
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.event_writer import EventWriter
from tb_zeroacc.recording.guard import Guard


@pytest.fixture
def elsewhere() -> str:
    return f"memory://written-{uuid4().hex}/zeroacc"


def values(step: int) -> list[object]:
    return [records.scalar_value("loss", float(step))]


def steps(path: str) -> list[int]:
    (run,) = read_runs(path)
    (curve,) = run.curves
    return [int(step) for step in curve.series.steps]


def test_each_event_is_there_at_once(tmp_path: Path) -> None:
    written = EventWriter(str(tmp_path / "not" / "there" / "yet"))
    for step in range(3):
        written.write(step, values(step))
        assert steps(str(tmp_path)) == list(range(step + 1))
    written.check()
    Path(written.path).unlink()
    with pytest.raises(FileNotFoundError, match="was deleted"):
        written.check()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_writer_that_goes_warns_of_nothing(
    where: str, elsewhere: str, tmp_path: Path
) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        written = EventWriter(str(tmp_path) if where == "here" else elsewhere)
        written.write(0, values(0))
        del written
        gc.collect()
    assert not told


def test_a_file_elsewhere_is_sent_now_and_then_and_at_the_end(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(event_writer.time, "monotonic", lambda: now[0])
    written = EventWriter(elsewhere)
    written.write(0, values(0))
    system, path = fsspec.core.url_to_fs(written.path)
    header = system.size(path)
    now[0] += event_writer.LEAST_PAUSE
    written.write(1, values(1))
    assert system.size(path) > header
    assert steps(elsewhere) == [0, 1]
    written.write(2, values(2))
    assert steps(elsewhere) == [0, 1], "sent again too soon"
    written.flush()
    assert steps(elsewhere) == [0, 1, 2]
    system.rm(path)
    with pytest.raises(FileNotFoundError, match="was deleted"):
        written.check()


def test_an_end_arrives_at_once(elsewhere: str) -> None:
    log = SessionLog(elsewhere, Guard())
    log.fact(0, facts.Start("token", 1.0, "test", None))
    log.sample(0, [], [("zeroacc/loss", 1.0)])
    log.fact(1, facts.End("finished", 1))
    (run,) = read_runs(elsewhere)
    assert run.end is not None
    assert run.end.how == "finished"


def test_a_file_system_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(url: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lacking)
    guard = Guard()
    with pytest.warns(RuntimeWarning, match="Install s3fs to access S3"):
        log = SessionLog("s3://bucket/runs/zeroacc", guard)
    assert not log.is_open


def test_a_sending_that_fails_now_and_then_loses_nothing(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, fails = [100.0], [False]
    monkeypatch.setattr(event_writer.time, "monotonic", lambda: now[0])
    written = EventWriter(elsewhere)
    system, _ = fsspec.core.url_to_fs(written.path)
    sending = system.pipe_file

    def pipe_file(path: str, data: bytes, **more: object) -> None:
        if fails[0]:
            raise OSError("no way through")
        sending(path, data, **more)

    monkeypatch.setattr(type(system), "pipe_file", staticmethod(pipe_file))
    for step, fault in enumerate([False, True, True, False]):
        fails[0] = fault
        now[0] += 100 * event_writer.LEAST_PAUSE
        written.write(step, values(step))
        assert steps(elsewhere) == ([0] if step < 3 else [0, 1, 2, 3])
    fails[0] = True
    now[0] += 100 * event_writer.LEAST_PAUSE
    for step in (4, 5):
        written.write(step, values(step))
        now[0] += 100 * event_writer.LEAST_PAUSE
    with pytest.raises(OSError, match="no way through"):
        written.write(6, values(6))
