"""What one scrape costs: the metrics of many trainings, some of which go on.

    python tests/benchmarks/scrape.py [--runs 5000] [--live 200] [--points 200]

Writes so many logs, reads them, and scrapes again and again: while nothing is appended, and after
every live training has grown by some points. CPU seconds of the answer alone, compressed as for
Prometheus, and of the whole process with two readings, the one before the scrape and the one that
it begins; medians. Bytes read are those that the metrics themselves tell.
"""

from __future__ import annotations

import argparse
import gzip
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tensorboard.plugins import base_plugin
from werkzeug import test, wrappers

from tb_zeroacc import records
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin
from tb_zeroacc.plugin.reading import BackgroundReading
from tb_zeroacc.pool.processes import collect_seldom
from tests.logs.written import curve, encoded

ROUNDS = 7
DAY = 86400.0


def losses(points: int, number: int, first: int = 0) -> list[float]:
    """A falling loss; of every tenth training it turns NaN half-way."""
    found = [2.3 * math.exp(-step / 50) + 0.1 for step in range(first, first + points)]
    return found if number % 10 or first else [*found[: points // 2], *[math.nan] * (points // 2)]


def write(folder: Path, runs: int, live: int, points: int) -> list[Path]:
    """The logs; the files of those that go on."""
    now, going_on = time.time(), []
    for number in range(runs):
        is_live = number >= runs - live
        file = folder / f"sweep_{number // 100}" / f"run_{number}" / "events.out.tfevents.1.host"
        file.parent.mkdir(parents=True)
        begin = now - points if is_live else now - 10 * DAY + number
        events = [records.header_event(begin), *curve("loss", losses(points, number), begin=begin)]
        file.write_bytes(encoded(events))
        if is_live:
            going_on.append(file)
    return going_on


def append(files: Sequence[Path], points: int, first: int) -> None:
    """Every one of them grows by ten points."""
    more = encoded(curve("loss", losses(10, 1, first), first=first, begin=time.time() - 10))
    for file in files:
        with file.open("ab") as end:
            end.write(more)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what a scrape costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--live", type=int, default=200)
    parser.add_argument("--points", type=int, default=200)
    options = parser.parse_args(arguments)
    collect_seldom()
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), options.runs, options.live, options.points)
        reading = BackgroundReading([Place(folder)], pause=0.0)
        plugin = ZeroAccuracyPlugin(base_plugin.TBContext(logdir=folder), Desk(reading))
        app = plugin.get_plugin_apps()["/metrics"]
        client = test.Client(app, wrappers.Response)
        began = time.perf_counter()
        reading.view()
        reading.wait(None)
        print(f"first reading: {time.perf_counter() - began:.1f} s")
        _scraped(client, reading, lambda: None)
        _told("scrape, nothing appended", [
            _scraped(client, reading, lambda: None) for _ in range(ROUNDS)
        ])  # fmt: skip
        _told(f"scrape, {options.live} trainings grew", [
            _scraped(client, reading, lambda n=n: append(files, 10, options.points + 10 * n))
            for n in range(ROUNDS)
        ])  # fmt: skip


def _scraped(
    client: test.Client, reading: BackgroundReading, before: Callable[[], None]
) -> tuple[float, float, float, int, int]:
    """One scrape: CPU seconds of its answer, and with its reading; wall; bytes, samples."""
    before()
    known = reading.effort.bytes
    cpu, wall = time.process_time(), time.perf_counter()
    reading.view()
    reading.wait(None)
    began = time.thread_time()
    accept = {"Accept": "application/openmetrics-text", "Accept-Encoding": "gzip"}
    reply = client.get("/metrics", headers=accept)
    alone = time.thread_time() - began
    reading.wait(None)
    return (
        alone, time.process_time() - cpu, time.perf_counter() - wall,
        reading.effort.bytes - known, gzip.decompress(reply.data).count(b"\n"),
    )  # fmt: skip


def _told(what: str, found: Sequence[tuple[float, float, float, int, int]]) -> None:
    alone, cpu, wall, read, lines = (statistics.median(each) for each in zip(*found, strict=True))
    print(
        f"{what}: {alone:.2f} s CPU for the answer, {cpu:.2f} s with the readings around it, "
        f"{wall:.2f} s wall; {read:.0f} bytes read, {lines:.0f} lines"
    )


if __name__ == "__main__":
    main()
