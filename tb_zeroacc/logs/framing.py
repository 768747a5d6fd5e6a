"""Cuts event files into records, without doing any I/O.

A record that is still being written is no error: it waits for more bytes. The length's checksum is
verified here, for everything after it depends on it.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from tb_zeroacc.tfrecord import HEAD, TAIL, payload_length

# Longer records are stepped over: no scalar and no record of ours comes near, a graph may.
MAX_PAYLOAD = 64 * 2**20

_NOT_ZERO = re.compile(rb"[^\0]")


class Stop(Enum):
    """Why cutting stopped."""

    WAITING = "the next record is not complete"
    OVERSIZE = "the next record is longer than `MAX_PAYLOAD`"
    DAMAGED = "the next length fails its checksum"


class Cut(NamedTuple):
    """What was cut.

    Attributes:
        payloads: (first byte, end) of each whole payload in the data, in file order.
        offset: First byte that was not consumed: where the next call starts.
        stop: Why it went no further.
        need: Bytes of the whole record at `offset`, 0 where that is unknown.
    """

    payloads: list[tuple[int, int]]
    offset: int
    stop: Stop
    need: int


def cut(data: bytes, offset: int = 0) -> Cut:
    """Cuts the whole records out of `data`, from byte `offset` on."""
    payloads: list[tuple[int, int]] = []
    size = len(data)
    while offset + HEAD <= size:
        length = payload_length(data[offset : offset + HEAD])
        if length is None:
            return Cut(payloads, offset, Stop.DAMAGED, 0)
        need = HEAD + length + TAIL
        if length > MAX_PAYLOAD:
            return Cut(payloads, offset, Stop.OVERSIZE, need)
        if offset + need > size:
            return Cut(payloads, offset, Stop.WAITING, need)
        payloads.append((offset + HEAD, offset + HEAD + length))
        offset += need
    return Cut(payloads, offset, Stop.WAITING, 0)


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
