"""Gives the records of a file to its contents, as many at once as stand in plain order.

Plain is a tag whose steps do not fall, a histogram or a table whose steps rise. A record that is
not plain, and one without a template, is given as an event. Either way the contents are the same.
"""

from __future__ import annotations

from bisect import bisect_left

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.decoding import parse
from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.logs.lanes.piece import Piece, sorted_out
from tb_zeroacc.logs.lanes.plain import PlainColumns

FEW = 24  # records that are read faster one by one
LARGEST_PIECE = 2**17  # records
# Where fewer records in a row are plain it is faster to take the next ones as events, too.
WORTH_IT = 8
LONGEST_BURST = 4096  # events


def take(contents: FileContents, data: bytes, payloads: Payloads) -> int:
    """Gives sound records to the contents; returns how many are no event."""
    odd, first, burst = 0, 0, 0
    while first < len(payloads):
        records = payloads[first : first + (burst or LARGEST_PIECE)]
        first += len(records)
        if burst or len(records) < FEW:
            odd += sum(_is_odd(contents, data, records, row) for row in range(len(records)))
            burst = 0
            continue
        piece = sorted_out(data, records)
        odd += _taken(contents, piece)
        if 2 * len(piece.others) > len(records):  # most are of no shape that many share
            burst = LONGEST_BURST
    return odd


def _taken(contents: FileContents, piece: Piece) -> int:
    plain = PlainColumns(contents, piece)
    others, count = piece.others.tolist(), len(piece.payloads)
    at = odd = 0
    burst = 1
    while at < count:
        next_other = bisect_left(others, at)
        end = plain.until(at, others[next_other] if next_other < len(others) else count)
        plain.take(at, end)
        burst = 1 if end - at >= WORTH_IT else min(2 * burst, LONGEST_BURST)
        at = min(end + burst, count)
        for row in range(end, at):
            event = piece.event(row)
            if event is None:
                odd += 1
            else:
                contents.add(event)
    return odd


def _is_odd(contents: FileContents, data: bytes, records: Payloads, row: int) -> bool:
    event = parse(records.of(data, row))
    if event is not None:
        contents.add(event)
    return event is None
