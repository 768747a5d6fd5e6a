"""The framing of event files, as TensorFlow's record files have it.

One record, little endian: `u64 length | u32 crc | payload | u32 crc`, each checksum a masked
CRC-32C of what stands before it.
"""

from __future__ import annotations

import struct

import google_crc32c

HEAD = 12  # bytes of length and its checksum
TAIL = 4  # bytes of the payload's checksum

_LENGTH = struct.Struct("<Q")
_HEAD = struct.Struct("<QI")
_CRC = struct.Struct("<I")


def framed(payload: bytes) -> bytes:
    """A payload as one record."""
    return b"".join((head_of(len(payload)), payload, _CRC.pack(masked_crc(payload))))


def head_of(length: int) -> bytes:
    """The 12 bytes before a payload."""
    packed = _LENGTH.pack(length)
    return packed + _CRC.pack(masked_crc(packed))


def payload_length(head: bytes) -> int | None:
    """The length that the 12 bytes of a record's head state, None where the checksum is wrong."""
    length, crc = _HEAD.unpack(head)
    return int(length) if masked_crc(head[:8]) == crc else None


def payload_is_sound(payload: bytes, tail: bytes) -> bool:
    """Whether the 4 bytes behind a payload are its checksum."""
    return len(tail) == TAIL and masked_crc(payload) == int(_CRC.unpack(tail)[0])


def masked_crc(data: bytes) -> int:
    """Masked CRC-32C of some bytes: rotated and added to, as TensorFlow stores it."""
    crc = int(google_crc32c.value(data))
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
