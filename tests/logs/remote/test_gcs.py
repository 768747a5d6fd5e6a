"""Logs in Google Cloud Storage, on a server that speaks its JSON interface."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

import pytest

from tb_zeroacc import facts
from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import read_runs
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.guard import Guard
from tests.logs.written import curve, encoded

pytest.importorskip("gcsfs")
emulator = pytest.importorskip("gcp_storage_emulator.server")

NAME = "events.out.tfevents.1700000000.host"
LOG = encoded(curve("loss", [3.0, 2.0, 1.0]))
MORE = encoded(curve("loss", [0.5, 0.25], first=3))


@dataclass
class Bucket:
    """A bucket of the server, and what was asked of it."""

    server: str
    asked: list[str]

    def put(self, key: str, content: bytes) -> None:
        where = f"{self.server}/upload/storage/v1/b/logs/o?uploadType=media&name={quote(key, '')}"
        urlopen(Request(where, data=content, method="POST")).close()

    def requests(self) -> list[str]:
        """What was asked since the last call: the objects that were read, or `list`."""
        found = [unquote(path) for path in self.asked if "/o" in path and "upload" not in path]
        self.asked.clear()
        return [
            read[1] if (read := re.search(r"/o/(.+?)(?:\?|$)", path)) else "list" for path in found
        ]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    import gcsfs
    from gcp_storage_emulator.handlers import buckets
    from gcp_storage_emulator.storage import Storage

    asked: list[str] = []

    class Handler(emulator.RequestHandler):  # type: ignore[misc, name-defined]
        def log_request(self, *_: Any) -> None:
            asked.append(self.path)

    storage = Storage(use_memory_fs=True)
    buckets.create_bucket("logs", storage)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, storage))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # nobody is asked for credentials
    gcsfs.GCSFileSystem.clear_instance_cache()
    yield Bucket(url, asked)
    gcsfs.GCSFileSystem.clear_instance_cache()
    server.shutdown()
    server.server_close()
    thread.join()


def points(reader: LogReader) -> dict[str, int]:
    """How many points each training has, after another reading."""
    reader.refresh()
    return {run.name: sum(curve.series.count for curve in run.curves) for run in reader.runs()}


def test_one_listing_one_read_a_new_file_and_one_an_appended(bucket: Bucket) -> None:
    for number in range(3):
        bucket.put(f"sweep/{number}/train/{NAME}", LOG)
    bucket.put("sweep/0/checkpoint", b"x" * 100)
    reader = LogReader("gs://logs/sweep")
    assert points(reader) == {"0": 3, "1": 3, "2": 3}
    asked = bucket.requests()
    assert asked.count("list") == 1, asked
    assert sorted(set(asked)) == ["list", *(f"sweep/{n}/train/{NAME}" for n in range(3))]

    assert points(reader) == {"0": 3, "1": 3, "2": 3}
    assert set(bucket.requests()) == {"list"}, "nothing is read again"

    bucket.put(f"sweep/1/train/{NAME}", LOG + MORE)
    assert points(reader) == {"0": 3, "1": 5, "2": 3}
    assert set(bucket.requests()) == {"list", f"sweep/1/train/{NAME}"}


def test_an_object_that_takes_the_place_of_another_is_read_anew(bucket: Bucket) -> None:
    bucket.put(f"a/{NAME}", LOG)
    reader = LogReader("gs://logs")
    assert points(reader) == {"a": 3}
    other = encoded(curve("loss", [9.0, 8.0, 7.0], begin=1_800_000_000.0))
    assert len(other) == len(LOG), "only its generation tells it"
    bucket.put(f"a/{NAME}", other)
    points(reader)
    (run,) = reader.runs()
    assert run.curves[0].series.first == (0, 9.0)


def test_what_the_recorder_sends_there(bucket: Bucket) -> None:
    log = SessionLog("gs://logs/run/zeroacc", Guard())
    log.fact(0, facts.Start("token", 1.0, "test", None))
    log.sample(0, [], [("zeroacc/loss", 1.0)])
    log.fact(1, facts.End("finished", 1))
    log.sample(1, [], [("zeroacc/loss", 0.5)])
    log.fact(2, facts.End("finished", 2))
    (run,) = read_runs("gs://logs/run")
    assert (run.sessions, run.curves[0].series.count) == (1, 2)
    assert run.end == facts.End("finished", 2)


@pytest.mark.parametrize("url", ["gs://logs/none", "gs://nobody/x"])
def test_what_is_not_there(bucket: Bucket, url: str) -> None:
    with pytest.raises(UnreadablePathError, match=re.escape(f"no file or directory {url!r}")):
        LogReader(url, timeout=5.0).refresh()
