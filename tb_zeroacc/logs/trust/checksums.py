"""Verifies the checksums of many payloads at once.

CRC-32C is linear: the register after some bytes is the exclusive or of what each part of them left
in it, moved on by the bytes behind that part. So the register after a whole stretch of records
follows from the checksums that are stored in it, and google-crc32c tells what it truly is at some
GB/s. Where the two differ, the payloads are looked at one by one. One wrong payload is always
noticed; several that cancel each other out are as unlikely as one that has its checksum by chance.
"""

from __future__ import annotations

from functools import cache, lru_cache

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.tfrecord import HEAD, TAIL, head_of, payload_is_sound

FEW = 12  # payloads that are verified faster one by one
ONES = 0xFFFFFFFF
# Registers are moved by three digits to the base of 256.
DIGITS = 3
LONGEST = 256**DIGITS  # bytes


def first_unsound(data: bytes, payloads: Payloads) -> int | None:
    """The number of the first payload that fails its checksum; they must follow one another."""
    for first in _pieces(payloads):
        some = payloads[first]
        if len(some) <= FEW or not _all_sound(data, some):
            cuts = zip(some.starts.tolist(), some.ends.tolist(), strict=True)
            for number, (start, end) in enumerate(cuts, first.start):
                if not payload_is_sound(data[start:end], data[end : end + TAIL]):
                    return number
    return None


def _pieces(payloads: Payloads) -> list[slice]:
    """Stretches that are short enough to be verified at once."""
    if not len(payloads):
        return []
    total = int(payloads.ends[-1] - payloads.starts[0]) + HEAD + TAIL
    if total < LONGEST:
        return [slice(0, len(payloads))]
    pieces, first = [], 0
    while first < len(payloads):
        limit = payloads.starts[first] - HEAD + LONGEST - 1 - TAIL
        end = max(first + 1, int(np.searchsorted(payloads.ends, limit, side="right")))
        pieces.append(slice(first, end))
        first = end
    return pieces


def _all_sound(data: bytes, payloads: Payloads) -> bool:
    """Whether all stored checksums together are right."""
    begin, end = int(payloads.starts[0]) - HEAD, int(payloads.ends[-1]) + TAIL
    found = google_crc32c.extend(ONES, data[begin:end]) ^ ONES  # from a register of zeros
    tails = np.ndarray((len(data) - TAIL + 1,), "V4", data, 0, (1,))
    stored = tails[payloads.ends].view("<u4")
    turned = stored - np.uint32(0xA282EAD8)
    register = ~((turned >> np.uint32(17)) | (turned << np.uint32(15)))
    register ^= stored ^ _heads(payloads.ends - payloads.starts)
    distance = end - payloads.ends
    for digit in range(DIGITS):
        register = _moved(_table(digit), register, distance & 255)
        distance = distance >> 8
        changes = np.flatnonzero(distance[1:] != distance[:-1]) + 1
        changes = np.concatenate(([0], changes))
        register = np.bitwise_xor.reduceat(register, changes)
        distance = distance[changes]
    return bool(register[0] == found)


def _heads(lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    """What the heads of records leave in the register, moved to the end of their payloads.

    The bits that a checksum begins with are taken away there, too.
    """
    if lengths.max() >= len(_LEFT):
        return np.array([_left_by_head(length) for length in lengths.tolist()], np.uint32)
    for length in set(lengths[~_IS_KNOWN[lengths]].tolist()):
        _LEFT[length], _IS_KNOWN[length] = _left_by_head(length), True
    return _LEFT[lengths]


_LEFT = np.zeros(2**16, np.uint32)
_IS_KNOWN = np.zeros(2**16, np.bool_)


@lru_cache(4096)
def _left_by_head(length: int) -> int:
    register = int(google_crc32c.extend(ONES, head_of(length))) ^ ONES
    # Bytes of zero move it; the checksum function turns all bits before and after.
    return int(google_crc32c.extend(register, bytes(length))) ^ ONES


@cache
def _table(digit: int) -> NDArray[np.uint32]:
    """Moves registers by 0 to 255 times `256 ** digit` bytes of zero, by each byte of theirs.

    uint32 of shape (256 x 4 x 256): distance, byte of the register, its value.
    """
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    if digit:
        below = _table(digit - 1)
        step = _moved(below, _moved(below, bits, np.array([255])), np.array([1]))
    else:
        step = bits
        for _ in range(8):
            step = (step >> np.uint32(1)) ^ np.where(step & 1, np.uint32(0x82F63B78), np.uint32(0))
    moved = np.empty((256, 32), np.uint32)  # of each bit what becomes of it
    moved[0], moved[1] = bits, step
    for power in range(1, 8):
        half = 1 << power
        moved[half] = _by(step, moved[half - 1])
        moved[half + 1 : 2 * half] = _by(moved[half], moved[1:half])
    single = moved.reshape(256, 4, 8)
    table = np.zeros((256, 4, 256), np.uint32)
    for bit in range(8):
        half = 1 << bit
        table[:, :, half : 2 * half] = table[:, :, :half] ^ single[:, :, bit : bit + 1]
    return table.ravel()


def _by(step: NDArray[np.uint32], registers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Moves registers of any shape by one distance, given what it makes of each bit."""
    is_set = (registers[..., None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)
    found: NDArray[np.uint32] = np.bitwise_xor.reduce(np.where(is_set, step, 0), axis=-1)
    return found


def _moved(
    table: NDArray[np.uint32], register: NDArray[np.uint32], distance: NDArray[np.int64]
) -> NDArray[np.uint32]:
    place = (distance << 10) + (register & np.uint32(255))
    found = table.take(place)
    for byte in (1, 2, 3):
        place = (distance << 10) + ((register >> np.uint32(8 * byte)) & np.uint32(255))
        found ^= table.take(place + 256 * byte)
    return found
