"""Where the parts of an event lie among its bytes.

Only events of time, step and values are walked through, and only values of a tag, a number or a
tensor, and metadata. For any other, and for one that says something twice, there are no places.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Some bytes of a payload."""

    start: int
    end: int


class Places(NamedTuple):
    """Where an event's parts lie.

    Attributes:
        time: The eight bytes of its wall time; None where it has none.
        step: The bytes of its step; None where it has none.
        contents: Of each value its number, or what its tensor holds.
    """

    time: Span | None
    step: Span | None
    contents: tuple[Span, ...]


class _UnknownError(Exception):
    pass


# Keys of fields: number << 3 | type of the wire.
_TIME, _STEP, _SUMMARY, _VALUE = 0x09, 0x10, 0x2A, 0x0A
_TAG, _SIMPLE, _TENSOR, _METADATA = 0x0A, 0x15, 0x42, 0x4A
_DTYPE, _SHAPE, _CONTENT, _FLOATS = 0x08, 0x12, 0x22, 0x2A
LONGEST_STEP = 8  # bytes; more are steps beyond 2 ** 56, or below zero


def places_of(payload: bytes) -> Places | None:
    """The places of a payload that is an event; None where it has another shape."""
    try:
        fields = _fields(payload, Span(0, len(payload)), {_TIME, _STEP, _SUMMARY})
        summary = fields.get(_SUMMARY)
        if summary is None:
            return None
        step = fields.get(_STEP)
        if step is not None and step.end - step.start > LONGEST_STEP:
            return None
        return Places(fields.get(_TIME), step, tuple(_contents(payload, summary)))
    except (_UnknownError, IndexError):
        return None


def _contents(payload: bytes, summary: Span) -> list[Span]:
    at, found = summary.start, []
    while at < summary.end:
        if payload[at] != _VALUE:
            raise _UnknownError
        length, at = _varint(payload, at + 1)
        fields = _fields(payload, Span(at, at + length), {_TAG, _SIMPLE, _TENSOR, _METADATA})
        held = [fields[key] for key in (_SIMPLE, _TENSOR) if key in fields]
        if len(held) != 1:
            raise _UnknownError
        if _TENSOR in fields:
            inner = _fields(payload, held[0], {_DTYPE, _SHAPE, _CONTENT, _FLOATS})
            held = [inner[key] for key in (_CONTENT, _FLOATS) if key in inner]
            if len(held) != 1:
                raise _UnknownError
        found += held
        at += length
    return found


def _fields(payload: bytes, within: Span, known: set[int]) -> dict[int, Span]:
    """Where the content of each field of a message lies, by its key."""
    at, found = within.start, {}
    while at < within.end:
        key, at = _varint(payload, at)
        if key not in known or key in found:
            raise _UnknownError
        kind = key & 7
        length = {1: 8, 5: 4}.get(kind, 0)
        if kind == 0:
            _, end = _varint(payload, at)
            length = end - at
        elif kind == 2:
            length, at = _varint(payload, at)
        found[key] = Span(at, at + length)
        at += length
    if at != within.end:
        raise _UnknownError
    return found


def _varint(payload: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    number = shift = 0
    while True:
        byte = payload[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
