"""File systems of fsspec that answer one question after the other: few, and in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tb_zeroacc.errors import UnreachablePathError, UnreadablePathError
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.remote.opening import patience
from tests.logs.written import curve, encoded

NAME = "events.out.tfevents.1700000000.host"
LOG = encoded(curve("loss", [3.0, 2.0, 1.0]))
MORE = encoded(curve("loss", [0.5, 0.25], first=3))


class CountingFileSystem(MemoryFileSystem):  # type: ignore[misc]  # fsspec is untyped
    """Memory, with a note of every question; some files are never answered for."""

    protocol = "counting"
    store: dict[str, Any] = {}  # noqa: RUF012 - as that of memory
    pseudo_dirs: list[str] = [""]  # noqa: RUF012
    asked: list[tuple[str, str]] = []  # noqa: RUF012
    silent: set[str] = set()  # noqa: RUF012

    def find(self, path: str, **kwargs: Any) -> Any:
        self._note("find", path)
        self._wait("find")
        return super().find(path, **kwargs)

    def cat_file(self, path: str, start: Any = None, end: Any = None, **kwargs: Any) -> Any:
        self._note(f"{start}-{end}", path)
        self._wait(PurePosixPath(path).parent.name)
        return super().cat_file(path, start=start, end=end, **kwargs)

    def _note(self, what: str, path: str) -> None:
        self.asked.append((what, path.removeprefix("counting:/")))

    def _wait(self, what: str) -> None:
        if what in self.silent:
            time.sleep(2.0)


@pytest.fixture
def counting() -> Iterator[type[CountingFileSystem]]:
    fsspec.register_implementation("counting", CountingFileSystem, clobber=True)
    for kept in (CountingFileSystem.store, CountingFileSystem.asked, CountingFileSystem.silent):
        kept.clear()
    yield CountingFileSystem
    CountingFileSystem.silent.clear()


def put(url: str, content: bytes) -> None:
    with fsspec.open(url, "wb") as file:
        file.write(content)


def points(reader: LogReader) -> dict[str, int]:
    """How many points each training has, after another reading."""
    reader.refresh()
    return {run.name: sum(curve.series.count for curve in run.curves) for run in reader.runs()}


def test_one_listing_one_read_a_new_file_and_one_an_appended(
    counting: type[CountingFileSystem],
) -> None:
    for name in "abc":
        put(f"counting://logs/{name}/{NAME}", LOG)
    put("counting://logs/a/checkpoint", b"x" * 999)
    reader = LogReader("counting://logs")
    counting.asked.clear()
    assert points(reader) == {"a": 3, "b": 3, "c": 3}
    size = len(LOG)
    reads = [(f"0-{size}", f"/logs/{name}/{NAME}") for name in "abc"]
    assert counting.asked == [("find", "/logs"), *reads]
    counting.asked.clear()
    points(reader)
    assert counting.asked == [("find", "/logs")], "nothing is read again"
    put(f"counting://logs/b/{NAME}", LOG + MORE)
    counting.asked.clear()
    assert points(reader) == {"a": 3, "b": 5, "c": 3}
    appended = (f"{size - 64}-{size + len(MORE)}", f"/logs/b/{NAME}")
    assert counting.asked == [("find", "/logs"), appended]


def test_an_unfinished_record_is_read_again_with_its_rest(
    counting: type[CountingFileSystem],
) -> None:
    url = f"counting://logs/a/{NAME}"
    put(url, LOG[:-9])
    reader = LogReader("counting://logs")
    assert points(reader) == {"a": 2}
    put(url, LOG)
    counting.asked.clear()
    assert points(reader) == {"a": 3}
    assert len(counting.asked) == 2


def test_one_file_that_gives_no_answer_costs_the_others_nothing(
    counting: type[CountingFileSystem],
) -> None:
    for name in "abc":
        put(f"counting://logs/{name}/{NAME}", LOG)
    counting.silent.add("a")
    reader = LogReader("counting://logs", timeout=0.5)
    assert points(reader) == {"b": 3, "c": 3}
    assert reader.unread == [f"`a/{NAME}` could not be read: no answer within 0.5 s."]
    counting.silent.clear()
    assert points(reader) == {"a": 3, "b": 3, "c": 3}


def test_a_place_that_falls_silent_is_not_waited_for_file_by_file(
    counting: type[CountingFileSystem],
) -> None:
    names = [f"{number:02d}" for number in range(20)]
    for name in names:
        put(f"counting://logs/{name}/{NAME}", LOG)
    counting.silent.update(names)
    with pytest.raises(UnreadablePathError, match=r"no answer within 0\.5 s"):
        LogReader("counting://logs", timeout=0.5).refresh()
    assert sum(what != "find" for what, _ in counting.asked) == 2


def test_a_listing_that_gives_no_answer(counting: type[CountingFileSystem]) -> None:
    put(f"counting://logs/a/{NAME}", LOG)
    counting.silent.add("find")
    with pytest.raises(UnreachablePathError) as caught:
        LogReader("counting://logs", timeout=0.2).refresh()
    assert str(caught.value) == "'counting://logs' cannot be read: no answer within 0.2 s."


class TestPatience:
    def test_what_is_given_comes_first_then_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("ZEROACC_TIMEOUT", raising=False)
        assert patience() == 30.0
        monkeypatch.setenv("ZEROACC_TIMEOUT", " 2.5 ")
        assert patience() == 2.5
        assert patience(7.0) == 7.0

    @pytest.mark.parametrize("said", ["soon", "0", "-1", "nan", "inf"])
    def test_what_is_no_time_is_said(self, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
        monkeypatch.setenv("ZEROACC_TIMEOUT", said)
        with pytest.raises(UnreadablePathError, match="take seconds, more than 0"):
            LogReader(f"memory://{uuid4().hex}").refresh()
        with pytest.raises(UnreadablePathError, match="take seconds, more than 0"):
            patience(0.0)
