"""However many processes read and judge: the same runs, the same verdicts, to the byte."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc import verdict
from tb_zeroacc.packing.packing import LateSequence
from tb_zeroacc.pool import dealing, pool, shares
from tb_zeroacc.pool.handing_over import FEW
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reader
from tests.logs.awkward import NOW, append, awkward, said
from tests.logs.written import BEGIN, curve, write
from tests.pool import judges


@pytest.fixture
def in_processes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Has two processes read whatever is new; how many trainings came, each time."""
    came: list[int] = []
    real = dealing.read_in_processes

    def counted(order: Any, shared: Any, processes: int) -> Any:
        came.append(0)
        for outcome in real(order, shared, processes):
            came[-1] += len(outcome.verdicts) if hasattr(outcome, "verdicts") else 0
            yield outcome

    monkeypatch.setattr(dealing, "read_in_processes", counted)
    monkeypatch.setattr(dealing, "processes_for", lambda units: min(2, len(units)))
    monkeypatch.setattr(shares, "SHARE", 0.0)
    monkeypatch.setattr(dealing, "LONG", 0.0)
    return came


def with_much(path: Path) -> Path:
    """Adds a training of so many points that they are handed over packed."""
    losses = [5.0 / (n + 1) for n in range(FEW + 1)]
    write(path / "much", curve("loss", losses, begin=BEGIN - 5000.0))
    return path


@pytest.mark.parametrize("now", [None, NOW])
def test_the_same_verdicts_to_the_byte(
    now: float | None, in_processes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_much(awkward(tmp_path / "logs"))
    in_two = Reader(str(path))
    first = said(in_two, now)
    assert in_processes[0] > 8, "it was not read by processes"
    runs = {reading.run.name: reading.run for reading in in_two.state(now)}
    assert isinstance(runs["much"].curves, LateSequence), "its curves came unpacked"
    assert (b'"state": "live"' in first[0]) == (now is not None)
    append(path)
    later = said(in_two, now)
    assert len(in_processes) == 2, "what is new later is, too"
    monkeypatch.setattr(dealing, "processes_for", lambda units: 0)
    for long in (0.0, 1e9):  # in shares, and as a whole
        monkeypatch.setattr(dealing, "LONG", long)
        shutil.rmtree(path)
        alone = Reader(str(with_much(awkward(path))))
        assert said(alone, now) == first
        append(path)
        assert said(alone, now) == later
        assert said(Reader(str(path)), now) == later


def test_what_was_judged_by_a_process_is_not_judged_again(
    in_processes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        write(tmp_path / name, curve("loss", [5.0, 4.0]))
    again: list[str] = []
    real = verdict.diagnose_run

    def noted(run: Run, rules: Any) -> Any:
        again.append(run.name)
        return real(run, rules)

    monkeypatch.setattr(verdict, "diagnose_run", noted)
    reader = Reader(str(tmp_path))
    came = [reading.run.name for readings in reader.refreshing(NOW) for reading in readings]
    assert sorted(came) == ["a", "b", "c"]
    assert [reading.run.name for reading in reader.state(NOW)] == ["a", "b", "c"]
    assert again == []


def test_a_log_that_kills_its_readers_could_not_be_read(
    in_processes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        write(tmp_path / name, curve("loss", [5.0, 4.0]))
    monkeypatch.setattr(verdict, "judged", judges.deadly_verdict)
    reader = Reader(str(tmp_path))
    reader.refresh(NOW)
    assert [reading.run.name for reading in reader.state(NOW)] == ["a", "b", "d"]
    (sentence,) = reader.unread
    assert sentence == (
        "`c/events.out.tfevents.1700000000.host` could not be read: the process that read it ended "
        "(killed by SIGKILL, perhaps for want of memory)."
    )
    in_processes.clear()
    reader.refresh(NOW)
    assert reader.unread == [sentence]
    assert in_processes == [], "it is left alone until it changes"


def test_where_no_process_can_be_started_the_logs_are_read_here(
    in_processes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        write(tmp_path / name, curve("loss", [5.0, 4.0]))
    monkeypatch.setattr(pool, "command", lambda start: ["/no/such/interpreter"])
    found = [reading.run.name for reading in verdict.read(str(tmp_path), NOW)]
    assert (found, in_processes) == (["a", "b", "c"], [0])


def test_a_remote_log_is_read_by_this_process(in_processes: list[int]) -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe("/dealing/a/metrics.csv", b"epoch,loss\n0,5.0\n1,4.0\n")
    try:
        assert [reading.run.name for reading in verdict.read("memory://dealing")] == ["a"]
    finally:
        system.rm("/dealing", recursive=True)
    assert in_processes == []
