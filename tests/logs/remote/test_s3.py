"""Logs in S3, on a real server of its interface: few requests, and sentences that help."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug import test, wrappers

from tb_zeroacc import verdict
from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.places import places_from
from tb_zeroacc.plugin.distant_desk import DistantDesk
from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin
from tests.logs.remote.web_server import WebServer, serving
from tests.logs.written import curve, encoded
from tests.s3_server import Bucket, S3Server
from tests.s3_server import serving as serving_s3

pytest.importorskip("s3fs")
pytest.importorskip("boto3")
pytest.importorskip("moto.server")

ROUTE = "/data/plugin/zero_accuracy"
NAME = "events.out.tfevents.1700000000.host"
LOG = encoded(curve("loss", [3.0, 2.0, 1.0]))
MORE = encoded(curve("loss", [0.5, 0.25], first=3))


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with serving_s3() as running:
        yield running


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, server: S3Server) -> None:
    server.environment(monkeypatch)


@pytest.fixture
def bucket(server: S3Server, _environment: None) -> Bucket:
    return server.bucket()


def points(reader: LogReader) -> dict[str, int]:
    """How many points each training has, after another reading."""
    reader.refresh()
    return {run.name: sum(curve.series.count for curve in run.curves) for run in reader.runs()}


def refused(url: str, timeout: float | None = 5.0) -> str:
    """The sentence that says why nothing can be read."""
    with pytest.raises(UnreadablePathError) as caught:
        LogReader(url, timeout=timeout).refresh()
    said = str(caught.value)
    assert repr(url) in said
    assert "\n" not in said
    assert said[-1] == "." != said[-2]
    return said


def test_another_process_reads_what_is_new_alone(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEROACC_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(verdict, "WORTH_STORING", 0.0)
    for number in range(3):
        bucket.put(f"sweep/{number}/train/{NAME}", LOG)

    def asked() -> list[str]:
        reader = verdict.Reader(f"{bucket.url}/sweep", stores=True)
        bucket.requests()
        reader.refresh()
        assert [each.run.name for each in reader.state()] == ["0", "1", "2"]
        return bucket.requests()

    assert len(asked()) == 4
    assert len(asked()) == 1, "more than a listing was asked for"
    bucket.put(f"sweep/1/train/{NAME}", LOG + MORE)
    assert asked()[1:] == [f"GET /{bucket.name}/sweep/1/train/{NAME}"]


def test_one_listing_one_read_a_new_file_and_one_an_appended(bucket: Bucket) -> None:
    for number in range(5):
        bucket.put(f"sweep/{number}/train/{NAME}", LOG)
    bucket.put(f"sweep/packed/{NAME}.gz", gzip.compress(LOG))
    bucket.put("sweep/table/metrics.csv", b"step,loss\n0,2\n1,1\n")
    bucket.put("sweep/0/checkpoint", b"x" * 100)
    reader = LogReader(f"{bucket.url}/sweep")
    bucket.requests()
    want = {**dict.fromkeys(map(str, range(5)), 3), "packed": 3, "table": 2}
    assert points(reader) == want
    listing, *reads = bucket.requests()
    assert "list-type=2" in listing
    assert sorted(re.sub(r".*/sweep/", "", read) for read in reads) == sorted(
        [*(f"{number}/train/{NAME}" for number in range(5)), f"packed/{NAME}.gz",
         "table/metrics.csv"]
    )  # fmt: skip

    assert points(reader) == want
    assert bucket.requests() == [listing], "nothing is read again"

    bucket.put(f"sweep/3/train/{NAME}", LOG + MORE)
    assert points(reader) == want | {"3": 5}
    assert bucket.requests() == [listing, f"GET /{bucket.name}/sweep/3/train/{NAME}"]


def test_more_than_a_page_of_a_listing(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in range(5):
        bucket.put(f"{number}/{NAME}", LOG)
    bucket.requests()
    assert len(points(LogReader(bucket.url))) == 5
    assert sum("list-type=2" in asked for asked in bucket.requests()) == 3


def test_an_object_that_takes_the_place_of_another_is_read_anew(bucket: Bucket) -> None:
    bucket.put(f"a/{NAME}", LOG)
    reader = LogReader(bucket.url)
    assert points(reader) == {"a": 3}
    other = encoded(curve("loss", [9.0, 8.0, 7.0], begin=1_800_000_000.0))
    assert len(other) == len(LOG), "only its ETag tells it"
    bucket.put(f"a/{NAME}", other)
    points(reader)
    (run,) = reader.runs()
    assert run.curves[0].series.first == (0, 9.0)


def test_an_object_that_is_gone_between_listing_and_reading(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tb_zeroacc.logs.remote.stores import AsyncStore

    bucket.put(f"a/{NAME}", LOG)
    bucket.put(f"b/{NAME}", LOG)
    pieces = AsyncStore.pieces

    def delete_first(store: AsyncStore, spans: Any) -> Any:
        bucket.client.delete_object(Bucket=bucket.name, Key=f"a/{NAME}")
        return pieces(store, spans)

    monkeypatch.setattr(AsyncStore, "pieces", delete_first)
    reader = LogReader(bucket.url)
    assert points(reader) == {"b": 3}
    assert reader.unread == [f"`a/{NAME}` could not be read: it is not there."]
    assert points(reader) == {"b": 3}
    assert reader.unread == []


def test_an_object_is_named_itself(bucket: Bucket) -> None:
    bucket.put("x/train/any.log", LOG)
    assert points(LogReader(f"{bucket.url}/x/train/any.log")) == {".": 3}


def test_what_is_not_there(bucket: Bucket) -> None:
    for url in (f"{bucket.url}/no", f"s3://no-{bucket.name}/x", f"s3://no-{bucket.name}"):
        assert refused(url) == f"There is no file or directory {url!r}."
    assert "There is no log below" in refused(bucket.url)


def test_without_credentials_it_says_where_they_come_from(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    said = refused(bucket.url)
    assert "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in said


ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


@pytest.mark.parametrize(
    ("status", "code", "message", "want"),
    [
        (403, "InvalidAccessKeyId", "The key is not on record.",
         "may not be read: permission denied (The key is not on record)."),
        (403, "AccessDenied", "Access Denied", "may not be read: permission denied."),
        (500, "InternalError", "We failed.",
         "cannot be read: the server answered 500 (Internal Server Error)."),
    ],
)  # fmt: skip
def test_a_store_that_refuses(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str, want: str
) -> None:
    with serving(WebServer(statuses={"/bucket": status})) as web:
        web.refusal = ERROR.format(code=code, message=message)
        monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
        assert want in refused("s3://bucket/x")


def test_a_store_that_never_answers_and_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(WebServer(silent={"/bucket"})) as web:
        monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
        assert refused("s3://bucket/x", 0.5).endswith("no answer within 0.5 s.")
    said = refused("s3://bucket/x", 20.0)
    assert "cannot be read: Could not connect to the endpoint URL" in said


def test_the_tab_reads_it_itself(bucket: Bucket) -> None:
    bucket.put(f"logs/a/train/{NAME}", LOG)
    context = base_plugin.TBContext(
        logdir=f"{bucket.url}/logs", flags=SimpleNamespace(logdir_spec="")
    )
    desk = DistantDesk(places_from(context))
    plugin = ZeroAccuracyPlugin(context, desk)
    client = test.Client(application.TensorBoardWSGI([plugin]), wrappers.Response)
    until = time.monotonic() + 60.0
    try:
        while not (told := client.get(f"{ROUTE}/runs").get_json())["complete"]:
            assert time.monotonic() < until, "the first reading does not end"
            time.sleep(0.05)
    finally:
        desk.close()
    assert told["errors"] == []
    assert [(run["run"], run["sampled"]) for run in told["runs"]] == [("a", False)]
