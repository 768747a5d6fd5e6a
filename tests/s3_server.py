"""Buckets on moto's server, which speaks S3; its answers to what is written can be made to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

import pytest

FAULT_STATUS = 503
Fault = Literal["refuses", "is silent", "hangs up"]


@dataclass
class S3Server:
    """A server.

    Attributes:
        url: Its address.
        asked: Method and path of each request that was answered.
        fault: What it does with what is written; None to take it.
        faults: How often it did that.
        is_mended: Ends what is silent.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    fault: Fault | None = None
    faults: int = 0
    is_mended: threading.Event = field(default_factory=threading.Event)

    def mend(self) -> None:
        """From now on it takes what is written."""
        self.fault = None
        self.is_mended.set()

    def environment(self, patch: pytest.MonkeyPatch) -> None:
        """Has this process use it, once and without other credentials."""
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "FSSPEC_S3_ANON"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ENDPOINT_URL", self.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def bucket(self) -> Bucket:
        """A new bucket."""
        import boto3

        client: Any = boto3.client("s3", endpoint_url=self.url)
        made = Bucket(client, f"logs-{uuid4().hex}", self.asked)
        client.create_bucket(Bucket=made.name)
        made.requests()
        return made


@dataclass
class Bucket:
    """A bucket of the server, and what was asked of it."""

    client: Any
    name: str
    asked: list[str]

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def objects(self) -> dict[str, bytes]:
        """All that it holds, by key, in order."""
        listed = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {
            each["Key"]: self.client.get_object(Bucket=self.name, Key=each["Key"])["Body"].read()
            for each in listed
        }

    def requests(self) -> list[str]:
        """Method and path of each request since the last call, those that write aside."""
        found = [asked for asked in self.asked if not asked.startswith(("PUT", "DELETE"))]
        self.asked.clear()
        return found


@contextmanager
def serving() -> Iterator[S3Server]:
    """A server on a port of the loopback that is free."""
    from moto.server import ThreadedMotoServer
    from werkzeug.serving import WSGIRequestHandler

    server = S3Server()
    answer = WSGIRequestHandler.run_wsgi

    def keep(handler: WSGIRequestHandler, *_: object) -> None:
        server.asked.append(f"{handler.command} {handler.path}")

    def run_wsgi(handler: WSGIRequestHandler) -> None:
        if handler.command != "PUT" or server.fault is None:
            answer(handler)
            return
        server.faults += 1
        handler.close_connection = True
        if server.fault == "is silent":
            server.is_mended.wait(60)
        elif server.fault == "refuses":
            handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
            handler.send_response(FAULT_STATUS)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequestHandler, "log_request", keep)
        patch.setattr(WSGIRequestHandler, "run_wsgi", run_wsgi)
        running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        running.start()
        host, port = running.get_host_and_port()
        server.url = f"http://{host}:{port}"
        try:
            yield server
        finally:
            server.mend()
            running.stop()
