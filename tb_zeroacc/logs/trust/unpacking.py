"""Event files that were compressed when they were put away: `events.out.tfevents.17....gz`."""

from __future__ import annotations

import zlib

from tb_zeroacc.logs.following import Read, read_up_to

ENDING = ".gz"
MAX_SIZE = 64 * 2**20  # bytes, packed and unpacked; a gigabyte of zeros packs into one


def unpacked(read: Read, size: int) -> bytes:
    """What a file of `size` bytes holds; of one that is cut off, its beginning.

    Raises:
        OSError: It is not compressed, damaged, or too large.
    """
    if size > MAX_SIZE:
        raise OSError(f"it is larger than {MAX_SIZE >> 20} MiB")
    packed, found = read_up_to(read, size), b""
    while packed and len(found) <= MAX_SIZE:  # several may stand one behind the other
        one = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            found += one.decompress(packed, MAX_SIZE + 1)
        except zlib.error:
            raise OSError("it is not compressed, or damaged") from None
        packed = one.unused_data
    if len(found) > MAX_SIZE:
        raise OSError(f"it holds more than {MAX_SIZE >> 20} MiB")
    return found
