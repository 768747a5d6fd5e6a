"""What records of one writer have in common: all bytes but time, step and numbers.

A template is made of one event that was parsed, and knows its like by the bytes that they share.
Templates that vary at the same places share a layout. They hold for every file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2

from tb_zeroacc.logs.decoding import Histogram, Record, Scalar, item_of, range_of
from tb_zeroacc.logs.lanes.walking import Places, Span, places_of
from tb_zeroacc.records import SampleRecord

MOST_TEMPLATES = 20_000  # of 1 KB or so; real logs have some hundred
LONG = 64  # bytes of a content
LONGEST = 2**16  # bytes of a payload; the gain is in the small ones


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar: its tag, and the dtype of its bytes."""

    name: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram: its tag; float64 of shape (buckets, 3)."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table of our recorder: its kind; float32 of this shape."""

    name: str
    rows: int
    columns: int


Part: TypeAlias = Number | Buckets | Matrix


@dataclass(slots=True, eq=False)
class Layout:
    """Where records vary.

    Attributes:
        places: Time, step and contents.
        mask: uint8 of shape (bytes,): the bits that do not vary. Of a step's bytes one bit says
            whether another follows.
        spans: What lies between long contents, which need no look.
        known: The number of each template, by the bytes that do not vary.
        parts: Of each template what stands at its contents.
    """

    places: Places
    mask: NDArray[np.uint8]
    spans: list[Span]
    known: dict[bytes, int] = field(default_factory=dict)
    parts: list[tuple[Part, ...]] = field(default_factory=list)

    def fixed(self, matrix: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What does not vary of some payloads, a row each."""
        some = [matrix[:, a:b] & self.mask[a:b] for a, b in self.spans]
        return some[0] if len(some) == 1 else np.concatenate(some, axis=1)


class Templates:
    """All templates known so far, by the length of their payloads."""

    def __init__(self) -> None:
        self._layouts: dict[int, dict[Places, Layout]] = {}
        self._count = 0

    def layouts(self, length: int) -> list[Layout]:
        """The layouts of payloads of a length."""
        return list(self._layouts.get(length, {}).values())

    def learn(self, payload: bytes, event: event_pb2.Event) -> bool:
        """Makes a template of a record; False where it is of no shape that many share."""
        places = places_of(payload) if len(payload) < LONGEST else None
        if places is None or len(places.contents) != len(event.summary.value):
            return False
        parts = []
        for value, span in zip(event.summary.value, places.contents, strict=True):
            part = _part_of(value, payload[span.start : span.end])
            if part is None:
                return False
            parts.append(part)
        if not parts or len({part.name for part in parts}) < len(parts):
            return False
        if self._count >= MOST_TEMPLATES:
            self._layouts, self._count = {}, 0
        layouts = self._layouts.setdefault(len(payload), {})
        layout = layouts.get(places)
        if layout is None:
            mask, spans = _mask(places, len(payload)), _between(places, len(payload))
            layout = layouts[places] = Layout(places, mask, spans)
        fixed = layout.fixed(np.frombuffer(payload, np.uint8)[None]).tobytes()
        if fixed not in layout.known:
            layout.known[fixed] = len(layout.parts)
            layout.parts.append(tuple(parts))
            self._count += 1
        return True


TEMPLATES = Templates()


def _mask(places: Places, size: int) -> NDArray[np.uint8]:
    mask = np.full(size, 0xFF, np.uint8)
    for span in (*places.contents, *([places.time] if places.time else [])):
        mask[span.start : span.end] = 0
    if places.step is not None:
        mask[places.step.start : places.step.end] = 0x80
    return mask


def _between(places: Places, size: int) -> list[Span]:
    found, at = [], 0
    for span in places.contents:
        if span.end - span.start > LONG:
            found.append(Span(at, span.start))
            at = span.end
    return [*found, Span(at, size)]


def _part_of(value: summary_pb2.Summary.Value, content: bytes) -> Part | None:
    """What stands at a value's content, as the parsed value tells; None if no template can."""
    item = item_of(value)
    if isinstance(item, Scalar):
        dtype = _dtype_of(value, content)
        return None if dtype is None else Number(item.tag, dtype)
    if isinstance(item, Histogram):
        is_tensor = value.WhichOneof("value") == "tensor" and value.tensor.tensor_content == content
        if is_tensor and range_of(value) is not None:
            return Buckets(item.tag, len(content) // 24)
    if isinstance(item, Record) and isinstance(item.content, SampleRecord):
        rows, columns = item.content.values.shape
        if len(content) == 4 * rows * columns > 0:
            return Matrix(item.content.kind, rows, columns)
    return None


def _dtype_of(value: summary_pb2.Summary.Value, content: bytes) -> str | None:
    """How a scalar's bytes are read; None for integers and the like, which are rare."""
    if value.WhichOneof("value") == "simple_value" or value.tensor.dtype == types_pb2.DT_FLOAT:
        return "<f4" if len(content) == 4 else None
    is_double = value.tensor.dtype == types_pb2.DT_DOUBLE and len(content) == 8
    return "<f8" if is_double and value.tensor.tensor_content == content else None
