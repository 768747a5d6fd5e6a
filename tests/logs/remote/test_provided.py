"""Where no file can be reached, TensorBoard's data provider is read, as a log like any other."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer

from tb_zeroacc.errors import UnreachablePathError, UnreadablePathError
from tb_zeroacc.logs import read_runs
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.remote import provided
from tb_zeroacc.logs.remote.provided import ProvidedLogs
from tests.logs.written import curve, event, tensor, write

NAN = float("nan")


class Provided:
    """A log directory behind TensorBoard's provider, which counts what is asked of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.multiplexer = plugin_event_multiplexer.EventMultiplexer()
        self.provider = data_provider.MultiplexerDataProvider(self.multiplexer, str(path))
        self.asked: list[str] = []
        self.reload()

    def reload(self) -> None:
        self.multiplexer.AddRunsFromDirectory(str(self.path))
        self.multiplexer.Reload()

    def list_scalars(self, *arguments: Any, **named: Any) -> Any:
        self.asked.append("list")
        return self.provider.list_scalars(*arguments, **named)

    def read_scalars(self, *arguments: Any, **named: Any) -> Any:
        self.asked.append("read")
        return self.provider.read_scalars(*arguments, **named)


def read(logs: Provided, reader: LogReader | None = None) -> LogReader:
    reader = reader or LogReader("provided", storage=ProvidedLogs(logs))
    reader.refresh()
    return reader


def scalars(tag: str, values: list[float], first: int = 0) -> list[Any]:
    return [event(first + n, tensor(tag, value)) for n, value in enumerate(values)]


def test_the_same_runs_come_of_it_as_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / "a" / "train", scalars("epoch_loss", [3.0, 2.0, NAN, 1.0]))
    write(tmp_path / "a" / "validation", scalars("epoch_loss", [4.0, 3.0]))
    write(tmp_path / "b c", curve("acc", [0.1, 0.5]))
    of_files = {run.name: run for run in read_runs(str(tmp_path))}
    found = read(Provided(tmp_path)).runs()
    assert [run.name for run in found] == list(of_files) == ["a", "b c"]
    for run in found:
        assert run.sampled
        assert not of_files[run.name].sampled
        assert run.members == of_files[run.name].members
        for ours, theirs in zip(run.curves, of_files[run.name].curves, strict=True):
            assert (ours.member, ours.tag, ours.role) == (theirs.member, theirs.tag, theirs.role)
            assert ours.series.first_non_finite_step == theirs.series.first_non_finite_step
            assert ours.series.steps.tolist() == theirs.series.steps.tolist()


def test_only_runs_with_new_points_are_read_again(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name, scalars("loss", [3.0, 2.0]))
    logs = Provided(tmp_path)
    reader = read(logs)
    assert logs.asked == ["list", "read", "read"]
    before = reader.runs()
    read(logs, reader)
    assert logs.asked[3:] == ["list"]
    assert all(a is b for a, b in zip(before, reader.runs(), strict=True)), "nothing is new"
    write(tmp_path / "b", scalars("loss", [1.0], first=2), 2)
    logs.reload()
    read(logs, reader)
    assert logs.asked[4:] == ["list", "read"]
    assert [run.curves[0].series.count for run in reader.runs()] == [2, 3]


def test_a_sample_that_was_drawn_anew_takes_the_place_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provided, "FINEST", 50)
    write(tmp_path / "a", scalars("loss", [1.0 / (n + 1) for n in range(200)]))
    logs = Provided(tmp_path)
    reader = read(logs)
    assert reader.runs()[0].curves[0].series.count == 50
    write(tmp_path / "a", scalars("loss", [0.001] * 200, first=200), 2)
    logs.reload()
    read(logs, reader)
    (run,) = reader.runs()
    steps = run.curves[0].series.steps.tolist()
    assert len(steps) == 50, "points of the first sample would be left over"
    assert steps == sorted(steps)
    assert steps[-1] == 399
    assert not run.notes


def test_points_are_fewer_where_curves_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provided, "MOST_POINTS", 160)
    for name in "ab":
        write(tmp_path / name, scalars("loss", [1.0 / (n + 1) for n in range(200)]))
    assert [run.curves[0].series.count for run in read(Provided(tmp_path)).runs()] == [80, 80]


def test_a_provider_without_scalars_and_one_that_fails() -> None:
    nothing = SimpleNamespace(list_scalars=lambda *_, **__: {})
    with pytest.raises(UnreadablePathError, match="data provider holds no scalars"):
        LogReader("provided", storage=ProvidedLogs(nothing)).refresh()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such\nexperiment.")

    failing = SimpleNamespace(list_scalars=fail)
    with pytest.raises(UnreachablePathError) as caught:
        LogReader("provided", storage=ProvidedLogs(failing)).refresh()
    assert str(caught.value) == "TensorBoard's data provider gives no scalars: no such experiment."
