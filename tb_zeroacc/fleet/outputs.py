"""What lies in the output of a scan, and how it is reached: any file system that Beam knows."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from tb_zeroacc.fleet.judging import Outcome
from tb_zeroacc.fleet.resuming import packed, unpacked

RESUME, FOUND, ENDING = "resume", "found", ".jsonl.gz"
WRITTEN = ("verdicts", "findings", "runs", "summary")  # tables and pages of a scan, by their stems


def beneath(output: str, *names: str) -> str:
    """A path in the output."""
    return str(FileSystems.join(output, *names))


def prepare(output: str) -> None:
    """Makes the output and removes the tables of an earlier scan; what it judged stays.

    Raises:
        OSError: It cannot be written to.
    """
    for folder in (output, beneath(output, RESUME), beneath(output, FOUND)):
        if not FileSystems.exists(folder):
            FileSystems.mkdirs(folder)
    stale = [*_files(beneath(output, FOUND, "*"))]
    for stem in WRITTEN:
        stale += _files(beneath(output, f"{stem}*"))
    if "://" not in output:  # stores know no empty directories; a scan that ended early leaves some
        for stem in WRITTEN:
            stale += map(str, Path(output).glob(f"beam-temp-{stem}*"))
    if stale:
        FileSystems.delete(stale)


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


def keep(output: str, outcomes: Iterable[Outcome]) -> None:
    """Keeps outcomes for the next scan, under another name until they are whole."""
    outcomes = list(outcomes)
    name = uuid.uuid4().hex
    begun = beneath(output, RESUME, f"{name}.begun")
    write(begun, packed(outcomes))
    FileSystems.rename([begun], [beneath(output, RESUME, f"{name}.{len(outcomes)}{ENDING}")])


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
    found = sum(int(name.rpartition(".")[2]) for name in _files(beneath(output, FOUND, "*")))
    new = [name for name in kept_files(output) if name not in known]
    return found, sum(int(name.removesuffix(ENDING).rpartition(".")[2]) for name in new)


def summary(output: str) -> dict[str, Any]:
    """The summary of a scan that has ended."""
    told: dict[str, Any] = json.loads(read(beneath(output, "summary.json")))
    return told


def _files(pattern: str) -> list[str]:
    (match,) = FileSystems.match([pattern])
    return [found.path for found in match.metadata_list]


class Batch:
    """Outcomes that are kept some at a time, so that a scan that ends early loses little.

    Args:
        output: That of the scan.
    """

    MOST, SECONDS = 50, 5.0

    def __init__(self, output: str) -> None:
        self._output = output
        self._held: list[Outcome] = []
        self._kept_at = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Takes one more."""
        self._held.append(outcome)
        is_late = time.monotonic() - self._kept_at > self.SECONDS
        if len(self._held) >= self.MOST or is_late:
            self.keep()

    def keep(self) -> None:
        """Keeps all that it holds."""
        if self._held:
            keep(self._output, self._held)
        self._held, self._kept_at = [], time.monotonic()
