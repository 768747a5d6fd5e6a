"""Cuts event files into records, without doing any I/O.

A record that is still being written is no error: it waits for more bytes. The length's checksum is
verified here, for everything after it depends on it; those of payloads are in `checksums`.
"""

from __future__ import annotations

import re
import struct
from array import array
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.tfrecord import HEAD, TAIL, payload_length

# Longer records are stepped over: no scalar and no record of ours comes near, a graph may.
MAX_PAYLOAD = 64 * 2**20
# Records are cut one by one until their lengths were seen to repeat; then many at once.
LONGEST_REPEAT = 512
FIRST_LOOK = 64
MOST_KNOWN_HEADS = 65_536

_HEAD = struct.Struct("<QI")
_NOT_ZERO = re.compile(rb"[^\0]")
_KNOWN_HEADS: dict[bytes, int] = {}  # the length that each states, its checksum verified


class Stop(Enum):
    """Why cutting stopped."""

    WAITING = "the next record is not complete"
    OVERSIZE = "the next record is longer than `MAX_PAYLOAD`"
    DAMAGED = "the next length fails its checksum"


@dataclass(frozen=True, slots=True, eq=False)
class Payloads:
    """Where payloads lie in some data.

    Attributes:
        starts: Their first bytes, int64 of shape (payloads,), rising.
        ends: The bytes behind them, likewise.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, where: slice | NDArray[np.int64]) -> Payloads:
        return Payloads(self.starts[where], self.ends[where])

    def of(self, data: bytes, number: int) -> bytes:
        """The bytes of one of them."""
        return data[int(self.starts[number]) : int(self.ends[number])]

    def record(self, number: int) -> tuple[int, int]:
        """The first byte of the record around one of them, and the byte behind that record."""
        return int(self.starts[number]) - HEAD, int(self.ends[number]) + TAIL


class Cut(NamedTuple):
    """What was cut.

    Attributes:
        payloads: Each whole payload in the data, in file order; a tail follows each.
        offset: First byte that was not consumed: where the next call starts.
        stop: Why it went no further.
        need: Bytes of the whole record at `offset`, 0 where that is unknown.
    """

    payloads: Payloads
    offset: int
    stop: Stop
    need: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """What of a file was left out, for it belongs to no sound record.

    Attributes:
        records: Records whose payload fails its checksum.
        bytes: Bytes outside of records.
    """

    records: int = 0
    bytes: int = 0


NOTHING_DROPPED = Dropped()


def cut(data: bytes, offset: int = 0) -> Cut:
    """Cuts the whole records out of `data`, from byte `offset` on."""
    parts: list[Payloads] = []
    look, recent = FIRST_LOOK, np.empty(0, np.int64)
    while True:
        found = _one_by_one(data, offset, look)
        parts.append(found.payloads)
        offset = found.offset
        if len(found.payloads) < look:
            return Cut(_joined(parts), offset, found.stop, found.need)
        recent = np.concatenate([recent, found.payloads.starts])[-2 * LONGEST_REPEAT :]
        repeated = _repeated(data, recent[-look:].tolist(), offset)
        if len(repeated):
            parts.append(repeated)
            offset = int(repeated.ends[-1]) + TAIL
        if len(repeated) < look:  # in vain, or what repeats is part of a longer repeat
            look += look
            recent = np.concatenate([recent, repeated.starts])[-2 * LONGEST_REPEAT :]
        else:
            look, recent = FIRST_LOOK, recent[:0]


def _one_by_one(data: bytes, offset: int, most: int) -> Cut:
    """Cuts so many records at most."""
    stop, need = Stop.WAITING, 0
    last = len(data) - HEAD
    offsets = array("q", (offset,))
    known, keep = _KNOWN_HEADS.get, offsets.append
    for _ in range(most):
        if offset > last:
            break
        head = data[offset : offset + HEAD]
        length = known(head)
        if length is None and (length := _learnt(head)) is None:
            stop = Stop.DAMAGED
            break
        behind = offset + HEAD + length + TAIL
        if length > MAX_PAYLOAD or behind > len(data):
            stop = Stop.OVERSIZE if length > MAX_PAYLOAD else Stop.WAITING
            need = behind - offset
            break
        offset = behind
        keep(offset)
    borders = np.array(offsets, np.int64)
    return Cut(Payloads(borders[:-1] + HEAD, borders[1:] - TAIL), offset, stop, need)


def _learnt(head: bytes) -> int | None:
    """The length that a head states; it is known from now on."""
    length = payload_length(head)
    if length is not None:
        if len(_KNOWN_HEADS) >= MOST_KNOWN_HEADS:
            _KNOWN_HEADS.clear()
        _KNOWN_HEADS[head] = length
    return length


def _repeated(data: bytes, recent: list[int], offset: int) -> Payloads:
    """The records from `offset` on whose heads repeat those before it, as far as they do."""
    heads = [data[start - HEAD : start] for start in recent]
    for many in range(1, len(heads) // 2 + 1):
        if heads[-1 - many] == heads[-1] and heads[many:] == heads[:-many]:
            break
    else:
        return Payloads(np.empty(0, np.int64), np.empty(0, np.int64))
    lengths = np.array([_HEAD.unpack(head)[0] for head in heads[-many:]], np.int64)
    behind = np.cumsum(lengths + HEAD + TAIL)
    width = int(behind[-1])
    firsts = behind - lengths - TAIL
    rows = (len(data) - offset) // width
    for head, first in zip(heads[-many:], firsts.tolist(), strict=True):
        words = _HEAD.unpack(head)  # two numbers are compared faster than twelve bytes
        if rows:
            same = _column(data, "<u8", offset + first - HEAD, rows, width) == words[0]
            same &= _column(data, "<u4", offset + first - TAIL, rows, width) == words[1]
            rows = rows if same.all() else int(same.argmin())
    starts = (offset + np.arange(rows, dtype=np.int64)[:, None] * width + firsts).ravel()
    return Payloads(starts, starts + np.tile(lengths, rows))


def _column(data: bytes, dtype: str, offset: int, rows: int, width: int) -> NDArray[Any]:
    return np.ndarray((rows,), dtype, data, offset, (width,))


def _joined(parts: list[Payloads]) -> Payloads:
    if len(parts) == 1:
        return parts[0]
    return Payloads(
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
    )


def resynchronise(data: bytes, offset: int) -> tuple[int, bool]:
    """Looks for the next record after damage.

    Returns:
        The first byte of a record with a sound length and True, or the first byte that could not
        be judged yet and False: everything before it is lost.
    """
    last = len(data) - HEAD
    while offset <= last:
        # A length below `MAX_PAYLOAD` has four high bytes of zero.
        found = data.find(b"\0\0\0\0", offset + 4)
        if found < 0 or found - 4 > last:
            break
        offset = found - 4
        head = data[offset : offset + HEAD]
        length = payload_length(head)
        if length is not None and length <= MAX_PAYLOAD:
            return offset, True
        if not any(head):  # zeros of a crashed disk: step over all of them at once
            sound = _NOT_ZERO.search(data, offset)
            offset = last + 1 if sound is None else max(sound.start() - HEAD + 1, offset + 1)
        else:
            offset += 1
    return max(offset, last + 1), False
