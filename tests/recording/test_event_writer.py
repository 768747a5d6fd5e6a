"""The recorder's own event files, local and elsewhere."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path
from uuid import uuid4

import fsspec
import numpy as np
import pytest

from tb_zeroacc import facts, records
from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import read_runs
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.event_writer import EventWriter
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sending import spool
from tb_zeroacc.records import Layout


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


def test_elsewhere_it_arrives_in_a_segment_and_is_here_at_once(elsewhere: str) -> None:
    written = EventWriter(elsewhere)
    for step in range(3):
        written.write(step, values(step))
        assert steps(written.here) == list(range(step + 1))
    with pytest.raises(UnreadablePathError):
        read_runs(elsewhere)
    written.flush()
    written.write(3, values(3))
    assert steps(elsewhere) == [0, 1, 2]
    written.flush()
    assert steps(elsewhere) == [0, 1, 2, 3]
    sent = fsspec.filesystem("memory").glob(f"{elsewhere}/*")
    assert [name[-14:] for name in sent] == ["000000.zeroacc", "000001.zeroacc"]
    written.check()


def test_each_segment_can_be_read_by_itself(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 1)
    log = SessionLog(elsewhere, Guard())
    log.fact(0, facts.Start("token", 1.0, "test", None))
    layout = Layout("loss", ("loss",), facts.COLUMNS["loss"])
    for step in range(3):
        log.sample(step, [(layout, np.ones((1, len(layout.columns)), np.float32))])
    log.fact(3, facts.End("finished", 3))
    system = fsspec.filesystem("memory")
    names = system.glob(f"{elsewhere}/*")
    assert len(names) == 6, "header, start, three samples, end"
    for step, name in enumerate(names[2:5]):
        (run,) = read_runs(f"memory://{name}")
        assert run.start is not None
        assert run.tables["loss"].steps.tolist() == [step]
    (run,) = read_runs(elsewhere)
    assert run.tables["loss"].steps.tolist() == [0, 1, 2]
    assert run.end is not None


def test_an_end_arrives_at_once(elsewhere: str) -> None:
    log = SessionLog(elsewhere, Guard())
    log.fact(0, facts.Start("token", 1.0, "test", None))
    log.sample(0, [], [("zeroacc/loss", 1.0)])
    log.fact(1, facts.End("finished", 1))
    (run,) = read_runs(elsewhere)
    assert run.end is not None
    assert run.end.how == "finished"


def test_a_file_system_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(scheme: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "get_filesystem_class", lacking)
    guard = Guard()
    with pytest.warns(RuntimeWarning, match="Install s3fs to access S3"):
        log = SessionLog("s3://bucket/runs/zeroacc", guard)
    assert not log.is_open
