"""What one process hands to another of what it read: heads, and bodies that few will ask for.

Some trainings are handed over whole: one that still runs, which is built anew as soon as it grows;
a job, whose lanes share curves with its run; and one of a few points, of which the answers of all
rules are most. These are much the same for all trainings, and so smaller for many together.
"""

from __future__ import annotations

import pickle
from functools import partial
from typing import IO, NamedTuple

from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.logs.trainings.training import ReadPart, Told
from tb_zeroacc.packing.packing import Body, Stored, pack, unpack
from tb_zeroacc.packing.pickling import StatePickler

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


def send(read: ReadShare, output: IO[bytes]) -> None:
    """Hands a share over.

    Args:
        read: What was read of it.
        output: Leads to the other process.

    Raises:
        OSError: Nobody is there to take it.
    """
    StatePickler(output).dump(_packed(read))
    output.flush()


def received(source: IO[bytes]) -> ReadShare:
    """Takes a share over.

    Args:
        source: Comes from the other process.

    Raises:
        EOFError: It has ended.
        pickle.UnpicklingError: It has ended meanwhile.
    """
    sent: PackedShare = pickle.load(source)
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


def _packed(read: ReadShare) -> PackedShare:
    files, trainings, told, amount = read.part
    verdicts = dict(read.verdicts)
    part = ReadPart(dict(files), dict(trainings), dict(told), amount)
    packed = []
    for name, one in told.items():
        if not _stays_whole(one):
            training = part.trainings.pop(name)
            packed.append(pack(Stored(training, part.told.pop(name), verdicts.pop(name))))
            for placed in training.files:
                part.files.pop(placed.file.listed.location, None)
    return PackedShare(ReadShare(part, verdicts), packed)


def _stays_whole(told: Told) -> bool:
    run = told.run
    if run.state == "live" or told.built.lanes:
        return True
    return not run.tables and sum(len(curve.series) for curve in run.curves) < FEW
