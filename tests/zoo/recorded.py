"""The committed logs of the zoo: an archive a module of programs, so that scoring trains nothing.

They are event files as the recorder wrote them, thinned: finite numbers of tables keep 15 bits
behind the leading one, clocks a sixty-fourth of a second, which packs better by a fifth. `pack`
refuses a log whose verdict that changes. The machine's name is taken out of the names of files.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2

from tb_zeroacc import diagnose
from tb_zeroacc.records import RECORD_PREFIX
from tb_zeroacc.tfrecord import framed
from tests.zoo.program import programs
from tests.zoo.training import STAMP, Training

FOLDER = Path(__file__).with_name("recorded")
MOST_BYTES = 8 * 2**20  # of all archives together
DROPPED_BITS = 8  # of each number of a table
CLOCK = 64  # ticks a second
_MACHINE = re.compile(r"(events\.out\.tfevents\.\d+)\.[^/]*?\.(\d+)\.(\d+)(?=\.|$)")


def pack(trainings: Iterable[Training], out: Path, thin_logs: Path) -> list[str]:
    """Commits the logs of trainings that lie in `out`.

    Args:
        trainings: Whole modules of them: an archive is written anew.
        out: Folder of the trainings, as `train_all` leaves it.
        thin_logs: An empty folder for the thinned logs.

    Returns:
        A sentence for every log that was left out, since thinning would change its verdict.
    """
    by_module: defaultdict[str, list[Training]] = defaultdict(list)
    refused = []
    for training in trainings:
        thinned = thin_logs / training.name
        _thin(out / training.name, thinned)
        if _said(out / training.name) == _said(thinned):
            by_module[programs()[training.program].module].append(training)
        else:
            refused.append(f"{training.name} would be judged otherwise once it is thinned")
    FOLDER.mkdir(exist_ok=True)
    for module, some in by_module.items():
        with tarfile.open(FOLDER / f"{module}.tar.xz", "w:xz", preset=9) as archive:
            for training in sorted(some, key=lambda t: t.name):
                _add(archive, thin_logs / training.name)
    return refused


def unpack(out: Path) -> list[Training]:
    """Puts all committed logs into `out`/<their names>; returns their trainings, by name."""
    for path in sorted(FOLDER.glob("*.tar.xz")):
        with tarfile.open(path) as archive:
            archive.extractall(out, filter="data")
    return [training_of(path.name) for path in sorted(out.iterdir())]


def training_of(name: str) -> Training:
    """The training of a directory's name."""
    program, _, seed = name.rpartition("-")
    return Training(program, int(seed))


def _add(archive: tarfile.TarFile, trained: Path) -> None:
    for path in sorted(p for p in trained.rglob("*") if p.is_file()):
        name = _MACHINE.sub(r"\1.machine.1.\3", str(path.relative_to(trained.parent)))
        entry, content = tarfile.TarInfo(name), path.read_bytes()
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))


def _thin(trained: Path, into: Path) -> None:
    for path in sorted(p for p in trained.rglob("*") if p.is_file()):
        target = into / path.relative_to(trained)
        target.parent.mkdir(parents=True, exist_ok=True)
        is_log = "tfevents" in path.name
        target.write_bytes(b"".join(_thinned(path)) if is_log else path.read_bytes())


def _thinned(path: Path) -> Iterator[bytes]:
    for record in RawEventFileLoader(str(path)).Load():
        event = event_pb2.Event.FromString(record)
        event.wall_time = round(event.wall_time * CLOCK) / CLOCK
        for value in event.summary.value:
            if value.tag.startswith(RECORD_PREFIX):
                numbers = np.frombuffer(value.tensor.tensor_content, np.float32).copy()
                bits = numbers.view(np.uint32)
                bits[np.isfinite(numbers)] &= np.uint32(0xFFFFFFFF << DROPPED_BITS & 0xFFFFFFFF)
                value.tensor.tensor_content = numbers.tobytes()
        yield framed(event.SerializeToString())


def _said(log: Path) -> list[tuple[object, ...]]:
    return [
        (v.outcome, [(f.code, f.tier, [c.code for c in f.explains]) for f in v.findings])
        for v in diagnose(str(log))
    ]


def stamp_of_log(log: Path) -> str:
    """What a log says that it was trained from."""
    return (log / STAMP).read_text(encoding="utf-8")
