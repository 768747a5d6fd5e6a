"""The tab on many runs of which some go on: what a refresh costs, and whether the tab stays quick.

    python -m tests.benchmarks.tab_at_scale [--runs 10000] [--live 200] [--rounds 3] [--logs FOLDER]

Runs are small (2 tags of 50 points), so that their number is all that counts; every hundredth is
broken. Those that go on are spread evenly, and grow by ten points every five seconds, all at once,
while a browser looks and asks as it always does. Time, memory and pages as in `tab`; CPU seconds
are those of the process that reads, and of TensorBoard's own, over half a minute each: with nothing
new, and while runs grow. What the browser receives meanwhile is counted by the browser.

`--logs` keeps the runs in a folder, and takes them from there the next time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from tb_zeroacc import records
from tests.benchmarks.browsing import TAB, TIME_SERIES, Watched
from tests.benchmarks.resident import Resident, cpu_seconds, open_files, until_idle
from tests.benchmarks.tab import FRAMES, ROUTE, Bench, answer_bytes, chosen_words, list_page
from tests.browser.conftest import find_chromium
from tests.logs.written import curve, encoded

POINTS, MORE = 50, 10
EVERY = 5.0  # seconds between two appendings
LOOKED = 30.0  # seconds
PAGE = 1000
ROWS_READ = 12
TAGS = ("loss", "accuracy")
DAY = 86400.0


def losses(number: int, first: int, points: int) -> list[float]:
    """A falling loss of its own; of every hundredth run it turns NaN half-way."""
    rng, steps = np.random.default_rng((number, first)), np.arange(first, first + points)
    found = 2.3 * np.exp(-steps / (10 + number % 23)) + 0.1 + 0.01 * (number % 17)
    found *= rng.normal(1, 0.03, points)
    if number % 100 == 0 and not first:
        found[points // 2 :] = np.nan
    return [float(value) for value in found]


def events(number: int, first: int, points: int, begin: float) -> list[Any]:
    """Both tags, step by step."""
    loss = losses(number, first, points)
    right = [1 - value / 2.5 for value in loss]
    return [
        *curve(TAGS[0], loss, first=first, begin=begin),
        *curve(TAGS[1], right, first=first, begin=begin),
    ]


def write(folder: Path, runs: int, live: int) -> None:
    """The logs, in directories of a hundred; those that go on have the clock of now."""
    now, step = time.time(), max(1, runs // max(1, live))
    for number in range(runs):
        is_live = live > 0 and number % step == step // 2
        begin = now - POINTS if is_live else now - 10 * DAY + number
        file = folder / f"sweep_{number // 100:03d}" / f"run_{number}" / "events.out.tfevents.1.h"
        file.parent.mkdir(parents=True, exist_ok=True)
        header = records.header_event(begin)
        file.write_bytes(encoded([header, *events(number, 0, POINTS, begin)]))


class Growing:
    """Runs that grow, in a thread, for as long as it is wanted.

    Args:
        folder: As `write` made it.
        runs, live: As there.
    """

    def __init__(self, folder: Path, runs: int, live: int) -> None:
        step = max(1, runs // max(1, live))
        self._files = [
            folder / f"sweep_{n // 100:03d}" / f"run_{n}" / "events.out.tfevents.1.h"
            for n in range(step // 2, runs, step)
        ][:live]
        self._first = POINTS

    def grow(self) -> None:
        """Every one of them by ten points."""
        more = encoded(events(1, self._first, MORE, time.time() - MORE))
        for file in self._files:
            with file.open("ab") as end:
                end.write(more)
        self._first += MORE

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Meanwhile they grow again and again."""
        done = Event()

        def go() -> None:
            while not done.wait(EVERY):
                self.grow()

        thread = Thread(target=go, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


class Scale(Bench):
    """The rows of the table."""

    growing: Growing

    def refreshing(self, page: Watched, process: int, what: str) -> None:
        """What half a minute costs both processes, and what comes to the browser."""
        session: Any = page.page.context.new_cdp_session(page.page)
        received, answers = [0.0], [0]
        session.send("Network.enable")

        def came(told: Any) -> None:
            received[0] += told["encodedDataLength"]
            answers[0] += 1

        session.on("Network.loadingFinished", came)
        before = cpu_seconds(process)
        page.page.wait_for_timeout(1e3 * LOOKED)
        own, theirs = (now - then for now, then in zip(cpu_seconds(process), before, strict=True))
        session.detach()
        self.show(
            f"{LOOKED:.0f} s, {what}: CPU of the process that reads / of TensorBoard", "",
            f"{theirs:.1f} s / {own:.1f} s; {answers[0]} answers of {received[0] / 1e3:.0f} kB",
        )  # fmt: skip

    def memory(self, process: int, files: int, what: str) -> None:
        resident = Resident(process)
        self.show(
            f"memory {what}: TensorBoard itself / its children / files these hold open",
            "children 400 MB",
            f"{resident.own():.0f} / {resident.theirs():.0f} MB / {files}",
        )

    def listed(self, address: str) -> None:
        """The list whole, and what of it is asked for after a reading."""
        list_page(address, 0, 1)
        time.sleep(3.5)  # by then it is read what had changed before, such as what is live
        told = list_page(address, 0, 1)
        sizes = [
            answer_bytes(f"{address}{ROUTE}/summaries?offset={offset}&limit={PAGE}")[1] / 1e3
            for offset in range(0, told["total"], PAGE)
        ]
        known = f"reader={told['reader']}&after={told['reading']}"
        time.sleep(3.5)
        self.growing.grow()
        while list_page(address, 0, 1)["reading"] == told["reading"]:
            time.sleep(0.3)
        _, changed = answer_bytes(f"{address}{ROUTE}/summaries?offset=0&limit={PAGE}&{known}")
        self.show(
            "the list, gzipped / after a reading", "100 kB a thousand",
            f"{sum(sizes):.0f} kB in {len(sizes)} pages / {changed / 1e3:.0f} kB",
        )  # fmt: skip

    def chosen(self, page: Watched, what: str, first: int) -> None:
        self.show(what, "150 ms", chosen_words(page.choose_down(ROWS_READ, first)))

    def scrolled(self, page: Watched, what: str) -> None:
        frames = page.frames(FRAMES, scrolling=True)
        long = sum(frame > 50 for frame in frames)
        cpu = page.cpu_of_frames(FRAMES)
        self.show(
            what, "no frame over 50 ms",
            f"longest {max(frames):.0f} ms, median {median(frames):.0f}, {long} of {len(frames)} "
            f"over 50 ms; CPU of the page {sum(cpu) / FRAMES:.1f} ms a frame, at most "
            f"{max(cpu):.0f} ms",
        )  # fmt: skip

    def at_scale(self) -> None:
        with self.tensorboard() as (process, address):
            began = time.monotonic()
            self.show("cold: first headline", "3 s", f"{self.opened(address, TAB):.2f} s")
            while not list_page(address, 0, 1)["complete"]:
                time.sleep(0.5)
            self.show("all are read, by the clock", "", f"{time.monotonic() - began:.0f} s")
            until_idle(process)
            self.memory(process, open_files(process), "when all are read")
            self.beside("warm", "half of Time Series", (process, address))
            self.listed(address)
            with Watched(self.browser, address) as page:
                page.open(TAB)
                page.page.wait_for_timeout(1000)
                self.refreshing(page, process, "nothing new")
                self.scrolled(page, "scrolling")
                with self.growing.going_on():
                    self.refreshing(page, process, "while runs grow")
                    self.chosen(page, "choosing a run while runs grow", 1)
                    self.scrolled(page, "scrolling while runs grow")
                    page.open(TIME_SERIES)
                    page.page.wait_for_timeout(1000)
                    page.open(TAB)
                    what = "choosing a run while runs grow, a second after Time Series"
                    self.chosen(page, what, 1 + ROWS_READ)
            with self.growing.going_on():
                self.heap(address)
            self.memory(process, open_files(process), "after some minutes of growth")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--live", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--logs", type=Path, help="where the runs are kept")
    options = parser.parse_args(arguments)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        logs = options.logs or folder / "runs"
        if not logs.exists():
            write(logs, options.runs, options.live)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_chromium())
        stack.callback(browser.close)
        print("| work | demanded | measured |\n| --- | --- | --- |")
        bench = Scale(logs, options.rounds, browser, folder / "output.txt")
        bench.growing = Growing(logs, options.runs, options.live)
        bench.at_scale()


if __name__ == "__main__":
    main()
