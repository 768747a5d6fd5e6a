"""Cuts event files into records, without doing any I/O.

One record, little endian: `u64 length | u32 crc | payload | u32 crc`, each checksum a masked
CRC-32C of what stands before it. A record that is still being written is no error: it waits for
more bytes. The length's checksum is always verified, for everything after it depends on it; the
payload's costs far more, so it is asked only where a payload cannot be parsed.
"""

from __future__ import annotations

import re
import struct
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

HEAD = 12  # bytes of length and its checksum
TAIL = 4  # bytes of the payload's checksum
# Longer records are stepped over: no scalar and no record of ours comes near, a graph may.
MAX_PAYLOAD = 64 * 2**20

_LENGTH = struct.Struct("<QI")
_CRC = struct.Struct("<I")
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


@lru_cache(maxsize=8192)
def payload_length(head: bytes) -> int | None:
    """The length that the 12 bytes of a record's head state, None where the checksum is wrong."""
    length, crc = _LENGTH.unpack(head)
    return int(length) if masked_crc(head[:8]) == crc else None


def payload_is_sound(data: bytes, start: int, end: int) -> bool:
    """Whether a payload's checksum holds; slow, about 5 MB a second."""
    if end + TAIL > len(data):
        return False
    return masked_crc(data[start:end]) == int(_CRC.unpack_from(data, end)[0])


def masked_crc(data: bytes) -> int:
    """Masked CRC-32C, as TensorFlow's record files use it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        entries.append(crc)
    return tuple(entries)


_TABLE = _table()
