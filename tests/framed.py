"""Event files for tests, framed as TFRecord without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tensorboard.compat.proto import event_pb2

from tb_zeroacc import records
from tb_zeroacc.tfrecord import framed


def write_events(path: Path, events: Iterable[event_pb2.Event]) -> None:
    """Writes a whole event file, header first; makes the directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    messages = [records.header_event(0.0), *events]
    path.write_bytes(b"".join(framed(message.SerializeToString()) for message in messages))
