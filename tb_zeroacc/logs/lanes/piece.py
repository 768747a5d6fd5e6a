"""Some records in a row: those that have a template by columns, the others as events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2

from tb_zeroacc.logs.decoding import parse
from tb_zeroacc.logs.framing import Payloads
from tb_zeroacc.logs.lanes.columns import Column, columns_of, merged
from tb_zeroacc.logs.lanes.templates import TEMPLATES

FEW = 16  # records that templates are learnt from at first
MOST_TRIED = 256  # so many in a row that no template can be made of tell of the others


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some records in a row, sorted out.

    Attributes:
        data: Where they lie.
        payloads: Where each lies.
        columns: What those with a template hold.
        times: Wall times of these, float64 of shape (records,); NaN elsewhere.
        others: The rows without a template, rising, int64 of shape (others,).
        events: Those of them that were parsed already; None for bytes that are no event.
    """

    data: bytes
    payloads: Payloads
    columns: list[Column]
    times: NDArray[np.float64]
    others: NDArray[np.int64]
    events: dict[int, event_pb2.Event | None]

    def event(self, row: int) -> event_pb2.Event | None:
        """One record's event; None where it is none."""
        if row in self.events:
            return self.events[row]
        return parse(self.payloads.of(self.data, row))


def sorted_out(data: bytes, payloads: Payloads) -> Piece:
    """Sorts records out, and learns the templates that they lack."""
    columns: list[Column] = []
    events: dict[int, event_pb2.Event | None] = {}
    left, few = np.arange(len(payloads)), FEW
    learnt: dict[int, event_pb2.Event] = {}
    while len(left):
        found = columns_of(data, payloads[left], left, TEMPLATES)
        columns += found
        left = _without(left, found, len(payloads))
        events |= {row: learnt[row] for row in learnt.keys() & set(left.tolist())}
        learnt = _learnt(data, payloads, left, few, events)
        few *= 2
        if not learnt:
            break
    columns, unfit = merged(columns)
    others = np.union1d(left, unfit) if len(unfit) else left
    times = np.full(len(payloads), np.nan)
    for column in columns:
        times[column.rows] = column.times
    return Piece(data, payloads, columns, times, others, events)


def _without(left: NDArray[np.int64], found: list[Column], count: int) -> NDArray[np.int64]:
    if not found:
        return left
    is_found = np.zeros(count, np.bool_)
    for column in found:
        is_found[column.rows] = True
    return left[~is_found[left]]


def _learnt(
    data: bytes, payloads: Payloads, left: NDArray[np.int64], few: int,
    events: dict[int, event_pb2.Event | None],
) -> dict[int, event_pb2.Event]:  # fmt: skip
    """Makes templates of some records; of the others the events are added."""
    learnt: dict[int, event_pb2.Event] = {}
    tried = 0
    for row in left.tolist():
        if row in events:
            continue
        payload = payloads.of(data, row)
        event = parse(payload)
        if event is not None and TEMPLATES.learn(payload, event):
            learnt[row] = event
        else:
            events[row] = event
        tried += 1
        if tried >= (few if learnt else MOST_TRIED):
            break
    return learnt
