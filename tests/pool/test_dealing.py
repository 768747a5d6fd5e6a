"""However many processes read and judge: the same runs, the same verdicts, to the byte."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tb_zeroacc import facts, verdict
from tb_zeroacc.encoding import runs_json
from tb_zeroacc.pool import dealing, pool, shares
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reader
from tests.logs.written import BEGIN, curve, event, fact, sample, simple, start, write
from tests.pool import judges

NOW = BEGIN + 400.0
STORED = Path(__file__).parents[1] / "logs" / "stored" / "version_1"


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


def awkward(path: Path) -> Path:
    """A log directory with all that belongs together for other reasons than its name."""
    losses = [5.0, 4.0, 3.0]
    write(path / "keras" / "train", curve("epoch_loss", losses))
    write(path / "keras" / "validation", curve("epoch_loss", losses[::-1]))
    write(path / "twice", curve("loss", losses), 1)
    write(path / "twice", curve("loss", [9.0, 8.0]), 2)
    write(path / "diverged", curve("loss", [1.0, 1e3, 1e9, float("nan")] * 8))
    write(path / "scalars", curve("accuracy", [0.1, 0.2]))
    for name in ("loss_train", "loss_val"):  # as `add_scalars` writes: tags tell
        write(path / "scalars" / name, curve("loss", losses))
        write(path / name, curve("loss", losses))
    write(path, curve("accuracy", [0.1, 0.2]))
    live = [event(i, simple("loss", 1.0 / (i + 1)), time=BEGIN + 390 + i) for i in range(9)]
    write(path / "live", live)
    write(path / "recorded" / "zeroacc", [
        start("x", BEGIN), *(sample(i, "loss", [[1.0 / (i + 1)] * 3], names=i == 0)
                             for i in range(3)),
        fact(3, facts.End("completed", 3), BEGIN),
    ])  # fmt: skip
    write(path / "header", [])
    (path / "broken").mkdir()
    (path / "broken" / "events.out.tfevents.1.host").write_bytes(b"nothing of a log" * 9)
    file = write(path / "damaged", curve("loss", losses * 9))
    file.write_bytes(file.read_bytes()[:-99] + b"x" * 80)
    (path / "text").mkdir()
    (path / "text" / "metrics.csv").write_text("epoch,loss\n0,5.0\n1,4.0\n")
    (path / "keras" / "log.csv").write_text("epoch,loss,accuracy\n0,5.0,0.5\n1,4.0,0.6\n")
    (path / "twice" / "hparams.yaml").write_text("lr: 0.1\n")
    shutil.copytree(STORED, path / "stored")
    for file in path.rglob("*"):
        written = NOW - 10.0 if "live" in str(file) else BEGIN
        os.utime(file, (written, written))
    return path


def append(path: Path) -> None:
    """What is followed grows, what was taken to have ended does after all, and more is new."""
    later = [event(i, simple("loss", 1.0), time=BEGIN + 395 + i) for i in range(20, 24)]
    for name in ("live", "twice"):
        file = next(iter(sorted((path / name).glob("*tfevents*"), reverse=True)))
        more = write(path / "new", later, 7)
        file.write_bytes(file.read_bytes() + more.read_bytes())
    write(path / "keras" / "validation", curve("epoch_loss", [1.0, 0.5], first=3), 3)
    write(path / "newer" / "train", curve("loss", [3.0, 2.0]), 1)
    shutil.rmtree(path / "diverged")


def said(reader: Reader, now: float | None) -> tuple[bytes, list[str], list[object]]:
    """All that is told of a log directory."""
    reader.refresh(now)
    readings = reader.state(now)
    assert {reading.run.state for reading in readings} >= ({"live", "unknown"} if now else set())
    curves = [
        (c.member, c.tag, c.series.count, c.series.steps.tobytes(), c.series.values.tobytes())
        for reading in readings for c in reading.run.curves
    ]  # fmt: skip
    return json.dumps(runs_json(readings)).encode(), reader.unread, curves


@pytest.mark.parametrize("now", [None, NOW])
def test_the_same_verdicts_to_the_byte(
    now: float | None, in_processes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = awkward(tmp_path / "logs")
    in_two = Reader(str(path))
    first = said(in_two, now)
    assert in_processes[0] > 8, "it was not read by processes"
    append(path)
    later = said(in_two, now)
    assert len(in_processes) == 2, "what is new later is, too"
    monkeypatch.setattr(dealing, "processes_for", lambda units: 0)
    for long in (0.0, 1e9):  # in shares, and as a whole
        monkeypatch.setattr(dealing, "LONG", long)
        shutil.rmtree(path)
        alone = Reader(str(awkward(path)))
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
