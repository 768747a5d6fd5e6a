"""What lies in the output of a scan, and how it is reached: any file system that Beam knows.

Outcomes of units are kept in files of some dozens. One of which less than half is of use any more
is written anew by the scan that finds it so, and goes when that has ended: whatever comes and goes,
no more than twice what a scan needs is kept.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from tb_zeroacc.fleet.judging import Outcome
from tb_zeroacc.fleet.resuming import unpacked

RESUME, FOUND, ENDING, STALE = "resume", "found", ".outcomes", ".stale"
WRITTEN = ("verdicts", "findings", "runs", "summary")  # tables and pages of a scan, by their stems


def beneath(output: str, *names: str) -> str:
    """A path in the output."""
    return str(FileSystems.join(output, *names))


def prepare(output: str, *, anew: bool = False) -> None:
    """Makes the output and removes the tables of an earlier scan; what it judged stays.

    Args:
        output: That of the scan.
        anew: Whether that goes, too.

    Raises:
        OSError: It cannot be written to.
    """
    for folder in (output, beneath(output, RESUME), beneath(output, FOUND)):
        if not FileSystems.exists(folder):
            FileSystems.mkdirs(folder)
    stale = [*_files(beneath(output, FOUND, "*")), *_files(beneath(output, RESUME, "*.begun"))]
    for stem in WRITTEN:
        stale += _files(beneath(output, f"{stem}*"))
    if "://" not in output:  # stores know no empty directories; a scan that ended early leaves some
        for stem in WRITTEN:
            stale += map(str, Path(output).glob(f"beam-temp-{stem}*"))
    _delete([*stale, *(kept_files(output) if anew else ())])


def tidy(output: str, *, whole: bool = False) -> None:
    """Removes what no later scan needs, once one has ended.

    Args:
        output: That of the scan.
        whole: Whether none of what it judged stays.
    """
    notes = _files(beneath(output, FOUND, "*"))
    names = [FileSystems.split(note)[1] for note in notes if note.endswith(STALE)]
    stale = [beneath(output, RESUME, name.removesuffix(STALE)) for name in names]
    _delete([*notes, *(kept_files(output) if whole else stale)])


def write(path: str, content: bytes) -> None:
    """Writes a whole file."""
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.write(content)


def read(path: str) -> bytes:
    """Reads a whole file."""
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        content: bytes = file.read()
    return content


def note_found(output: str, units: int) -> None:
    """Says how many units there are below a URL."""
    write(beneath(output, FOUND, f"{uuid.uuid4().hex}.{units}"), b"")


def note_stale(output: str, path: str) -> None:
    """Says that a file of outcomes is of no use once the scan has ended."""
    write(beneath(output, FOUND, FileSystems.split(path)[1] + STALE), b"")


def keep(output: str, content: bytes, units: int) -> None:
    """Keeps outcomes for the next scan, under another name until they are whole.

    Args:
        output: That of the scan.
        content: Outcomes, packed.
        units: How many were judged for it.
    """
    name = uuid.uuid4().hex
    begun = beneath(output, RESUME, f"{name}.begun")
    write(begun, content)
    FileSystems.rename([begun], [beneath(output, RESUME, f"{name}.{units}{ENDING}")])


def kept_files(output: str) -> list[str]:
    """The files of outcomes that earlier scans kept."""
    return _files(beneath(output, RESUME, f"*{ENDING}"))


def kept(path: str) -> Iterator[Outcome]:
    """The outcomes in such a file."""
    yield from unpacked(read(path))


def counts(output: str, known: frozenset[str]) -> tuple[int, int]:
    """How many units were found and judged so far.

    Args:
        output: That of the scan.
        known: The files of outcomes that were there before.
    """
    notes = [name for name in _files(beneath(output, FOUND, "*")) if not name.endswith(STALE)]
    found = sum(int(name.rpartition(".")[2]) for name in notes)
    new = [name for name in kept_files(output) if name not in known]
    return found, sum(int(name.removesuffix(ENDING).rpartition(".")[2]) for name in new)


def summary(output: str) -> dict[str, Any]:
    """The summary of a scan that has ended."""
    told: dict[str, Any] = json.loads(read(beneath(output, "summary.json")))
    return told


def _files(pattern: str) -> list[str]:
    (match,) = FileSystems.match([pattern])
    return [found.path for found in match.metadata_list]


def _delete(paths: list[str]) -> None:
    there = [path for path in paths if FileSystems.exists(path)]
    if there:
        FileSystems.delete(there)


class Batch:
    """Outcomes that are kept some at a time, so that a scan that ends early loses little.

    Args:
        output: That of the scan.
    """

    MOST, SECONDS = 50, 5.0

    def __init__(self, output: str) -> None:
        self._output = output
        self._held: list[bytes] = []
        self._units = 0
        self._kept_at = time.monotonic()

    def add(self, packed: bytes, units: int = 1) -> None:
        """Takes one more.

        Args:
            packed: The outcome; empty where the next scan should not begin with it.
            units: How many were judged for it now.
        """
        self._held.append(packed)
        self._units += units
        is_late = time.monotonic() - self._kept_at > self.SECONDS
        if len(self._held) >= self.MOST or is_late:
            self.keep()

    def keep(self) -> None:
        """Keeps all that it holds."""
        if self._held:
            keep(self._output, b"".join(self._held), self._units)
        self._held, self._units, self._kept_at = [], 0, time.monotonic()
