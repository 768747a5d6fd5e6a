"""What thousands of runs cost: by one worker and two, by their number, and with the store.

    python -m tests.benchmarks.fleet [--runs 5000] [--small 100] [--rounds 2] [--folder FOLDER]

The runs are of eight tags and sixteen kinds, about 1 MB each, so that 5 000 take 5 GB; they are in
the page cache where that is large enough. Every reading is in a process of its own, in turns with
the others, and the least of the rounds counts. On a loaded machine wall seconds are those of
whatever else runs: CPU seconds are told beside them, and what two idle cores would make of them.

* **two workers / one**: `verdict.Reader` with two processes and with one; and, where Apache Beam is
  installed (`make test-beam` makes such an environment), `zeroacc scan --workers`.
* **cost a run**: CPU seconds a run with `--small` runs and with all, by one process.
* **start again**: the same with a store that an earlier process has filled, over the first reading.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.logs import HOME, installed, sweep

TAGS, POINTS = 8, 1700  # about 1 MB

READ = """
import json, resource, sys, time
from tb_zeroacc.pool import dealing
from tb_zeroacc.pool.processes import collect_seldom
from tb_zeroacc.verdict import Reader
path, workers, stores = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "store"
dealing.processes_for = lambda units: workers if workers > 1 else 0
collect_seldom()
def cpu():
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)
before, began, now = cpu(), time.perf_counter(), time.time()
reader = Reader(path, stores=stores)
reader.refresh(now)
readings = reader.state(now)
print(json.dumps([len(readings), cpu() - before, time.perf_counter() - began,
                  resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
SCAN = """
import json, resource, sys, time
from tb_zeroacc.cli.app import answer
began = time.perf_counter()
answer(["scan", sys.argv[1], "--output", sys.argv[3], "--workers", sys.argv[2]])
used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
cpu = sum(each.ru_utime + each.ru_stime for each in used)
print(json.dumps([0, cpu, time.perf_counter() - began, 0]))
"""


class Spent(NamedTuple):
    """Trainings, CPU and wall seconds of all processes, MiB of the first at most."""

    runs: int
    cpu: float
    wall: float
    peak: float


def spent(program: str, *arguments: str, store: Path | None = None) -> Spent:
    """What a process took that does nothing else."""
    environment = {
        **installed(HOME), "ZEROACC_STORE": "off" if store is None else str(store),
        "ZEROACC_STORE_MIB": "8192", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, check=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return Spent(*json.loads(done.stdout.splitlines()[-1]))


def in_turns(rounds: int, ways: dict[str, Callable[[], Spent]]) -> dict[str, list[Spent]]:
    """Every way once a round, so that what else the machine does hits all of them."""
    found: dict[str, list[Spent]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
            print(f"    {name}: {_text(found[name][-1])}", flush=True)
    return found


def _text(found: Spent) -> str:
    return f"{found.wall:.1f} s, CPU {found.cpu:.1f} s, {found.peak:.0f} MiB"


def show(name: str, figure: float, wanted: str) -> None:
    """One line of the table."""
    print(f"{name}: {figure:.3g} (wanted: {wanted})", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-scan", action="store_true")
    given = parser.parse_args(arguments)
    base = given.folder or Path(tempfile.mkdtemp(prefix="zeroacc_fleet_"))
    many, few = base / f"runs_{given.runs}", base / f"runs_{given.small}"
    for path, count in ((many, given.runs), (few, given.small)):
        if not path.exists():
            sweep(path, count, TAGS, POINTS)
    size = sum(file.stat().st_size for file in many.rglob("*tfevents*"))
    print(f"{given.runs} runs, {size / 1e9:.2f} GB, load {os.getloadavg()[0]:.1f}", flush=True)
    store = base / "store"

    def first() -> Spent:
        shutil.rmtree(store, ignore_errors=True)
        return spent(READ, str(many), "2", "store", store=store)

    found = in_turns(given.rounds, {
        "few, one": lambda: spent(READ, str(few), "1", "none"),
        "one": lambda: spent(READ, str(many), "1", "none"),
        "two": lambda: spent(READ, str(many), "2", "none"),
        "two, filling the store": first,
        "again": lambda: spent(READ, str(many), "2", "store", store=store),
        "few again, one": lambda: spent(READ, str(few), "1", "none"),
    })  # fmt: skip
    least = {name: min(all_of, key=lambda each: each.wall) for name, all_of in found.items()}
    cpu = {name: min(each.cpu for each in all_of) for name, all_of in found.items()}
    show("one worker / two, wall", least["one"].wall / least["two"].wall, "1.7 at least")
    bound = 2 * cpu["one"] / cpu["two"]
    show("the same as two idle cores would have it, from CPU seconds", bound, "1.7 at least")
    each = cpu["one"] / given.runs, min(cpu["few, one"], cpu["few again, one"]) / given.small
    print(f"    CPU a run: {1e3 * each[1]:.2f} ms of {given.small}, {1e3 * each[0]:.2f} ms of all")
    show("cost a run, all / few", each[0] / each[1], "0.9 to 1.1")
    again = least["again"]
    show("start again / first read, wall", again.wall / least["two"].wall, "0.05 at most")
    show("start again / first read, CPU", cpu["again"] / cpu["two"], "0.05 at most")
    show("filling the store / not, CPU", cpu["two, filling the store"] / cpu["two"], "told")
    print(f"    the store: {sum(f.stat().st_size for f in store.iterdir()) / 1e6:.0f} MB")
    if importlib.util.find_spec("apache_beam") is None or given.no_scan:
        print("zeroacc scan: not measured, Apache Beam is not installed here")
        return
    out = base / "out"

    def scan(workers: int) -> Spent:
        shutil.rmtree(out, ignore_errors=True)
        return spent(SCAN, str(many), str(workers), str(out))

    found = in_turns(given.rounds, {
        "scan, one": lambda: scan(1), "scan, two": lambda: scan(2),
        "scan again": lambda: spent(SCAN, str(many), "2", str(out)),
    })  # fmt: skip
    least = {name: min(all_of, key=lambda each: each.wall) for name, all_of in found.items()}
    show("scan: one worker / two", least["scan, one"].wall / least["scan, two"].wall, "1.7")
    cpu = {name: min(each.cpu for each in all_of) for name, all_of in found.items()}
    show("the same from CPU seconds", 2 * cpu["scan, one"] / cpu["scan, two"], "1.7")
    show("scan again / first", least["scan again"].wall / least["scan, two"].wall, "told")


if __name__ == "__main__":
    main()
