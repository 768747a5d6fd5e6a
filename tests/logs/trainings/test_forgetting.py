"""What was forgotten of files that had come to rest is read again where it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_zeroacc.logs import LogReader
from tb_zeroacc.logs.storage import storage_of
from tb_zeroacc.run import Run
from tests.logs.written import BEGIN, curve, event, simple, write

QUIET = BEGIN + 1e6


def written(path: Path) -> None:
    for name in ("a", "b"):
        write(path / name / "train", curve("loss", [5.0, 4.0, 3.0]), 1)
        write(path / name / "validation", curve("loss", [5.0, 4.5, 4.0]), 1)


def appended(path: Path) -> None:
    file = next((path / "a" / "train").iterdir())
    more = write(path / "elsewhere", curve("loss", [2.0, 1.0], first=3), 1)
    file.write_bytes(file.read_bytes() + more.read_bytes())
    more.unlink()


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file grows": appended,
    "another file comes": lambda p: write(p / "a" / "train", curve("loss", [2.0], first=3), 2),
    "another member comes": lambda p: write(p / "a" / "test", curve("loss", [2.0]), 1),
    "a file is replaced": lambda p: write(p / "a" / "train", curve("loss", [9.0] * 9), 1),
    "a file is gone": lambda p: next((p / "a" / "train").iterdir()).unlink(),
    "a training of the directory itself": lambda p: write(p, curve("loss", [2.0]), 1),
    "its time alone": lambda p: os.utime(next((p / "a" / "train").iterdir()), (9e8, 9e8)),
}


def told(runs: list[Run]) -> list[object]:
    return [
        (run.name, run.members, run.notes, run.state, run.sessions, curve.tag, curve.member,
         curve.role, curve.series.steps.tolist(), curve.series.values.tolist())
        for run in runs for curve in run.curves
    ]  # fmt: skip


@pytest.mark.parametrize("now", [None, QUIET])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_told_otherwise(
    change: Callable[[Path], object], now: float | None, tmp_path: Path
) -> None:
    written(tmp_path)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    before = reader.runs(now)
    reader.forget_quiet(keep=0)
    reader.refresh()
    assert all(map(Run.__eq__, reader.runs(now), before)), "forgetting changes nothing by itself"
    change(tmp_path)
    reader.refresh()
    whole = LogReader(str(tmp_path))
    whole.refresh()
    assert told(reader.runs(now)) == told(whole.runs(now))


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    read: list[str] = []
    local = type(storage_of(str(tmp_path)))
    real = local.read

    def noted(self: object, location: str, first: int, count: int) -> bytes:
        read.append(str(Path(location).parent.relative_to(tmp_path)))
        return real(self, location, first, count)

    monkeypatch.setattr(local, "read", noted)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    reader.runs(QUIET)
    reader.forget_quiet(keep=0)
    read.clear()
    appended(tmp_path)
    reader.refresh()
    reader.runs(QUIET)
    assert set(read) == {"a/train", "a/validation"}, "the training that grew, whole"
    read.clear()
    appended(tmp_path)
    reader.refresh()
    reader.runs(QUIET)
    assert set(read) == {"a/train"}, "from then on what is appended"


def test_the_latest_are_remembered_and_what_goes_on(tmp_path: Path) -> None:
    for time, name in ((1000.0, "a"), (2000.0, "b"), (3000.0, "c"), (9990.0, "live")):
        write(tmp_path / name, [event(1, simple("loss", 1.0), time=BEGIN + time)])
    reader = LogReader(str(tmp_path))
    reader.refresh()
    reader.runs(BEGIN + 10_000.0)
    reader.forget_quiet(keep=1)
    kept = {file.listed.member: file.outline is None for file in reader.part().files.values()}
    assert kept == {"a": False, "b": False, "c": True, "live": True}
