"""Logs on web servers of every kind: all of them are read, with few requests, or say why not."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from time import monotonic

import fsspec
import pytest

from tb_zeroacc.errors import UnreachablePathError, UnreadablePathError
from tb_zeroacc.logs.reader import LogReader
from tests.logs.remote.web_server import WebServer, serving
from tests.logs.written import curve, encoded

pytest.importorskip("aiohttp")

NAME = "events.out.tfevents.1700000000.host"
PATH = f"/logs/a/train/{NAME}"
LONG = encoded(curve("loss", [1.0 / (n + 1) for n in range(40)]))
SHORT = encoded(curve("loss", [3.0, 2.0, 1.0]))


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving(WebServer({PATH: SHORT})) as server:
        yield server


def points(reader: LogReader) -> dict[str, int]:
    """How many points each training has, after another reading."""
    reader.refresh()
    return {run.name: sum(curve.series.count for curve in run.curves) for run in reader.runs()}


def notes(reader: LogReader) -> str:
    return " ".join(note for run in reader.runs() for note in run.notes)


KINDS: dict[str, dict[str, object]] = {
    "python's": {"has_versions": True},
    "nginx": {"listing": "nginx"},
    "apache": {"listing": "apache"},
    "no ranges": {"has_ranges": False},
    "no lengths": {"has_lengths": False},
    "neither": {"has_lengths": False, "has_ranges": False},
    "no HEAD": {"has_heads": False},
    "no versions": {"has_versions": False},
    "nothing at all": {
        "has_lengths": False, "has_ranges": False, "has_heads": False, "has_versions": False,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_log_is_read_and_followed_on_any_server(web: WebServer, kind: dict[str, object]) -> None:
    vars(web).update(kind)
    web.files["/logs/b/a b#?%20é/train.csv"] = b"step,loss\n0,2.0\n1,1.0\n"
    web.files[f"/logs/c/{NAME}.gz"] = gzip.compress(LONG)
    web.files["/logs/notes.txt"] = b"not asked for"
    reader = LogReader(f"{web.url}/logs")
    want = {"a": 3, "b/a b#?%20é": 2, "c": 40}
    assert points(reader) == want
    assert not any(path.endswith(".txt") for _, path, _ in web.requests())
    before = reader.runs()
    assert points(reader) == want
    assert all(a is b for a, b in zip(before, reader.runs(), strict=True)), "nothing is new"
    web.files[PATH], web.minutes[PATH] = SHORT + encoded(curve("loss", [0.5], first=3)), 1
    assert points(reader) == want | {"a": 4}
    assert not notes(reader)


def test_requests_are_few(web: WebServer) -> None:
    web.listing = "nginx"
    reader = LogReader(f"{web.url}/logs/")
    points(reader)
    pages = [("GET", folder, "") for folder in ("/logs/", "/logs/a/", "/logs/a/train/")]
    assert web.requests() == [*pages, ("GET", PATH, f"0-{len(SHORT) - 1}")]
    points(reader)
    assert web.requests() == pages, "nothing is read again"
    web.files[PATH] = SHORT + encoded(curve("loss", [0.5], first=3))
    points(reader)
    (*listed, (method, path, asked)) = web.requests()
    assert (listed, method, path) == (pages, "GET", PATH)
    first, _, last = asked.partition("-")
    assert int(first) == len(SHORT) - 64, "what was appended, and how the rest ended"
    assert int(last) == len(web.files[PATH]) - 1


def test_without_sizes_each_file_costs_one_more_question(web: WebServer) -> None:
    reader = LogReader(f"{web.url}/logs/")
    points(reader)
    assert [asked[0] for asked in web.requests()] == ["GET", "GET", "GET", "HEAD", "GET"]
    points(reader)
    assert [asked[0] for asked in web.requests()] == ["GET", "GET", "GET", "HEAD"]


def test_a_row_that_stays_as_it_was_answers_for_the_file(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.listing, now = "apache", [0.0]
    monkeypatch.setattr("tb_zeroacc.logs.remote.web.monotonic", lambda: now[0])
    reader = LogReader(f"{web.url}/logs/")
    for second, is_asked in ((0.0, True), (30.0, True), (62.0, True), (63.0, False)):
        now[0] = second
        points(reader)
        asked = any(method == "HEAD" for method, _, _ in web.requests())
        assert asked == is_asked, f"within a minute the row may hide a change ({second} s)"
    web.files[PATH], web.minutes[PATH] = LONG, 5
    assert points(reader) == {"a": 40}


def test_a_whole_file_comes_once_where_parts_are_not_sent(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_zeroacc.logs.remote.pieces.PIECE", 256)  # it would be many pieces
    web.has_ranges, web.listing, web.files[PATH] = False, "nginx", LONG
    reader = LogReader(f"{web.url}/logs/")
    assert points(reader) == {"a": 40}
    assert sum(path == PATH for _, path, _ in web.requests()) == 1


def test_a_long_file_is_read_piece_by_piece(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_zeroacc.logs.remote.pieces.PIECE", 256)
    web.listing, web.files[PATH] = "nginx", LONG
    assert points(LogReader(f"{web.url}/logs/")) == {"a": 40}
    sizes = [int(b) - int(a) for _, _, r in web.requests() if r for a, b in [r.split("-")]]
    assert len(sizes) > 4
    assert max(sizes) < 256


def test_a_file_that_is_replaced_between_its_pieces_is_told_and_read_anew(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_zeroacc.logs.remote.pieces.PIECE", 256)
    other = encoded(curve("loss", [9.0 - n / 10 for n in range(40)]))
    web.listing, web.files[PATH] = "nginx", LONG
    web.after[PATH, 2] = lambda: web.files.update({PATH: other})
    reader = LogReader(f"{web.url}/logs/")
    points(reader)
    assert "it was replaced while it was read" in notes(reader)
    web.minutes[PATH] = 1
    assert points(reader) == {"a": 40}
    (run,) = reader.runs()
    assert run.curves[0].series.first == (0, 9.0)


@pytest.mark.parametrize("now", ["shorter", "longer", "gone"])
def test_a_file_that_is_replaced_between_listing_and_reading(web: WebServer, now: str) -> None:
    web.listing, web.files[PATH] = "nginx", LONG
    web.files[f"/logs/b/{NAME}"] = SHORT
    new = encoded(curve("loss", [5.0 - n / 20 for n in range(80 if now == "longer" else 2)]))
    reader = LogReader(f"{web.url}/logs/")
    points(reader)

    def replace() -> None:
        web.files |= {PATH: new}
        if now == "gone":
            web.statuses[PATH] = 404

    web.files[PATH] += encoded(curve("loss", [0.0], first=40))
    web.after["/logs/a/train/", 2] = replace
    found = points(reader)
    assert found["b"] == 3, "the others are read"
    if now == "gone":
        assert "could not be read: it is not there" in notes(reader)
        assert found["a"] == 40, "what was read of it still counts"
        web.statuses.clear()
    assert points(reader)["a"] == (80 if now == "longer" else 2)


# --- the address --------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["logs", "logs/", "logs/?x=1"])
def test_a_directory_may_be_named_in_many_ways(web: WebServer, below: str) -> None:
    assert sum(points(LogReader(f"{web.url}/{below}")).values()) == 3


@pytest.mark.parametrize("listing", [None, "bare"])
def test_a_file_is_named_itself(web: WebServer, listing: None) -> None:
    web.listing = listing
    web.files["/any/training.log"] = b"epoch,loss\n0,2.0\n1,1.0\n"
    web.files["/a b/é%.csv"] = b"epoch,loss\n0,2.0\n1,1.0\n"
    assert points(LogReader(f"{web.url}{PATH}")) == {".": 3}
    assert points(LogReader(f"{web.url}{PATH}?token=a")) == {".": 3}
    assert points(LogReader(f"{web.url}/any/training.log")) == {".": 2}
    for named in ("a%20b/%C3%A9%25.csv", "a b/é%25.csv", "a b/é%25.csv?token=a#b"):
        assert points(LogReader(f"{web.url}/{named}")) == {".": 2}


def test_links_that_lead_in_circles_end(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb_zeroacc.logs.remote.web.DEEPEST", 5)
    page = web.page
    round_about = '<a href="again/">again/</a>'
    web.page = lambda path: (page(path.replace("again/", "")) or "") + round_about  # type: ignore
    reader = LogReader(f"{web.url}/logs/")
    assert points(reader)["a"] == 3
    assert "more directories than a log" in " ".join(reader.unread)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_fsspec_is_configured_with_holds(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    web.password = "Bearer x"
    assert "the server asks for credentials" in refused(f"{web.url}/logs/")
    settings = {"client_kwargs": {"headers": {"Authorization": "Bearer x"}}}
    monkeypatch.setitem(fsspec.config.conf, scheme, settings)
    assert points(LogReader(f"{web.url}/logs/")) == {"a": 3}


# --- refusals -----------------------------------------------------------------------------------


def refused(url: str, timeout: float | None = None) -> str:
    """The sentence that says why nothing can be read."""
    with pytest.raises(UnreadablePathError) as caught:
        LogReader(url, timeout=timeout).refresh()
    said = str(caught.value)
    assert repr(url) in said
    assert "\n" not in said
    assert said[-1] == "." != said[-2]
    return said


REFUSALS: dict[str, tuple[Callable[[WebServer], object], str]] = {
    "401": (
        lambda web: web.statuses.update({"/logs/": 401}),
        "may not be read: the server asks for credentials.",
    ),
    "403": (
        lambda web: web.statuses.update({"/logs/": 403}),
        "may not be read: permission denied.",
    ),
    "404": (lambda web: web.files.clear(), "There is no file or directory"),
    "500": (
        lambda web: web.statuses.update({"/logs/": 500}),
        "cannot be read: the server answered 500 (Internal Server Error).",
    ),
    "silent": (lambda web: web.silent.add("/logs/"), "cannot be read: no answer within 0.2 s."),
}


@pytest.mark.parametrize(("make", "want"), REFUSALS.values(), ids=REFUSALS)
def test_a_server_that_refuses(
    web: WebServer, make: Callable[[WebServer], object], want: str
) -> None:
    make(web)
    timeout = 0.2 if web.silent else 30.0  # a busy machine answers late
    assert want in refused(f"{web.url}/logs/", timeout)


def test_nobody_listens_there(web: WebServer) -> None:
    said = refused("http://127.0.0.1:1/logs/")
    assert said.endswith("cannot be read: no connection to 127.0.0.1:1 (Connection refused).")
    said = refused("http://nosuch.invalid/logs/")
    assert "cannot be read: no connection to nosuch.invalid:80 (" in said


def test_one_file_that_cannot_be_had_costs_nobody_else_anything(web: WebServer) -> None:
    for name in ("silent", "forbidden", "failing", "broken", "trickling", "shifted"):
        web.files[f"/logs/{name}/{NAME}"] = SHORT
    web.listing = "nginx"
    web.silent.add(f"/logs/silent/{NAME}")
    web.trickling.add(f"/logs/trickling/{NAME}")
    web.broken.add(f"/logs/broken/{NAME}")
    web.shifted.add(f"/logs/shifted/{NAME}")
    web.statuses |= {f"/logs/forbidden/{NAME}": 403, f"/logs/failing/{NAME}": 500}
    reader = LogReader(f"{web.url}/logs/", timeout=1.0)
    began = monotonic()
    assert points(reader) == {"a": 3}
    assert monotonic() - began < 10.0
    said = "\n".join(reader.unread)
    for name, why in (
        ("silent", "no answer within 1 s"), ("forbidden", "permission denied"),
        ("failing", "the server answered 500 (Internal Server Error)"),
        ("broken", "the connection broke off"),
        ("trickling", "no answer within 1 s"),
        ("shifted", "the server sent another part of it than was asked for"),
    ):  # fmt: skip
        assert f"`{name}/{NAME}` could not be read: {why}." in said
    web.silent.clear()
    web.statuses.clear()
    web.broken.clear()
    web.trickling.clear()
    web.shifted.clear()
    assert len(points(reader)) == 7, "they are tried again"
    assert not reader.unread


def test_a_file_without_a_size_that_cannot_be_had_is_told(web: WebServer) -> None:
    web.files[f"/logs/b/{NAME}"] = SHORT
    web.statuses[f"/logs/b/{NAME}"] = 403
    reader = LogReader(f"{web.url}/logs/")
    assert points(reader) == {"a": 3}
    assert reader.unread == [f"`b/{NAME}` could not be read: permission denied."]


def test_a_directory_that_cannot_be_listed_costs_nobody_else_anything(web: WebServer) -> None:
    web.files[f"/logs/b/{NAME}"] = SHORT
    web.statuses["/logs/b/"] = 500
    reader = LogReader(f"{web.url}/logs/")
    assert points(reader) == {"a": 3}
    (said,) = reader.unread
    assert said == "`b` may not be read: the server answered 500 (Internal Server Error)."


def test_a_server_that_falls_silent_is_not_waited_for_file_by_file(web: WebServer) -> None:
    web.listing = "nginx"
    for number in range(150):
        web.files[f"/logs/{number}/{NAME}"] = SHORT
        web.silent.add(f"/logs/{number}/{NAME}")
    web.silent.add(PATH)
    began = monotonic()
    with pytest.raises(UnreadablePathError, match="no answer within"):
        LogReader(f"{web.url}/logs/", timeout=1.0).refresh()
    web.silent = {f"/logs/{number}/" for number in range(150)} | {"/logs/a/"}
    with pytest.raises(UnreadablePathError, match="no answer within"):
        LogReader(f"{web.url}/logs/", timeout=1.0).refresh()
    assert monotonic() - began < 10.0


def test_a_server_that_is_gone_for_a_while_is_told_from_a_path_that_is_wrong(
    web: WebServer,
) -> None:
    reader = LogReader(f"{web.url}/logs/")
    points(reader)
    web.statuses["/logs/"] = 503
    with pytest.raises(UnreachablePathError):
        reader.refresh()
    assert len(reader.runs()) == 1, "what was read is still there"
    web.statuses.clear()
    assert points(reader) == {"a": 3}
