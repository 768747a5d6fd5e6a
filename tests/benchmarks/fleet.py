"""What thousands of runs cost: by one worker and two, by their number, and with the store.

    python -m tests.benchmarks.fleet [--runs 5000] [--small 100] [--rounds 2] [--folder FOLDER]
        [--only cost|workers|store|scan ...]

The runs are of eight tags and sixteen kinds, about 1 MB each, so that 5 000 take 5 GB; they are in
the page cache where that is large enough. Every reading is in a process of its own, in turns with
the others, and the least of the rounds counts; with `--folder` the runs stay, and parts can be
measured one after the other. On a loaded machine wall seconds are those of whatever else runs: CPU
seconds are told beside them.

* **cost**: CPU seconds a run with `--small` runs (around the others) and with all, by one process.
* **workers**: `verdict.Reader` with two processes and with one.
* **store**: the same with a store that an earlier process has filled, over the first reading.
* **scan**: `zeroacc scan` with one and two workers, and again, where Apache Beam is installed
  (`make test-beam` makes such an environment).
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


def least(found: list[Spent], of: str = "wall") -> float:
    """The least seconds of all rounds."""
    return min(float(getattr(each, of)) for each in found)


class Fleet(NamedTuple):
    """What is measured.

    Attributes:
        many, few: Directories of runs.
        runs, small: How many they are.
        rounds: How often each way.
        base: Where the store and outputs lie meanwhile.
    """

    many: Path
    few: Path
    runs: int
    small: int
    rounds: int
    base: Path

    def read(self, path: Path, processes: int, store: Path | None = None) -> Spent:
        """One reading of all runs in a directory."""
        return spent(READ, str(path), str(processes), "store" if store else "none", store=store)


def cost(fleet: Fleet) -> None:
    """The cost a run, of few and of many."""
    few = {f"few, {place}": lambda: fleet.read(fleet.few, 1) for place in ("before", "after")}
    before, after = few.items()
    ways = dict([before, ("many", lambda: fleet.read(fleet.many, 1)), after])
    found = in_turns(fleet.rounds, ways)
    small = min(least(found[name], "cpu") for name in few) / fleet.small
    each = least(found["many"], "cpu") / fleet.runs
    print(f"    CPU a run: {1e3 * small:.2f} ms of {fleet.small}, {1e3 * each:.2f} ms of all")
    show("cost a run, all / few", each / small, "0.9 to 1.1")


def workers(fleet: Fleet) -> None:
    """One process that reads, and two."""
    found = in_turns(fleet.rounds, {
        "one": lambda: fleet.read(fleet.many, 1), "two": lambda: fleet.read(fleet.many, 2)
    })  # fmt: skip
    _show_two(found["one"], found["two"])


def store(fleet: Fleet) -> None:
    """Reading for the first time, filling the store, and again with it."""
    at = fleet.base / "store"

    def first() -> Spent:
        shutil.rmtree(at, ignore_errors=True)
        return fleet.read(fleet.many, 2, at)

    found = in_turns(fleet.rounds, {
        "two": lambda: fleet.read(fleet.many, 2), "two, filling the store": first,
        "again": lambda: fleet.read(fleet.many, 2, at),
        "and again": lambda: fleet.read(fleet.many, 2, at),
    })  # fmt: skip
    again = found["again"] + found["and again"]
    for of in ("wall", "cpu"):
        show(f"start again / first read, {of}", least(again, of) / least(found["two"], of), "0.05")
    filling = least(found["two, filling the store"], "cpu") / least(found["two"], "cpu")
    show("filling the store / not, CPU", filling, "told")
    print(f"    the store: {sum(f.stat().st_size for f in at.iterdir()) / 1e6:.0f} MB")


def scan(fleet: Fleet) -> None:
    """`zeroacc scan` by one worker and by two, and again."""
    if importlib.util.find_spec("apache_beam") is None:
        print("zeroacc scan: not measured, Apache Beam is not installed here")
        return
    out = fleet.base / "out"

    def anew(workers: int) -> Spent:
        shutil.rmtree(out, ignore_errors=True)
        return spent(SCAN, str(fleet.many), str(workers), str(out))

    def again(changed: int) -> Spent:
        for file in sorted(fleet.many.rglob("*tfevents*"))[:changed]:
            held = file.stat()
            os.utime(file, (held.st_atime, held.st_mtime - 1))
        return spent(SCAN, str(fleet.many), "2", str(out))

    found = in_turns(fleet.rounds, {
        "scan, one": lambda: anew(1), "scan, two": lambda: anew(2),
        "scan again": lambda: again(0),
        "scan again, 1 % changed": lambda: again(fleet.runs // 100),
    })  # fmt: skip
    _show_two(found["scan, one"], found["scan, two"])
    for name in ("scan again", "scan again, 1 % changed"):
        show(f"{name} / first", least(found[name]) / least(found["scan, two"]), "told")


def _show_two(one: list[Spent], two: list[Spent]) -> None:
    show("one worker / two, wall", least(one) / least(two), "1.7 at least")
    show("CPU, two workers / one", least(two, "cpu") / least(one, "cpu"), "1")


PARTS: dict[str, Callable[[Fleet], None]] = {
    part.__name__: part for part in (cost, workers, store, scan)
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args(arguments)
    base = given.folder or Path(tempfile.mkdtemp(prefix="zeroacc_fleet_"))
    many, few = base / f"runs_{given.runs}", base / f"runs_{given.small}"
    for path, count in ((many, given.runs), (few, given.small)):
        if not path.exists():
            sweep(path, count, TAGS, POINTS)
    size = sum(file.stat().st_size for file in many.rglob("*tfevents*"))
    fleet = Fleet(many, few, given.runs, given.small, given.rounds, base)
    for name in given.only:
        load = os.getloadavg()[0]
        print(f"{name}: {given.runs} runs, {size / 1e9:.2f} GB, load {load:.1f}", flush=True)
        PARTS[name](fleet)


if __name__ == "__main__":
    main()
