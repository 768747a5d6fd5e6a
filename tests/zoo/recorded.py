"""The committed logs of the zoo: an archive a training, so that scoring needs no training.

They are event files as the recorder wrote them, packed; only the name of the machine is taken out
of the names of the files.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.zoo.training import STAMP, Training

FOLDER = Path(__file__).with_name("recorded")
MOST_BYTES = 8 * 2**20  # of all archives together
_MACHINE = re.compile(r"(events\.out\.tfevents\.\d+)\.[^/]*?\.(\d+)\.(\d+)(?=\.|$)")


def archive_of(training: Training) -> Path:
    """Where the log of a training is committed."""
    return FOLDER / f"{training.name}.tar.xz"


def pack(training: Training, out: Path) -> None:
    """Commits the log of a training that lies in `out`/<its name>."""
    FOLDER.mkdir(exist_ok=True)
    trained = out / training.name
    with tarfile.open(archive_of(training), "w:xz", preset=9) as archive:
        for path in sorted(p for p in trained.rglob("*") if p.is_file()):
            entry = tarfile.TarInfo(
                _MACHINE.sub(r"\1.machine.1.\3", str(path.relative_to(trained)))
            )
            content = path.read_bytes()
            entry.size, entry.mtime = len(content), int(path.stat().st_mtime)
            archive.addfile(entry, io.BytesIO(content))


def unpack(training: Training, out: Path) -> Path:
    """Puts the committed log of a training into `out`/<its name>, which it returns."""
    into = out / training.name
    with tarfile.open(archive_of(training)) as archive:
        archive.extractall(into, filter="data")
    return into


def stamp_in(training: Training) -> str:
    """What the committed log of a training says that it was trained from."""
    with tarfile.open(archive_of(training)) as archive:
        stamp = archive.extractfile(STAMP)
        assert stamp is not None, f"{archive_of(training).name} has no {STAMP}"
        return stamp.read().decode()


def committed() -> Iterator[Training]:
    """Every training whose log is committed, by name."""
    for path in sorted(FOLDER.glob("*.tar.xz")):
        program, _, seed = path.name.removesuffix(".tar.xz").rpartition("-")
        yield Training(program, int(seed))
