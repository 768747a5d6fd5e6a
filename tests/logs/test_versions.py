"""A reader that follows a log shows what is there now, and judges again only what changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.logs.storage import storage_of
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reader
from tests.logs.written import BEGIN, curve, points, write


def refreshed(reader: LogReader, now: float | None = None) -> Run:
    reader.refresh()
    (run,) = reader.runs(now)
    return run


def test_a_file_that_is_written_anew_replaces_what_was_read(tmp_path: Path) -> None:
    reader = LogReader(str(tmp_path))
    file = write(tmp_path, curve("loss", [5.0, 4.0, 3.0]))
    assert len(points(refreshed(reader), "loss")) == 3
    file.unlink()
    write(tmp_path, curve("loss", [9.0]))
    assert points(refreshed(reader), "loss") == [(0, 9.0)]


def test_a_pointer_that_joins_later_is_noted(tmp_path: Path) -> None:
    reader = LogReader(str(tmp_path))
    write(tmp_path, curve("loss", [5.0, 4.0]), 1)
    assert refreshed(reader).notes == ()
    pointer = tmp_path / "validation" / "events.out.tfevents.2.host"
    pointer.parent.mkdir()
    pointer.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    run = refreshed(reader)
    assert run.damaged
    assert any("pointer of Git LFS" in note for note in run.notes)
    assert run.notes == read_runs(str(tmp_path))[0].notes, "grown or read at once: one verdict"


def test_names_of_files_stay_one_line(tmp_path: Path) -> None:
    write(tmp_path, curve("loss", [5.0, 4.0]), 1)
    (tmp_path / "events.out.tfevents.2.\x1b[31m\nhost").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\n"
    )
    (note,) = read_runs(str(tmp_path))[0].notes
    assert note.isprintable()


@pytest.mark.parametrize("now", [None, BEGIN + 1e6])
def test_nothing_is_judged_again_where_nothing_was_appended(
    now: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    from tb_zeroacc import verdict

    real = verdict.diagnose_run
    monkeypatch.setattr(
        verdict, "diagnose_run", lambda run, rules: judged.append(run.name) or real(run, rules)
    )
    for name in ("a", "b"):
        write(tmp_path / name, curve("loss", [5.0, 4.0]))
    reader = Reader(str(tmp_path))
    for _ in range(3):
        reader.refresh()
        reader.state(now)
    assert judged == ["a", "b"]
    write(tmp_path / "b", curve("loss", [3.0], first=7), 2)
    reader.refresh()
    reader.state(now)
    assert judged == ["a", "b", "b"]


def test_a_clock_that_goes_on_judges_again_only_what_it_tells_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    from tb_zeroacc import verdict

    real = verdict.diagnose_run
    monkeypatch.setattr(
        verdict, "diagnose_run", lambda run, rules: judged.append(run.name) or real(run, rules)
    )
    for name, written in (("a", 1000.0), ("b", 1300.0)):
        os.utime(write(tmp_path / name, curve("loss", [5.0, 4.0])), (written, written))
    reader = Reader(str(tmp_path))
    reader.refresh()
    told = {}
    for now in (1310.0, 1400.0, 1440.0, 1460.0, 9e9):
        judged.clear()
        states = [reading.run.state for reading in reader.state(now)]
        told[now] = (states, list(judged))
    assert told == {
        1310.0: (["unknown", "live"], ["a", "b"]),
        1400.0: (["unknown", "live"], []),
        1440.0: (["unknown", "live"], []),
        1460.0: (["unknown", "unknown"], ["b"]),
        9e9: (["unknown", "unknown"], []),
    }


def test_a_linked_directory_stands_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "run_1", curve("loss", [1.0]))
    write(tmp_path / "elsewhere", curve("loss", [1.0]))
    (tmp_path / "logs" / "latest").symlink_to(tmp_path / "logs" / "run_1")
    (tmp_path / "logs" / "beyond").symlink_to(tmp_path / "elsewhere")
    found = [run.name for run in read_runs(str(tmp_path / "logs"))]
    assert found == ["beyond", "run_1"]


def test_the_home_of_nobody() -> None:
    with pytest.raises(UnreadablePathError, match="no file or directory '~nosuchuser/x'"):
        list(storage_of("~nosuchuser/x").files())


def test_a_remote_file_and_a_whole_remote_system() -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe("/versions/validation/events.out.tfevents.1.host", b"abc")
    try:
        one = storage_of("memory://versions/validation/events.out.tfevents.1.host")
        assert [file.is_root for file in one.files()] == [True]
        assert one.label == "validation"
        members = {file.member for file in storage_of("memory://").files()}
        assert "versions/validation" in members
    finally:
        system.rm("/versions", recursive=True)
