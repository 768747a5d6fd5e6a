"""The tab beside Time Series: the same TensorBoard, log directory and browser, cold and warm.

    python -m tests.benchmarks.tab [--runs 2000] [--rounds 5] [--logs FOLDER] [--only NAME ...]

Prints a table: the work, what it may take, what it took. Cold is a TensorBoard that has just
started and knows of no earlier reading, and a browser that has nothing; the files are in the page
cache. Warm is one that has read all, again with a browser that has nothing. Tabs are opened by a
click, from one without data; what takes seconds is the median of rounds in turns. Memory is the
share of each process in what is resident (PSS), so that nothing that processes share counts twice.

`--logs` keeps the runs in a folder, and takes them from there the next time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.browsing import TAB, TIME_SERIES, Chosen, Watched
from tests.benchmarks.logs import BYTECODE, sweep
from tests.benchmarks.resident import Resident, until_idle
from tests.browser.conftest import find_chromium, start_tensorboard

TAGS, POINTS = 20, 500
PAGE = 1000  # summaries in a page, as the tab asks for them
CHOSEN, ROWS_READ = 50, 12
FRAMES = 240
ROUTE = "/data/plugin/zero_accuracy"
BUNDLE = Path(__file__).parents[2] / "tb_zeroacc" / "plugin" / "static" / "index.js"
# A short question to another plugin: one curve of 500 points.
OTHER = "/data/plugin/scalars/scalars?run=run_00000&tag=train%2Floss"


def losses(run: int) -> list[float]:
    """A loss that fell, mostly; one in four stays, diverges, or falls late."""
    rng, steps = np.random.default_rng(run), np.arange(POINTS)
    level = 2.3 * np.exp(-steps / rng.uniform(20, 200)) + rng.uniform(0.02, 0.3)
    if run % 16 in (3, 7):
        level = np.full(POINTS, 2.3)
    elif run % 16 == 11:
        level = 2.3 * np.exp(steps / rng.uniform(10, 40))
    found = level * rng.normal(1, 0.03, POINTS)
    if run % 16 == 15:
        found[rng.integers(5, POINTS) :] = np.nan
    return [float(value) for value in found.astype(np.float32)]


class Bench:
    """All rows of the table, on one log directory."""

    def __init__(self, logs: Path, rounds: int, browser: Browser, output: Path) -> None:
        self.logs, self.rounds, self.browser, self.output = logs, rounds, browser, output

    def show(self, work: str, demanded: str, measured: str) -> None:
        print(f"| {work} | {demanded} | {measured} |", flush=True)

    @contextmanager
    def tensorboard(self) -> Iterator[tuple[int, str]]:
        """A new one that knows of nothing: its process id and address."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as store:
            os.environ["ZEROACC_STORE"] = store
            process, address = start_tensorboard((f"--logdir={self.logs}",), self.output)
            try:
                yield process.pid, address
            finally:
                process.terminate()
                process.wait(30)

    def opened(self, address: str, plugin: str) -> float:
        """Seconds from a click to the first thing, in a page of its own."""
        with Watched(self.browser, address) as page:
            return page.open(plugin) / 1e3

    def beside(self, how: str, most: str, running: tuple[int, str] | None = None) -> None:
        """The tab and Time Series in turns, before one TensorBoard or each before a new one."""
        taken: dict[str, list[float]] = {TAB: [], TIME_SERIES: []}
        for turn in range(self.rounds):
            for plugin in (TAB, TIME_SERIES) if turn % 2 else (TIME_SERIES, TAB):
                if running is not None:
                    process, address = running
                    until_idle(process)  # it goes on answering Time Series when nobody listens
                    taken[plugin].append(self.opened(address, plugin))
                    continue
                with self.tensorboard() as (_, fresh):
                    taken[plugin].append(self.opened(fresh, plugin))
        ours, theirs = median(taken[TAB]), median(taken[TIME_SERIES])
        ratio = median(a / b for a, b in zip(*taken.values(), strict=True))
        self.show(
            f"{how}: first headline / Time Series' first card", most,
            f"{ours:.2f} s / {theirs:.2f} s, ratio {ratio:.2f}; "
            f"{_range(taken[TAB])} / {_range(taken[TIME_SERIES])}",
        )  # fmt: skip

    def cold(self) -> None:
        self.beside("cold", "3 s, and no more than Time Series")

    def reading(self, process: int, address: str) -> None:
        """What reading costs TensorBoard: its other plugins' requests, and memory."""
        resident = Resident(process)
        before = resident.own()
        quiet = list(_asked(address, until=time.monotonic() + 5))
        began, waited, peak, came = time.monotonic(), [], 0.0, None
        while True:
            state = list_page(address, 0, 200)
            if came is None and state["summaries"]:
                came = time.monotonic() - began
            if state["complete"]:
                break
            waited += _asked(address, until=time.monotonic() + 0.5)
            peak = max(peak, resident.theirs())
        took = time.monotonic() - began
        self.show(
            "request of another plugin while reading, 95 % / most", "50 ms / 250 ms",
            f"{np.quantile(waited, 0.95):.0f} ms / {max(waited):.0f} ms of {len(waited)}; "
            f"without {np.quantile(quiet, 0.95):.0f} ms / {max(quiet):.0f} ms",
        )  # fmt: skip
        self.show("reading: first verdicts / all", "", f"{came:.1f} s / {took:.1f} s")
        for _ in range(3):  # as the page goes on asking
            time.sleep(3.5)
            list_page(address, 0, 200)
        self.show(
            "TensorBoard's memory, added / its children's / most of these", "150 / 400 in all, MB",
            f"{resident.own() - before:.0f} / {resident.theirs():.0f} / {peak:.0f} MB",
        )

    def sizes(self, address: str) -> None:
        total = list_page(address, 0, 1)["total"]
        pages = [
            answer_bytes(f"{address}{ROUTE}/summaries?offset={offset}&limit={PAGE}")
            for offset in range(0, total, PAGE)
        ]
        small = sum(zipped for _, zipped in pages) / 1e3
        raw = sum(whole for whole, _ in pages) / 1e3
        self.show(
            "the list", "200 kB gzipped, paged",
            f"{small:.0f} kB gzipped, {raw:.0f} kB raw, {len(pages)} pages of {PAGE}",
        )  # fmt: skip
        bundle = len(gzip.compress(BUNDLE.read_bytes(), 9)) / 1e3
        _, sent = answer_bytes(f"{address}{ROUTE}/static/index.js")
        self.show("bundle", "90 kB", f"{bundle:.1f} kB gzipped, {sent / 1e3:.1f} kB as sent")

    def choosing(self, address: str, process: int) -> None:
        with Watched(self.browser, address) as page:
            page.open(TAB)
            first = page.choose_down(ROWS_READ)
            page.open(TIME_SERIES)
            page.page.wait_for_timeout(1000)
            page.open(TAB)
            after = page.choose_down(ROWS_READ, 1 + ROWS_READ)
            again = page.choose_down(ROWS_READ)
            until_idle(process)
            later = page.choose_down(ROWS_READ, 1 + 2 * ROWS_READ)
        rows = {
            "choosing a run": first,
            "the same a second after Time Series showed its first card": after,
            "the same of runs that were chosen before": again,
            "the same once TensorBoard has answered Time Series": later,
        }
        for what, taken in rows.items():
            self.show(what, "150 ms", chosen_words(taken))

    def heap(self, address: str) -> None:
        with Watched(self.browser, address) as page:
            before = page.heap()
            page.open(TAB)
            opened = page.heap()
            page.choose_down(CHOSEN)
            after = page.heap()
        self.show(
            f"page heap after choosing {CHOSEN} runs", "80 MB",
            f"{after:.0f} MB; TensorBoard's page alone {before:.0f}, the tab opened {opened:.0f}",
        )  # fmt: skip

    def scrolling(self, address: str) -> None:
        with Watched(self.browser, address) as page:
            page.open(TAB)
            page.page.wait_for_timeout(500)
            still = page.frames(FRAMES, scrolling=False)
            moving = page.frames(FRAMES, scrolling=True)
        long = sum(frame > 50 for frame in moving)
        self.show(
            "scrolling the list", "no frame over 50 ms",
            f"longest {max(moving):.0f} ms, median {median(moving):.0f}, {long} of {len(moving)} "
            f"over 50 ms; standing {max(still):.0f} and {median(still):.0f} ms",
        )  # fmt: skip

    def run(self, only: Sequence[str]) -> None:
        if "cold" in only:
            self.cold()
        if {*only} == {"cold"}:
            return
        with self.tensorboard() as (process, address):
            until_idle(process)
            self.reading(process, address)
            if "warm" in only:
                self.beside("warm", "half of Time Series", (process, address))
            rows: dict[str, Callable[[str], None]] = {
                "sizes": self.sizes,
                "choosing": partial(self.choosing, process=process),
                "heap": self.heap,
                "scrolling": self.scrolling,
            }
            for name, row in rows.items():
                if name in only:
                    until_idle(process)
                    row(address)


def list_page(address: str, offset: int, limit: int) -> dict[str, Any]:
    """A page of the list; where the process only starts, what it says meanwhile."""
    with urlopen(f"{address}{ROUTE}/summaries?offset={offset}&limit={limit}") as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def answer_bytes(address: str) -> tuple[int, int]:
    """Bytes of an answer, and as they are sent."""
    with urlopen(Request(address, headers={"Accept-Encoding": "gzip"})) as answer:
        sent: bytes = answer.read()
    return len(gzip.decompress(sent)), len(sent)


def _asked(address: str, until: float) -> Iterator[float]:
    """Milliseconds that another plugin's answers took, one after the other."""
    while time.monotonic() < until:
        began = time.perf_counter()
        with urlopen(f"{address}{OTHER}") as answer:
            answer.read()
        yield 1e3 * (time.perf_counter() - began)
        time.sleep(0.02)


def chosen_words(taken: Sequence[Chosen]) -> str:
    """Milliseconds until a run is told of, and until its picture stands, too."""
    said, drawn = zip(*taken, strict=True)
    return (
        f"{median(said):.0f} ms, {_range(said, 0)} ms; "
        f"with its picture {median(drawn):.0f} ms, {_range(drawn, 0)} ms"
    )


def _range(taken: Sequence[float], digits: int = 2) -> str:
    return f"{min(taken):.{digits}f} to {max(taken):.{digits}f}"


def _keep_bytecode() -> None:
    """An installed package has its bytecode at hand, and so have processes begun from here."""
    os.environ["PYTHONPYCACHEPREFIX"] = BYTECODE
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


NAMES = ("cold", "warm", "sizes", "choosing", "heap", "scrolling")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--logs", type=Path, help="where the runs are kept")
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    options = parser.parse_args(arguments)
    _keep_bytecode()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        logs = options.logs or folder / "runs"
        if not logs.exists():
            sweep(logs, options.runs, TAGS, POINTS, losses=losses)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_chromium())
        stack.callback(browser.close)
        print("| work | demanded | measured |\n| --- | --- | --- |")
        Bench(logs, options.rounds, browser, folder / "output.txt").run(options.only)


if __name__ == "__main__":
    main()
