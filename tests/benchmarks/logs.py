"""How fast logs are read, against TensorBoard's data server on the same files.

    python tests/benchmarks/logs.py [--only NAME ...] [--scale 1.0] [--before CHECKOUT]

Both read every file in turns, several rounds, each in a process of its own; the least CPU and wall
seconds of each count, and the files are in the page cache. The server is done when it says that its
load cycle is. Imports are counted for the whole command alone, with its bytecode at hand. With
`--before` the random order of tags is read by the package of another checkout, too.

Many runs are read as the tab and the command read them: by several processes where that is sooner
done. Their CPU seconds are added up; `alone` is one process.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorboard_data_server
from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2

from tb_zeroacc import facts, records
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.distant_desk import DistantDesk
from tb_zeroacc.plugin.questions import Content, Question
from tb_zeroacc.tfrecord import framed

HOME = Path(__file__).parents[2]
TAGS = ("epoch_loss", "epoch_accuracy", "epoch_learning_rate", "batch_loss")
NAME = "events.out.tfevents.1700000000.host"
BEGIN = 1.7e9
BYTECODE = str(Path(tempfile.gettempdir()) / "zeroacc_bytecode")
_DOUBLE, _FLOAT = struct.Struct("<d"), struct.Struct("<f")

READ = """
import json, sys, time
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.logs import LogReader
path, more = sys.argv[1], sys.argv[2:]
def spent(work):
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall
reader, told = LogReader(path), {}
def read():
    reader.refresh()
    told["runs"] = reader.runs(None)
told["read"] = spent(read)
told["judge"] = spent(lambda: [diagnose(run, CATALOGUE) for run in told["runs"]])
if more:
    with open(more[0], "ab") as file, open(more[1], "rb") as appended:
        file.write(appended.read())
    told["refresh"] = spent(read)
with open("/proc/self/status") as state:  # `ru_maxrss` counts what the parent held, too
    told["peak"] = int(state.read().partition("VmHWM:")[2].split()[0]) / 1024
told["runs"] = len(told["runs"])
print(json.dumps(told))
"""

MANY = """
import json, resource, sys, time
from tb_zeroacc.pool import dealing
from tb_zeroacc.pool.processes import collect_seldom
from tb_zeroacc.verdict import Reader
path, alone, more = sys.argv[1], sys.argv[2] == "alone", sys.argv[3:]
processes_for, many = dealing.processes_for, 0
def cpu():
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)
def deal(units):
    global many
    dealt = 0 if alone else processes_for(units)
    many = max(many, dealt)
    return dealt
dealing.processes_for = deal
collect_seldom()
now, reader, told, first_came = time.time(), Reader(path), {}, []
def read():
    for readings in reader.refreshing(now):
        if readings:
            first_came.append(time.perf_counter())
    reader.state(now)
def spent():
    before, began = cpu(), time.perf_counter()
    read()
    return cpu() - before, time.perf_counter() - began
began = time.perf_counter()
told["read"] = spent()
told["came"] = first_came[0] - began if first_came else told["read"][1]
told["processes"] = many
told["nothing"] = min(spent() for _ in range(5))
for file, tail in zip(more[::2], more[1::2]):
    with open(file, "ab") as grown, open(tail, "rb") as appended:
        grown.write(appended.read())
told["appended"] = spent()
with open("/proc/self/status") as state:  # `ru_maxrss` counts what the parent held, too
    told["peak"] = int(state.read().partition("VmHWM:")[2].split()[0]) / 1024
told["theirs"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps(told))
"""


class Spent(NamedTuple):
    """What one reading took: CPU and wall seconds, MiB at most."""

    cpu: float
    wall: float
    peak: float = 0.0


# --- files --------------------------------------------------------------------------------------


class Event:
    """Makes events of one shape: the value is made once, of each only what differs."""

    def __init__(self, *values: summary_pb2.Summary.Value, hole: bytes) -> None:
        summary = summary_pb2.Summary(value=values).SerializeToString()
        self._before, *self._after = summary.split(hole)
        self._head = b"*" + _varint(len(summary))

    def record(self, step: int, time: float, *contents: bytes) -> bytes:
        """One event as a record; `contents` fill the holes."""
        parts = [b"\t", _DOUBLE.pack(time), b"\x10", _varint(step), self._head, self._before]
        for content, after in zip(contents, self._after, strict=True):
            parts += [content, after]
        return framed(b"".join(parts))


HOLE = 1.2345678  # float32 whose bytes occur nowhere else


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes((*found, number))


def _tf2(tag: str) -> Event:
    return Event(records.scalar_value(tag, HOLE), hole=_FLOAT.pack(HOLE))


def _simple(*tags: str) -> Event:
    values = [summary_pb2.Summary.Value(tag=tag, simple_value=HOLE) for tag in tags]
    return Event(*values, hole=_FLOAT.pack(HOLE))


def _histogram(tag: str) -> Event:
    hole = bytes(range(7, 247)) * 3
    value = summary_pb2.Summary.Value(tag=tag, tensor=tensor_pb2.TensorProto(tensor_content=hole))
    value.tensor.dtype = types_pb2.DT_DOUBLE
    for size in (30, 3):
        value.tensor.tensor_shape.dim.add(size=size)
    value.metadata.plugin_data.plugin_name = "histograms"
    return Event(value, hole=hole)


def _numbers(count: int) -> list[bytes]:
    return [_FLOAT.pack(x) for x in np.random.default_rng(0).random(count).tolist()]


def _encodings(count: int) -> list[bytes]:
    edges = np.sort(np.random.default_rng(0).normal(size=(count, 30, 3)), axis=1)
    edges[:, :, 2] = 5.0
    return [each.tobytes() for each in edges]


def scalars(count: int, event: Callable[[str], Event] = _tf2) -> Iterator[bytes]:
    """One scalar an event, four tags in turns."""
    events = [event(tag) for tag in TAGS]
    for n, value in enumerate(_numbers(count)):
        yield events[n % 4].record(n // 4, BEGIN + n / 100, value)


def ten_values(count: int) -> Iterator[bytes]:
    """Ten scalars an event."""
    event, values = _simple(*(f"train/metric_{n}" for n in range(10))), _numbers(10 * count)
    for n in range(count):
        yield event.record(n, BEGIN + n, *values[10 * n : 10 * n + 10])


def random_order(count: int) -> Iterator[bytes]:
    """Twenty tags, each step in another order."""
    events = [_tf2(f"layer_{n}/{'x' * (n % 5)}norm") for n in range(20)]
    order = np.random.default_rng(1).permuted(np.tile(np.arange(20), (count // 20 + 1, 1)), axis=1)
    for n, (tag, value) in enumerate(zip(order.ravel().tolist(), _numbers(count), strict=False)):
        yield events[tag].record(n // 20, BEGIN + n / 100, value)


def histograms(count: int) -> Iterator[bytes]:
    """Eight tags in turns."""
    events = [_histogram(f"dense_{n}/kernel_0/histogram") for n in range(8)]
    contents = _encodings(997)
    for n in range(count):
        yield events[n % 8].record(n // 8, BEGIN + n / 100, contents[n % 997])


def mix(count: int) -> Iterator[bytes]:
    """As Keras writes: each batch a scalar, each epoch of 100 three more and eight histograms."""
    epoch, batch = [_tf2(tag) for tag in TAGS[:3]], _tf2("batch_loss")
    weights = [_histogram(f"dense_{n}/kernel_0/histogram") for n in range(8)]
    values, contents = _numbers(997), _encodings(97)
    for n in range(count * 100 // 111):
        yield batch.record(n, BEGIN + n, values[n % 997])
        if n % 100 == 99:
            for k, event in enumerate(epoch):
                yield event.record(n // 100, BEGIN + n, values[(n + k) % 997])
            for k, event in enumerate(weights):
                yield event.record(n // 100, BEGIN + n, contents[(n + k) % 97])


def samples(count: int) -> Iterator[bytes]:
    """Our recorder's: seven tables each."""
    rows = {"inputs": 16, "batch": 1, "labels": 1, "outputs": 1, "activations": 8, "gradients": 12}
    rows["loss"] = 1
    shapes = {kind: (many, len(facts.COLUMNS[kind])) for kind, many in rows.items()}
    begun = records.fact_value(facts.Start("session", BEGIN))
    yield framed(records.event(0, BEGIN, [begun]).SerializeToString())
    layouts = [
        records.Layout(kind, tuple(f"{kind}{n}" for n in range(many)), facts.COLUMNS[kind])
        for kind, many in rows.items()
    ]
    named = [records.layout_value(layout) for layout in layouts]
    yield framed(records.event(0, BEGIN, named).SerializeToString())
    refilled, rng = records.Refilled(), np.random.default_rng(0)
    for step in range(count):
        tables = [refilled.table(kind, rng.random(shape)) for kind, shape in shapes.items()]
        yield framed(records.event(step, BEGIN + step, tables).SerializeToString())


def write(directory: Path, events: Iterator[bytes]) -> Path:
    """A log of these events."""
    directory.mkdir(parents=True)
    header = framed(records.header_event(BEGIN).SerializeToString())
    (directory / NAME).write_bytes(b"".join((header, *events)))
    return directory


def sweep(
    base: Path, runs: int, tags: int, points: int, first: int = 0,
    losses: Callable[[int], Sequence[float]] | None = None,
) -> Path:  # fmt: skip
    """Many runs that ended an hour ago, of sixteen kinds, with losses of their own where given."""
    events = [_tf2(f"train/metric_{n}") for n in range(tags - (losses is not None))]
    values, kinds = _numbers(9973), []
    for kind in range(16):
        kinds.append([b"".join(
            event.record(step, BEGIN + step, values[(kind + 7 * step + k) % 9973])
            for k, event in enumerate(events)
        ) for step in range(first, first + points)])  # fmt: skip
    ended, loss = time.time() - 3600, _tf2("train/loss")
    for run in range(runs):
        steps = kinds[run % 16]
        if losses is not None:
            own = zip(steps, losses(run), strict=True)
            steps = [
                step + loss.record(n, BEGIN + n, _FLOAT.pack(value))
                for n, (step, value) in enumerate(own, first)
            ]
        file = write(base / f"run_{run:05d}", steps) / NAME
        os.utime(file, (ended, ended))
    return base


def tails(base: Path, path: Path, tags: int, points: int) -> list[Path]:
    """As many points again for each hundredth run of a sweep: pairs of its file and of these."""
    (tail,) = sweep(base, 1, tags, points, first=points).iterdir()
    header = len(framed(records.header_event(BEGIN).SerializeToString()))
    more = base / "tail"
    more.write_bytes((tail / NAME).read_bytes()[header:])
    return [each for run in sorted(path.iterdir())[::100] for each in (run / NAME, more)]


# --- readers ------------------------------------------------------------------------------------


def server(path: Path) -> Spent:
    """TensorBoard's data server, until it has loaded all."""
    binary = tensorboard_data_server.server_binary()
    command = [binary, "--logdir", str(path), "--port", "0", "--reload", "once", "-v"]
    # Without `--checksum` it verifies none.
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "Finished load cycle" in line:
            break
    return _ended(process, began, kill=True)


def _ended(process: subprocess.Popen[str], began: float, *, kill: bool = False) -> Spent:
    """What a process took, once it has ended."""
    wall = time.perf_counter() - began
    if kill:
        process.kill()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if not kill:
        wall = time.perf_counter() - began
    return Spent(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def told(path: Path, *appended: Path, package: Path = HOME) -> dict[str, Any]:
    """This project's reader and rules, in a process of their own."""
    return _run(READ, str(path), *map(str, appended), package=package)


def installed(package: Path) -> dict[str, str]:
    """The environment of a package as where it is installed: its bytecode is kept."""
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONPYCACHEPREFIX": BYTECODE}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _run(program: str, *arguments: str, package: Path = HOME) -> dict[str, Any]:
    command = [sys.executable, "-P", "-c", program, *arguments]
    done = subprocess.run(
        command, env=installed(package), check=True, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def ours(path: Path, package: Path = HOME) -> Spent:
    """This project's reader up to the finished runs."""
    found = told(path, package=package)
    return Spent(*found["read"], found["peak"])


class Many(NamedTuple):
    """What reading and judging many runs took: CPU and wall seconds of all processes.

    Attributes:
        read: The first time.
        came: Wall seconds until the first verdict.
        processes: How many there were beside the one that asks.
        nothing: Again, when nothing is new.
        appended: Again, when something was appended.
        peak, theirs: MiB at most, of the process that asks and of one of the others.
    """

    read: tuple[float, float]
    came: float
    processes: int
    nothing: tuple[float, float]
    appended: tuple[float, float]
    peak: float
    theirs: float

    @property
    def memory(self) -> float:
        """MiB of all processes."""
        return self.peak + self.processes * self.theirs


def many(path: Path, *appended: Path, alone: bool = False) -> Many:
    """This project's reader and rules on many runs, with processes of their own."""
    found = _run(MANY, str(path), "alone" if alone else "shared", *map(str, appended))
    return Many(**found)


def command(*arguments: str) -> Spent:
    """All of the `zeroacc` command."""
    program = "import sys; sys.argv[0] = 'zeroacc'; from tb_zeroacc.cli import main; main()"
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program, *arguments],
        stdout=subprocess.DEVNULL, text=True, env=installed(HOME),
    )  # fmt: skip
    return _ended(process, began)


def in_turns(rounds: int, *ways: Callable[[], Spent]) -> list[Spent]:
    """The least that each took."""
    taken = [[way() for way in ways] for _ in range(rounds)]
    return [Spent(*map(min, zip(*each, strict=True))) for each in zip(*taken, strict=True)]


# --- rows ---------------------------------------------------------------------------------------


class Bench:
    """All rows."""

    def __init__(self, base: Path, scale: float, rounds: int, before: Path | None) -> None:
        self.base, self.scale, self.rounds, self.before = base, scale, rounds, before

    def many(self, count: int) -> int:
        return max(20, int(count * self.scale))

    def show(self, name: str, ratio: float, most: float, *what: str) -> None:
        mark = "" if ratio <= most else "  <-- more"
        print(f"{name:44}{ratio:8.3g} of at most {most:<6}{'; '.join(what)}{mark}", flush=True)

    def against(self, name: str, path: Path, most: float, way: Callable[[Path], Spent]) -> None:
        mine, theirs = in_turns(self.rounds, lambda: way(path), lambda: server(path))
        self.show(
            name, mine.cpu / theirs.cpu, most, f"CPU {mine.cpu:.2f} s to {theirs.cpu:.2f} s",
            f"wall {mine.wall:.2f} s to {theirs.wall:.2f} s",
        )  # fmt: skip

    def command(self) -> None:
        path = write(self.base / "command", scalars(self.many(1_500_000)))
        self.against(
            "zeroacc diagnose, 1.5 M scalars / server", path, 0.5,
            lambda path: command("diagnose", str(path)),
        )  # fmt: skip

    def start(self) -> None:
        path = write(self.base / "start", scalars(400))
        asked = (["--version"], ["--help"], ["diagnose", str(path)])
        ways = [lambda arguments=arguments: command(*arguments) for arguments in asked]
        for arguments, spent in zip(asked, in_turns(2 * self.rounds, *ways), strict=True):
            name = f"zeroacc {arguments[0]}, CPU s"
            self.show(name, spent.cpu, 0.2, f"wall {spent.wall:.3f} s")

    def kinds(self) -> None:
        rows = {
            "TF2 scalars": (scalars(self.many(500_000)), 0.5),
            "simple values": (scalars(self.many(500_000), _simple), 0.8),
            "ten values an event": (ten_values(self.many(100_000)), 0.8),
            "a mix": (mix(self.many(200_000)), 1.0),
            "histograms": (histograms(self.many(100_000)), 1.5),
            "the recorder's samples": (samples(self.many(20_000)), 1.2),
        }
        for name, (events, most) in rows.items():
            path = write(self.base / name, events)
            self.against(f"{name} / server", path, most, ours)

    def order(self) -> None:
        path = write(self.base / "order", random_order(self.many(200_000)))
        if self.before is None:
            self.against("random order of tags / server", path, 1.0, ours)
            return
        mine, old = in_turns(self.rounds, lambda: ours(path), lambda: ours(path, self.before))
        what = f"CPU {mine.cpu:.2f} s to {old.cpu:.2f} s"
        self.show("random order of tags / before", mine.cpu / old.cpu, 0.3, what)

    def sweep(self) -> None:
        path = sweep(self.base / "sweep", self.many(2_000), 20, 500)
        appended = tails(self.base / "more", path, 20, 500)
        theirs = in_turns(2, lambda: server(path))[0]
        alone = many(path, alone=True)
        mine = many(path, *appended)
        cpus, walls = (
            f"{what} {ours:.1f} s, alone {one:.1f} s, server {other:.1f} s"
            for what, ours, one, other in zip(
                ("CPU", "wall"), mine.read, alone.read, theirs, strict=False
            )
        )
        ratio = mine.read[1] / theirs.wall
        self.show("2 000 runs read and judged / server, wall", ratio, 1.0, walls, cpus)
        peaks = f"{_memory(mine)}, alone {alone.peak:.0f} MiB, server {theirs.peak:.0f} MiB"
        self.show("2 000 runs, memory / server", mine.memory / theirs.peak, 0.5, peaks)
        self.again("2 000 runs", mine)

    def tiny(self) -> None:
        path = sweep(self.base / "tiny", self.many(10_000), 2, 5)
        appended = tails(self.base / "more", path, 2, 5)
        alone = [many(path, alone=True) for _ in range(2)]
        mine = many(path, *appended)
        least = min(each.read[0] for each in alone)
        walls = f"wall {min(each.read[1] for each in alone):.1f} s"
        cpu, wall = mine.read
        shared = f"with {mine.processes} processes CPU {cpu:.1f} s, wall {wall:.1f} s"
        self.show("10 000 tiny runs, one process, CPU s", least, 5.0, walls, shared)
        self.show("10 000 tiny runs, one process, MiB", alone[0].peak, 200.0, _memory(mine))
        self.again("10 000 tiny runs", mine)
        self.show("10 000 runs, nothing new, CPU s", mine.nothing[0], 0.1)

    def again(self, name: str, mine: Many) -> None:
        came = f"after {mine.came:.1f} of {mine.read[1]:.1f} s"
        self.show(f"{name}: first verdicts / all, wall", mine.came / mine.read[1], 0.5, came)
        self.show(f"{name}: nothing new / first, CPU", mine.nothing[0] / mine.read[0], 0.01)
        self.show(f"{name}: 1 % appended / first, CPU", mine.appended[0] / mine.read[0], 0.03)

    def waiting(self) -> None:
        """How long a browser waits while logs are read."""
        path = sweep(self.base / "waiting", self.many(2_000), 20, 500)
        desk, waited = DistantDesk((Place(str(path)),)), []
        question = Question("summaries", {"offset": 0, "limit": 200})
        is_complete = False
        while not is_complete:
            began = time.perf_counter()
            reply = desk.answer(question)
            waited.append(1e3 * (time.perf_counter() - began))
            is_complete = isinstance(reply, Content) and json.loads(reply.body or b"")["complete"]
            time.sleep(0.02)
        desk.close()
        late = float(np.quantile(waited, 0.95))
        what = f"median {np.median(waited):.1f} ms, at most {max(waited):.0f} ms, of {len(waited)}"
        self.show("an answer while 2 000 runs are read, 95 %, ms", late, 50.0, what)

    def growth(self) -> None:
        """A refresh costs a few milliseconds whatever it finds: so two sizes."""
        for count in (self.many(500_000), self.many(1_500_000)):
            more = b"".join(_tail(count, count // 100))
            found = []
            for turn in range(self.rounds):
                path = write(self.base / f"growth_{count}_{turn}", scalars(count))
                appended = self.base / f"appended_{count}_{turn}"
                appended.write_bytes(more)
                found.append(told(path, path / NAME, appended))
            read, refresh = (min(each[what][0] for each in found) for what in ("read", "refresh"))
            judge = min(each["judge"][0] for each in found)
            times = f"{1e3 * refresh:.1f} ms to {1e3 * read:.0f} ms"
            self.show(f"{count} scalars: 1 % appended / first read", refresh / read, 0.03, times)
            self.show(f"{count} scalars: judging / reading", judge / read, 0.2)

    def exponent(self) -> None:
        """CPU seconds against size, in one process, without its start."""
        sizes = [10**n for n in range(5) if 10**n <= self.many(10_000)]
        spent = [
            min(many(path, alone=True).read[0] for _ in range(2 if runs > 100 else 5))
            for runs in sizes
            for path in [sweep(self.base / f"runs_{runs}", runs, 2, 5)]
        ]
        self.fitted("runs", sizes, spent)
        sizes = [10**n for n in range(3, 8) if 10**n <= self.many(10_000_000)]
        spent = []
        for points in sizes:
            path = write(self.base / f"points_{points}", scalars(points))
            found = in_turns(1 if points > 10**6 else 3, lambda path=path: ours(path))[0]
            spent.append(found.cpu)
        self.fitted("points", sizes, spent)
        print(f"{sizes[-1]} points: {found.peak:.0f} MiB")

    def fitted(self, of: str, sizes: Sequence[int], spent: Sequence[float]) -> None:
        power = float(np.polyfit(np.log(sizes[1:]), np.log(spent[1:]), 1)[0])
        last = math.log10(spent[-1] / spent[-2])
        what = ", ".join(f"{n}: {cpu:.3g} s" for n, cpu in zip(sizes, spent, strict=True))
        self.show(f"CPU against {of}, exponent", power, 1.05, what, f"the last decade {last:.2f}")


def _memory(found: Many) -> str:
    return f"{found.peak:.0f} + {found.processes} × {found.theirs:.0f} MiB"


def _tail(first: int, count: int) -> Iterator[bytes]:
    """What follows `scalars(first)`."""
    events = [_tf2(tag) for tag in TAGS]
    for n in range(first, first + count):
        yield events[n % 4].record(n // 4, BEGIN + n / 100, _FLOAT.pack(0.5))


ROWS = (
    "command", "start", "kinds", "order", "sweep", "tiny", "waiting", "growth", "exponent",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=ROWS, default=ROWS)
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", type=Path, help="another checkout of this project")
    chosen = parser.parse_args(arguments)
    for name in chosen.only:
        with tempfile.TemporaryDirectory() as base:
            bench = Bench(Path(base), chosen.scale, chosen.rounds, chosen.before)
            getattr(bench, name)()


if __name__ == "__main__":
    main()
