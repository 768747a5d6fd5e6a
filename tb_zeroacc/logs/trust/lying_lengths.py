"""Lengths that pass their checksum and are wrong all the same.

A record that seems to reach beyond the file may still be written. Where a whole record lies within
it, it is not: then its length lies, and what stands behind its head can be read.
"""

from __future__ import annotations

from tb_zeroacc.logs.framing import resynchronise
from tb_zeroacc.tfrecord import HEAD, TAIL, payload_is_sound, payload_length

# How far behind a head the next record is looked for: the records of scalars and tables of ours are
# shorter. Whatever is searched is searched again whenever the file has grown.
SEARCHED = 256 * 2**10  # bytes


def holds_sound_record(data: bytes) -> bool:
    """Whether a whole record with both checksums begins behind the first byte of `data`."""
    at = 1
    while True:
        at, sure = resynchronise(data, at)
        length = payload_length(data[at : at + HEAD]) if sure else None
        if length is None:
            return False
        end = at + HEAD + length
        if payload_is_sound(data[at + HEAD : end], data[end : end + TAIL]):
            return True
        at += 1
