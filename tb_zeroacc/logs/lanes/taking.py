"""Gives the records of a file to its contents, as many at once as stand in plain order.

Plain is a tag whose steps do not fall, a histogram or a table whose steps rise. A record that is
not plain, and one without a template, is given as an event. Either way the contents are the same.
"""

from __future__ import annotations

from bisect import bisect_left

from tensorboard.compat.proto import event_pb2

from tb_zeroacc.logs.contents import FileContents
from tb_zeroacc.logs.decoding import parse
from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.logs.lanes.memory import keep_freed_memory
from tb_zeroacc.logs.lanes.piece import Piece, sorted_out
from tb_zeroacc.logs.lanes.plain import PlainColumns

FEW = 24  # records that are read faster one by one
LARGEST_PIECE = 2**17  # records
# Where fewer records in a row are plain it is faster to take the next ones as events, too.
WORTH_IT = 8
LONGEST_BURST = 4096  # events
# Steps may be clocks, in nanoseconds even; sums of some of them must fit 64 bits.
LARGEST_STEP = 2**61

keep_freed_memory()


def take(contents: FileContents, data: bytes, payloads: Payloads) -> list[int]:
    """Gives sound records to the contents; returns the numbers of those that are no event."""
    odd: list[int] = []
    first, burst = 0, 0
    while first < len(payloads):
        records = payloads[first : first + (burst or LARGEST_PIECE)]
        if burst or len(records) < FEW:
            events = (parse(records.of(data, row)) for row in range(len(records)))
            odd += [first + row for row, event in enumerate(events) if not _add(contents, event)]
            burst = 0
        else:
            piece = sorted_out(data, records)
            odd += [first + row for row in _taken(contents, piece)]
            if 2 * len(piece.others) > len(records):  # most are of no shape that many share
                burst = LONGEST_BURST
        first += len(records)
    return odd


def _taken(contents: FileContents, piece: Piece) -> list[int]:
    """Takes one piece; returns the numbers of its records that are no event."""
    plain = PlainColumns(contents, piece)
    others, count = piece.others.tolist(), len(piece.payloads)
    odd: list[int] = []
    at, burst = 0, 1
    while at < count:
        next_other = bisect_left(others, at)
        end = plain.until(at, others[next_other] if next_other < len(others) else count)
        plain.take(at, end)
        burst = 1 if end - at >= WORTH_IT else min(2 * burst, LONGEST_BURST)
        at = min(end + burst, count)
        odd += [row for row in range(end, at) if not _add(contents, piece.event(row))]
    return odd


def _add(contents: FileContents, event: event_pb2.Event | None) -> bool:
    """Takes an event; False where it is none, or nothing can be made of what it holds."""
    if event is None or abs(event.step) > LARGEST_STEP:
        return False
    try:
        contents.add(event)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False
    return True
