"""Event files for tests, framed as TFRecord without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from tensorboard.compat.proto import event_pb2

from tb_zeroacc import records
from tb_zeroacc.logs.framing import masked_crc


def frame(payload: bytes) -> bytes:
    """One record: length, its checksum, payload, its checksum."""
    length = struct.pack("<Q", len(payload))
    return (
        length
        + struct.pack("<I", masked_crc(length))
        + payload
        + struct.pack("<I", masked_crc(payload))
    )


def write_events(path: Path, events: Iterable[event_pb2.Event]) -> None:
    """Writes a whole event file, header first; makes the directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    messages = [records.header_event(0.0), *events]
    path.write_bytes(b"".join(frame(message.SerializeToString()) for message in messages))
