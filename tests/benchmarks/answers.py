"""What the tab's answers weigh and cost: all verdicts whole against the list and one training.

`python tests/benchmarks/answers.py FOLDER [--trainings 2000]`. The trainings of the folder (the
demo's, say) are listed under new names until there are so many; bytes before and after gzip, wall
time of the first answer and of the same one again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice

from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug import test, wrappers

from tb_zeroacc import verdict
from tb_zeroacc.logs.followed_file import Amount
from tb_zeroacc.places import Place
from tb_zeroacc.plugin import reading as reading_module
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin
from tb_zeroacc.plugin.reading import BackgroundReading

ROUTE = "/data/plugin/zero_accuracy"


class Copies:
    """A source of so many trainings, each a copy of one that was read."""

    unread: tuple[str, ...] = ()
    expected = 0
    amount = Amount()

    def __init__(self, folder: str, count: int) -> None:
        found = verdict.read(folder, time.time())
        self.readings = [
            verdict.Reading(replace(run, name=f"{n}/{run.name}"), diagnosis)
            for n, (run, diagnosis) in enumerate(islice(cycle(found), count))
        ]

    def refreshing(self, now: float | None) -> Iterator[Sequence[verdict.Reading]]:
        """Nothing is appended by itself."""
        return iter(())

    def state(self, now: float | None) -> Sequence[verdict.Reading]:
        """All of them."""
        return self.readings

    def append(self) -> None:
        """One training grows."""
        run, diagnosis = self.readings[-1]
        self.readings = [
            *self.readings[:-1], verdict.Reading(replace(run, notes=("More.",)), diagnosis),
        ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what each route weighs and costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--trainings", type=int, default=2000)
    options = parser.parse_args(arguments)
    reading_module.PAUSE = 0.0
    source = Copies(options.folder, options.trainings)
    reading = BackgroundReading((Place(options.folder),), lambda _: source)
    plugin = ZeroAccuracyPlugin(base_plugin.TBContext(logdir=options.folder), Desk(reading))
    client = test.Client(application.TensorBoardWSGI([plugin]), wrappers.Response)

    def answer(route: str) -> None:
        sizes, seconds = [], []
        for encoding in ("identity", "identity", "gzip"):
            start = time.perf_counter()
            told = client.get(f"{ROUTE}{route}", headers={"Accept-Encoding": encoding})
            seconds.append(time.perf_counter() - start)
            sizes.append(len(told.data))
            reading.wait()
        first, again, _ = (f"{1e3 * each:.1f} ms" for each in seconds)
        print(f"{route}: {sizes[0]} bytes ({sizes[2]} as gzip), {first}, again {again}")

    def refresh(what: str) -> None:
        start = time.perf_counter()
        reading.view()
        reading.wait()
        print(f"{what}: {1e3 * (time.perf_counter() - start):.1f} ms")

    refresh("the first state")
    answer("/summaries")
    for offset in range(0, options.trainings, 1000):
        answer(f"/summaries?offset={offset}&limit=1000")
    answer(f"/run?name={source.readings[-1].run.name}")
    answer("/runs")
    refresh("a refresh that finds nothing new")
    source.append()
    refresh("a refresh after one training grew")


if __name__ == "__main__":
    main()
