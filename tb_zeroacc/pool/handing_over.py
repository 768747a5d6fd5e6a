"""What one process hands to another of what it read: heads, and bodies that few will ask for.

Some trainings are handed over whole: one that still runs, which is built anew as soon as it grows;
a job, whose lanes share curves with its run; and one of a few points, of which the answers of all
rules are most. These are much the same for all trainings, and so smaller for many together.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs.trainings.training import ReadPart, Told
from tb_zeroacc.packing.packing import Body, Stored, pack, unpack

FEW = 512  # points: what takes as many bytes as the answers of all rules do


class ReadShare(NamedTuple):
    """What was read of a share, and the verdicts on its trainings by their names."""

    part: ReadPart
    verdicts: dict[str, Diagnosis]


class PackedShare(NamedTuple):
    """The same between two processes.

    Attributes:
        whole: What is needed at once.
        packed: Head and body of each of the other trainings.
    """

    whole: ReadShare
    packed: list[tuple[bytes, bytes]]


def unpacked(sent: PackedShare) -> ReadShare:
    """What was read of a share, as another process packed it; bodies are unpacked at their use."""
    read = sent.whole
    for head, body in sent.packed:
        training, told, diagnosis = unpack(head, partial(_held, body))
        name = told.run.name
        read.part.files.update((one.file.listed.location, one.file) for one in training.files)
        read.part.trainings[name] = training
        read.part.told[name] = told
        read.verdicts[name] = diagnosis
    return read


def _held(body: bytes, _: Stored) -> Body:
    return Body(lambda: body, tuple)


def packed(read: ReadShare) -> PackedShare:
    """What was read of a share, for another process."""
    files, trainings, told, amount = read.part
    verdicts = dict(read.verdicts)
    part = ReadPart(dict(files), dict(trainings), dict(told), amount)
    of_them = []
    for name, one in told.items():
        if not _stays_whole(one):
            training = part.trainings.pop(name)
            of_them.append(pack(Stored(training, part.told.pop(name), verdicts.pop(name))))
            for placed in training.files:
                part.files.pop(placed.file.listed.location, None)
    return PackedShare(ReadShare(part, verdicts), of_them)


def _stays_whole(told: Told) -> bool:
    run = told.run
    if run.state == "live" or told.built.lanes:
        return True
    return not run.tables and sum(len(curve.series) for curve in run.curves) < FEW
