"""Paths and URLs: which files are listed below them, and the sentence where nothing can be."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.logs.storage import storage_of
from tests.logs.written import curve, encoded

EVENTS = "events.out.tfevents.1700000000.host"
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")


def listed(path: Path | str) -> set[tuple[str, str, int]]:
    """Directory, name and size of every file; each once."""
    found = [(file.member, file.name, file.size) for file in storage_of(str(path)).files()]
    assert len(set(found)) == len(found), f"a file is listed twice: {found}"
    return set(found)


def put(path: Path, content: bytes = b"abc") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refused(path: Path | str) -> str:
    """The one clear sentence that says why nothing can be listed."""
    with pytest.raises(UnreadablePathError) as caught:
        list(storage_of(str(path)).files())
    with pytest.raises(UnreadablePathError) as of_reader:
        LogReader(str(path)).refresh()
    text, error = str(caught.value), caught.value
    assert str(of_reader.value) == text, "the reader must pass the sentence on as it is"
    assert "\n" not in text, "a sentence is one line"
    assert text[-1] == "." != text[-2], "a sentence ends with one full stop"
    assert repr(str(path)) in text, "the path is named as it was given"
    assert "Errno" not in text, "an error number tells nobody anything"
    assert error.__suppress_context__ or error.__context__ is None, "no inner error is shown"
    return text


@pytest.fixture
def memory() -> str:  # no other test uses it
    return f"memory://storage-{uuid4().hex}"


def pipe(url: str, content: bytes = b"abc") -> str:
    with fsspec.open(url, "wb") as file:
        file.write(content)
    return url


# --- local --------------------------------------------------------------------------------------


def test_a_directory_is_listed_with_all_below_it(tmp_path: Path) -> None:
    put(tmp_path / EVENTS)
    put(tmp_path / "a" / "train" / EVENTS, b"")
    put(tmp_path / "a" / "train" / "other.txt", b"xy")
    (tmp_path / "empty").mkdir()
    want = {(".", EVENTS, 3), ("a/train", EVENTS, 0), ("a/train", "other.txt", 2)}
    assert listed(tmp_path) == want
    assert listed(f"{tmp_path}/") == want, "a slash at the end changes nothing"


def test_a_file_is_itself_the_root(tmp_path: Path) -> None:
    storage = storage_of(str(put(tmp_path / "train" / "any name")))
    (found,) = storage.files()
    assert (found.member, found.name, found.size) == (".", "any name", 3)
    assert found.is_root
    assert storage.label == "train", "the directory that holds it tells its data"


@pytest.mark.parametrize("given", ["x/train", "x/train/", "x/train/.", "x/./train/../train"])
def test_a_directory_is_labelled_by_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    put(tmp_path / "x" / "train" / EVENTS)
    monkeypatch.chdir(tmp_path)
    storage = storage_of(given)
    assert [file.member for file in storage.files()] == ["."]
    assert storage.label == "train"


def test_the_home_directory_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / "logs" / EVENTS)
    assert listed("~/logs") == {(".", EVENTS, 3)}


@pytest.mark.parametrize(("first", "count", "want"), [(0, 3, b"abc"), (4, 9, b"ef"), (9, 1, b"")])
def test_any_part_of_a_file_can_be_read(
    tmp_path: Path, memory: str, first: int, count: int, want: bytes
) -> None:
    for path in (put(tmp_path / "x", b"abcdef"), pipe(f"{memory}/x", b"abcdef")):
        storage = storage_of(str(path))
        (found,) = storage.files()
        assert storage.read(found.location, first, count) == want, path


class TestLinks:
    def test_circles_end_and_links_to_nowhere_are_passed_over(self, tmp_path: Path) -> None:
        put(tmp_path / "a" / EVENTS)
        (tmp_path / "a" / "up").symlink_to("..")
        (tmp_path / "a" / "here").symlink_to(".")
        (tmp_path / "itself").symlink_to("itself")
        (tmp_path / "events.out.tfevents.9").symlink_to("nowhere")
        assert listed(tmp_path) == {("a", EVENTS, 3)}

    @pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
    def test_a_second_name_of_a_file_adds_nothing(
        self, tmp_path: Path, link: Callable[[Path, Path], None]
    ) -> None:
        file = put(tmp_path / "z" / EVENTS)
        (tmp_path / "a").mkdir()
        link(tmp_path / "a" / EVENTS, file)
        link(tmp_path / "z" / f"{EVENTS}.0", file)
        (found,) = storage_of(str(tmp_path)).files()
        assert found.member == "z" or link is Path.hardlink_to, "no name of a hard link is its own"

    def test_a_linked_directory_and_file_count(self, tmp_path: Path) -> None:
        put(tmp_path / "elsewhere" / "train" / EVENTS)
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "a").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "logs" / "tfevents").symlink_to(tmp_path / "elsewhere" / "train" / EVENTS)
        assert listed(tmp_path / "logs") == {("a/train", EVENTS, 3)}, "one file, once"
        put(tmp_path / "other" / EVENTS, b"abcd")
        (tmp_path / "logs" / "tfevents.2").symlink_to(tmp_path / "other" / EVENTS)
        assert listed(tmp_path / "logs") == {("a/train", EVENTS, 3), (".", "tfevents.2", 4)}
        assert listed(tmp_path / "logs" / "a") == {("train", EVENTS, 3)}, "the path may be a link"


ODD_NAMES = [
    "with spaces", "名前", "😀", "new\nline", "tab\tand\x1b[31mred", "`a` 'b' \"c\"",
    "a:b=c,d", "<b>", "-rf", "%41#?*[x]", "back\\slash", "x" * 200,
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
@ONLY_LINUX
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    put(tmp_path / name / f"tfevents {name}", encoded(curve("loss", [1.0])))
    ((member, found, _),) = listed(tmp_path)
    assert (member, found) == (name, f"tfevents {name}")
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert [run.name for run in reader.runs()] == [name]
    refused(tmp_path / name / "no")


@ONLY_LINUX
def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/run\xff"
    os.mkdir(folder)  # noqa: PTH102 - a path of bytes
    put(Path(os.fsdecode(folder + b"/tfevents\xfe")), encoded(curve("loss", [1.0])))
    ((member, name, _),) = listed(tmp_path)
    assert (os.fsencode(member), os.fsencode(name)) == (b"run\xff", b"tfevents\xfe")
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert len(reader.runs()) == 1
    refused(os.fsdecode(folder + b"/no")).encode()  # the sentence can be printed


# --- local, refused -----------------------------------------------------------------------------

MISSING: dict[str, Callable[[Path], Path | str]] = {
    "missing": lambda base: base / "no",
    "below a file": lambda base: put(base / "file") / "no",
    "a name with a zero byte": lambda base: f"{base}/a\0b",
    "a name too long": lambda base: base / ("x" * 5000),
    "a name that is no text": lambda base: f"{base}/\udcff",
}
LINKS = {"a link to nowhere": "nowhere", "a link to itself": "link", "links in a circle": "back"}


@pytest.mark.parametrize("made", MISSING.values(), ids=MISSING)
def test_a_missing_path(tmp_path: Path, made: Callable[[Path], Path | str]) -> None:
    assert refused(made(tmp_path)).startswith("There is no file or directory ")


@pytest.mark.parametrize("target", LINKS.values(), ids=LINKS)
def test_a_link_that_leads_nowhere(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "back").symlink_to("link")
    assert refused(tmp_path / "link").startswith("There is no file or directory ")


@ONLY_LINUX
def test_what_is_neither_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is neither a directory nor a file" in refused(tmp_path / "pipe")


def denied(*_: object, **__: object) -> Any:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("kind", ["file", "directory", "below a closed one"])
def test_a_path_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    file = put(tmp_path / EVENTS)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    if kind == "below a closed one":
        monkeypatch.setattr(Path, "is_file", denied)
    assert refused(tmp_path if kind == "directory" else file).endswith(
        "may not be read: permission denied."
    )


def test_a_closed_directory_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "closed" / EVENTS)
    put(tmp_path / "open" / EVENTS)
    scan, closed = os.scandir, str(tmp_path / "closed")
    monkeypatch.setattr(os, "scandir", lambda at: denied() if at == closed else scan(at))
    assert listed(tmp_path) == {("open", EVENTS, 3)}


def test_a_file_that_vanishes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "gone" / EVENTS)
    put(tmp_path / "there" / EVENTS)
    gone, scan = tmp_path / "gone" / EVENTS, os.scandir

    def vanishing(at: str) -> Any:
        entries = scan(at)
        if at == str(gone.parent):
            gone.unlink()
        return entries

    monkeypatch.setattr(os, "scandir", vanishing)
    assert listed(tmp_path) == {("there", EVENTS, 3)}


# --- fsspec -------------------------------------------------------------------------------------


def test_a_remote_directory(memory: str) -> None:
    pipe(f"{memory}/{EVENTS}")
    pipe(f"{memory}/a/train/{EVENTS}", b"")
    pipe(f"{memory}/a b#?%20[x]/😀\n/{EVENTS}")
    pipe(f"{memory}-sibling/{EVENTS}")
    want = {(".", EVENTS, 3), ("a/train", EVENTS, 0), ("a b#?%20[x]/😀\n", EVENTS, 3)}
    assert listed(memory) == listed(f"{memory}/") == want
    assert storage_of(f"{memory}/a/train/").label == "train"


def test_a_remote_file_and_an_empty_directory(memory: str) -> None:
    (found,) = storage_of(pipe(f"{memory}/any name")).files()
    assert (found.member, found.name, found.size, found.is_root) == (".", "any name", 3, True)
    fsspec.filesystem("memory").mkdirs(memory.removeprefix("memory:/") + "/empty")
    assert listed(f"{memory}/empty") == set(), "it is empty, not missing"


def test_a_remote_training_is_read_and_followed(memory: str) -> None:
    log = encoded(curve("loss", [3.0, 2.0, 1.0]))
    pipe(f"{memory}/a/{EVENTS}", log[:-9])
    reader = LogReader(memory)
    for content, count in ((log[:-9], 2), (log, 3)):
        pipe(f"{memory}/a/{EVENTS}", content)
        reader.refresh()
        (run,) = reader.runs()
        assert (run.name, run.path, run.curves[0].series.count) == ("a", memory, count)


class Broken:
    """A file system whose every question raises."""

    async_impl = False

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*_: object, **__: object) -> Any:
            raise self.error

        return (lambda: None) if name == "invalidate_cache" else ask


REFUSED: dict[str, tuple[Exception, str]] = {
    "forbidden": (PermissionError("403"), "may not be read: permission denied."),
    "missing": (FileNotFoundError("x"), "There is no file or directory "),
    "no network": (TimeoutError(), "cannot be read: no answer in time."),
    "many lines": (RuntimeError("no\n  way\n.\n"), "cannot be read: no way"),
    "a long page": (ValueError("<html>" * 900), "cannot be read: <html><html>"),
}


@pytest.mark.parametrize(("error", "want"), REFUSED.values(), ids=REFUSED)
def test_a_remote_system_that_fails(
    monkeypatch: pytest.MonkeyPatch, error: Exception, want: str
) -> None:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url, **_: (Broken(error), "bucket/x"))
    assert want in refused("s3://bucket/x")
    assert len(refused("s3://bucket/x")) < 400
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system raised
        storage_of("s3://bucket/x").read("bucket/x/y", 0, 1)


def test_urls_that_nothing_can_open(monkeypatch: pytest.MonkeyPatch, memory: str) -> None:
    assert refused(f"{memory}/no") == f"There is no file or directory '{memory}/no'."
    assert "cannot be opened: Protocol not known" in refused("nosuchscheme://x/y")

    def lacking(url: str, **_: object) -> Any:
        raise ImportError("Install another one to access this")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lacking)
    said = "needs another package: Install another one to access this."
    assert said in refused("abfs://bucket/x")
    for scheme, package, extra in (
        ("s3", "s3fs", "s3"), ("gs", "gcsfs", "gcs"), ("gcs", "gcsfs", "gcs"),
        ("http", "aiohttp", "http"), ("https", "aiohttp", "http"),
    ):  # fmt: skip
        said = f"needs the package '{package}': pip install 'tb-zeroacc[{extra}]'."
        assert said in refused(f"{scheme}://bucket/x")


def test_it_tells_when_a_file_was_written(tmp_path: Path, memory: str) -> None:
    file = put(tmp_path / EVENTS)
    os.utime(file, (1000.0, 1000.0))
    for path in (tmp_path, file):
        assert [found.modified for found in storage_of(str(path)).files()] == [1000.0]
    (remote,) = storage_of(pipe(f"{memory}/x", b"a")).files()
    assert remote.modified is not None
    assert abs(remote.modified - time.time()) < 60.0
    (other,) = storage_of(f"local://{file}").files()
    assert other.modified == 1000.0
