"""From a path to its trainings: what cannot be read disturbs nothing else, and is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs, storage
from tests.logs.test_following import bits
from tests.logs.written import curve, encoded, event, keras_model, only, points, start, write

LOG = curve("loss", [5.0, 4.0, 3.0, 2.0, 1.0])
WHOLE = encoded(LOG)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
NAME = "events.out.tfevents.1700000000.host"


def spoil(content: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(content)


SPOILT: dict[str, Callable[[Path], object]] = {
    "garbage": spoil(b"#" * 500),
    "a pointer of Git LFS": spoil(POINTER),
    "empty": spoil(b""),
    "a header alone": spoil(encoded([])),
    "half a record": spoil(WHOLE[:20]),
    "damage": spoil(WHOLE[9:]),
    "a model that is none": spoil(encoded([event(0, keras_model(b"\xff[")), *LOG])),
    "a directory in its place": lambda file: (file.unlink(), file.mkdir()),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("broken", SPOILT.values(), ids=SPOILT)
def test_a_broken_training_disturbs_no_other(
    tmp_path: Path, broken: Callable[[Path], object]
) -> None:
    file = write(tmp_path / "bad" / "train", LOG)
    write(tmp_path / "good" / "train", [start("x"), *LOG])
    reader = LogReader(str(tmp_path))
    reader.refresh()
    good = reader.runs()[1]
    broken(file)
    reader.refresh()
    found = {run.name: run for run in reader.runs()}
    assert found["good"].curves is good.curves, "it was not built anew"
    assert bits({run.name: run for run in read_runs(reader.path)}["good"]) == bits(good)


class Guard:
    """Makes files of some names unreadable, as a person without the right would find them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.errors: dict[str, OSError] = {}
        whole = storage._Local.read

        def read(of: storage._Local, location: str, first: int, count: int) -> bytes:
            if (error := self.errors.get(Path(location).name)) is not None:
                raise error
            return whole(of, location, first, count)

        monkeypatch.setattr(storage._Local, "read", read)


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    return Guard(monkeypatch)


FAULTS = {
    "forbidden": (PermissionError(13, "Permission denied"), "permission denied"),
    "gone meanwhile": (FileNotFoundError(2, "No such file"), "No such file"),
    "a broken disk": (OSError(5, "Input/output error"), "Input/output error"),
    "a message alone": (OSError("the bucket is closed."), "the bucket is closed"),
    "no message": (TimeoutError(), "TimeoutError"),
}


@pytest.mark.parametrize(("error", "why"), FAULTS.values(), ids=FAULTS)
def test_an_unreadable_file_among_readable_ones(
    tmp_path: Path, guard: Guard, error: OSError, why: str
) -> None:
    write(tmp_path, LOG, 1)
    file = write(tmp_path, curve("loss", [0.5], first=5), 2)
    guard.errors[file.name] = error
    reader = LogReader(str(tmp_path))
    reader.refresh()
    (run,) = reader.runs()
    assert len(points(run, "loss")) == 5, "the readable file is read"
    assert run.notes == (f"`{file.name}` could not be read: {why}.",)
    assert run.damaged
    guard.errors.clear()
    reader.refresh()
    (run,) = reader.runs()
    assert (len(points(run, "loss")), run.notes, run.damaged) == (6, (), False), "read at last"


def test_a_file_that_is_closed_while_it_grows(tmp_path: Path, guard: Guard) -> None:
    file = write(tmp_path, LOG)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    guard.errors[file.name] = FAULTS["a broken disk"][0]
    with file.open("ab") as end:
        end.write(encoded(curve("loss", [0.5], first=5)))
    for _ in range(2):
        reader.refresh()
        (run,) = reader.runs()
        assert len(points(run, "loss")) == 5, "what was read stays"
        assert run.notes == (f"`{file.name}` could not be read: Input/output error.",)
    guard.errors.clear()
    reader.refresh()
    assert bits(reader.runs()) == bits(read_runs(str(tmp_path)))


def test_a_pointer_of_git_lfs_that_is_fetched(tmp_path: Path) -> None:
    write(tmp_path / "a", LOG)
    (tmp_path / "b").mkdir()
    file = tmp_path / "b" / NAME
    file.write_bytes(POINTER)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert [run.name for run in reader.runs()] == ["a"]
    file.write_bytes(WHOLE)
    reader.refresh()
    assert bits(reader.runs()) == bits(read_runs(str(tmp_path)))
    assert [run.name for run in reader.runs()] == ["a", "b"]


# --- nothing to judge ---------------------------------------------------------------------------

NOTHING: dict[str, tuple[dict[str, bytes], str]] = {
    "an empty directory": ({}, "no name contains `tfevents`"),
    "other files": ({"loss.csv": WHOLE}, "no name contains `tfevents`"),
    "side-cars": ({f"{NAME}.meta": b"fileFormatVersion: 2", "tfevents.profile-empty": WHOLE}, "no"),
    "empty files": ({NAME: b"", f"a/{NAME}": b""}, "are empty"),
    "garbage": ({NAME: b"#" * 99}, f"`{NAME}` is no event file"),
    "a header file of C": ({"a/tfevents.h": b"#pragma once"}, "`a/tfevents.h` is no event file"),
    "half a first record": ({NAME: WHOLE[:9]}, f"`{NAME}` is no event file"),
    "a pointer of Git LFS": ({NAME: POINTER}, "fetch the file with `git lfs pull`"),
    "several": ({f"{n}.tfevents": b"#" * 99 for n in "abc"}, "The same holds for 2 more"),
    "odd names": ({"😀 `x` tfevents": b"#" * 99}, "`😀 `x` tfevents` is no event file"),
}


@pytest.mark.parametrize(("files", "why"), NOTHING.values(), ids=NOTHING)
def test_why_there_is_nothing(tmp_path: Path, files: dict[str, bytes], why: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadablePathError) as caught:
        read_runs(str(tmp_path))
    text = str(caught.value)
    assert why in text
    assert text.endswith(".")
    assert str(tmp_path) in text


def test_a_file_that_was_asked_for_may_have_any_name(tmp_path: Path, guard: Guard) -> None:
    file = tmp_path / "validation" / "log of monday.meta"
    file.parent.mkdir()
    file.write_bytes(WHOLE)
    run = only(file)
    assert (run.name, len(points(run, "loss"))) == (".", 5)
    assert run.curves[0].split.value == "validation", "the directory that holds it tells"
    guard.errors[file.name] = FAULTS["forbidden"][0]
    with pytest.raises(UnreadablePathError, match=r"^`.*monday\.meta` could not be read: perm"):
        read_runs(str(file))


def test_a_header_alone_shows_only_where_there_is_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "a", [])
    run = only(tmp_path)
    assert run.notes == ("The event files hold no curve and no record of a training.",)
    write(tmp_path / "b", LOG)
    assert only(tmp_path).name == "b"
