"""Verifies the checksums of many payloads at once.

A register of CRC-32C that is fed its own value is zero again. So where each stored checksum is
replaced by what the register must hold there, the register is zero behind every record, and at the
end of all of them: google-crc32c tells that at some GB/s. Where it is not, the payloads are looked
at one by one. One wrong payload is always noticed; several that cancel each other out are as
unlikely as one that has its checksum by chance.
"""

from __future__ import annotations

from functools import lru_cache

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.tfrecord import HEAD, TAIL, head_of, payload_is_sound

FEW = 20  # payloads that are verified faster one by one
ONES = 0xFFFFFFFF
MASK = 0xA282EAD8  # what is added to a checksum before it is stored, and rotated by 15 bits


def first_unsound(data: bytes, payloads: Payloads) -> int | None:
    """The number of the first payload that fails its checksum; they must follow one another."""
    if len(payloads) > FEW and _all_sound(data, payloads):
        return None
    cuts = zip(payloads.starts.tolist(), payloads.ends.tolist(), strict=True)
    for number, (start, end) in enumerate(cuts):
        if not payload_is_sound(data[start:end], data[end : end + TAIL]):
            return number
    return None


def _all_sound(data: bytes, payloads: Payloads) -> bool:
    """Whether all stored checksums together are right."""
    begin, end = int(payloads.starts[0]) - HEAD, int(payloads.ends[-1]) + TAIL
    fed = np.frombuffer(data, np.uint8)[begin:end].copy()
    tails = np.ndarray((len(fed) - TAIL + 1,), "<u4", fed, 0, (1,))  # one at every byte
    places = payloads.ends - begin
    turned = tails[places] - np.uint32(MASK)
    checksums = (turned >> np.uint32(17)) | (turned << np.uint32(15))
    # A checksum is what its payload leaves in a register of ones, with all bits turned.
    tails[places] = ~checksums ^ _heads(payloads.ends - payloads.starts)
    return int(google_crc32c.extend(ONES, fed.tobytes())) == ONES  # it turns bits, too


def _heads(lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    """What the heads of records leave in the register behind their payloads.

    What the ones leave there, with which a checksum begins, is taken away.
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
