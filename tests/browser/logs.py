"""Small logs as a training would leave them, written without one."""

from __future__ import annotations

import math
import time
from pathlib import Path

from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tb_zeroacc import records

LONG_AGO = 3600.0  # seconds: no clock takes it for a running training


def write_scalars(directory: Path, curves: dict[str, list[float]]) -> None:
    """Writes curves whose values stand at steps 0, 1, 2, ..."""
    writer = EventFileWriter(str(directory))
    begin = time.time() - LONG_AGO
    for tag, values in curves.items():
        for step, value in enumerate(values):
            value_of = records.scalar_value(tag, value)
            writer.add_event(records.event(step, begin + step, [value_of]))
    writer.close()


def diverging(directory: Path) -> None:
    """A training whose loss becomes NaN, logged by Keras' own callback alone."""
    loss = [2.3 * 3**n for n in range(12)] + [math.nan] * 8
    write_scalars(directory / "train", {"epoch_loss": loss, "epoch_accuracy": [0.1] * 20})


def healthy(directory: Path) -> None:
    """A training that learns, logged by Keras' own callback alone."""
    loss = [2.3 * math.exp(-n / 4) + 0.05 for n in range(20)]
    accuracy = [1 - 0.9 * math.exp(-n / 4) for n in range(20)]
    write_scalars(directory / "train", {"epoch_loss": loss, "epoch_accuracy": accuracy})
