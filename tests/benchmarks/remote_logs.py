"""How many requests logs elsewhere take, and how long, on servers of this machine.

    python tests/benchmarks/remote_logs.py [--runs 200] [--delay 0.05]

A store that speaks S3, and a web server with a delay before each answer, as a distance would make
it. Each is read first, then again as it was, then with one file that has grown.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence

import boto3
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler

from tb_zeroacc.logs.reader import LogReader
from tests.logs.remote.web_server import WebServer, serving
from tests.logs.written import curve, encoded

NAME = "events.out.tfevents.1700000000.host"
POINTS = 500


def measure(what: str, url: str, put: Callable[[bytes], object], asked: list[str]) -> None:
    """Reads three times, and prints what each reading took."""
    reader = LogReader(url)
    for turn in ("first", "unchanged", "one grown"):
        if turn == "one grown":
            put(encoded(curve("loss", [0.5] * 50, first=POINTS)))
        asked.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        reader.refresh()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(asked).items())
        print(f"{what}, {turn}: {len(asked)} requests ({kinds}), {wall:.2f} s")
    print(f"  {len(reader.runs())} trainings")


def on_s3(runs: int, log: bytes) -> None:
    """A store of moto's; its own work counts, too."""
    asked: list[str] = []

    def keep(handler: WSGIRequestHandler, *_: object) -> None:
        asked.append("listings" if "list-type" in handler.path else handler.command)

    WSGIRequestHandler.log_request = keep  # type: ignore[assignment, method-assign]
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
    }  # fmt: skip
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs")
    for number in range(runs):
        client.put_object(Bucket="logs", Key=f"{number}/train/{NAME}", Body=log)
    measure(
        "S3", "s3://logs",
        lambda more: client.put_object(Bucket="logs", Key=f"0/train/{NAME}", Body=log + more),
        asked,
    )  # fmt: skip
    server.stop()


def on_the_web(runs: int, log: bytes, delay: float) -> None:
    """Servers whose pages tell sizes, and such that do not."""
    for listing in ("nginx", "bare"):
        web = WebServer({f"/{number}/{NAME}": log for number in range(runs)}, listing=listing)
        with serving(web):
            web.delay = delay
            asked: list[str] = []
            web.asked = _Kinds(asked)
            name = "web, sizes in pages" if listing == "nginx" else "web, no sizes"
            first = f"/0/{NAME}"
            measure(
                f"{name}, {delay * 1000:.0f} ms each", f"{web.url}/",
                lambda more, web=web, first=first: web.files.update({first: log + more}), asked,
            )  # fmt: skip


class _Kinds(list[tuple[str, str, str]]):
    """Notes the kind of each request."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__()
        self._kinds = kinds

    def append(self, asked: tuple[str, str, str]) -> None:
        method, path, part = asked
        page = re.search(r"/$", path) and not part
        self._kinds.append("pages" if page else method)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    chosen = parser.parse_args(arguments)
    logging.getLogger("werkzeug").disabled = True
    log = encoded(curve("loss", [1.0 / (n + 1) for n in range(POINTS)]))
    on_s3(chosen.runs, log)
    on_the_web(chosen.runs, log, chosen.delay)


if __name__ == "__main__":
    main()
