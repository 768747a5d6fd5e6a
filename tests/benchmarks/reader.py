"""How fast event files are read: this project's reader against TensorBoard's EventAccumulator.

`python tests/benchmarks/reader.py [--events 200000]`. A log of TF2 scalars in four tags, as Keras
writes them, is read by both in turns; the minimum of the CPU seconds of each counts.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tb_zeroacc import records
from tb_zeroacc.logs import read_runs

TAGS = ("epoch_loss", "epoch_accuracy", "epoch_learning_rate", "batch_loss")


def write(directory: Path, events: int) -> None:
    """A log of so many events, one scalar each."""
    writer = EventFileWriter(str(directory), max_queue_size=10_000)
    for n in range(events):
        value = records.scalar_value(TAGS[n % len(TAGS)], 1.0 / (n + 1))
        writer.add_event(records.event(n // len(TAGS), 1.7e9 + n, [value]))
    writer.close()


def ours(directory: Path) -> None:
    """Reads it with this project's reader, up to the finished runs."""
    (run,) = read_runs(str(directory))
    assert len(run.curves) == len(TAGS)


def accumulator(directory: Path) -> None:
    """Reads it with TensorBoard's own, every point kept."""
    found = EventAccumulator(str(directory), size_guidance={"tensors": 0}).Reload()
    assert len(found.Tags()["tensors"]) == len(TAGS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints events a CPU second of both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    readers: dict[str, Callable[[Path], None]] = {"zeroacc": ours, "EventAccumulator": accumulator}
    spent: dict[str, list[float]] = {name: [] for name in readers}
    with tempfile.TemporaryDirectory() as directory:
        write(Path(directory), chosen.events)
        for _ in range(chosen.rounds):
            for name, read in readers.items():
                began = time.process_time()
                read(Path(directory))
                spent[name].append(time.process_time() - began)
    for name, seconds in spent.items():
        print(f"{name:18} {chosen.events / min(seconds):10,.0f} events a CPU second")
    print(f"ratio {min(spent['EventAccumulator']) / min(spent['zeroacc']):.1f}")


if __name__ == "__main__":
    main()
