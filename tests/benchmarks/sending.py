"""What a sample costs the training that writes it: into a local file, and to S3 in its moods.

`python tests/benchmarks/sending.py [SAMPLES]` prints microseconds a sample. The server that answers
runs in this process, so that its own work is part of the figure; the other one never answers. Then
what it costs to read such a record in many segments, and to read it again when one is added.
"""

from __future__ import annotations

import logging
import socket
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from tb_zeroacc import facts
from tb_zeroacc.logs.reader import LogReader
from tb_zeroacc.recording.event_log import SessionLog
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.sending import sender, spool
from tb_zeroacc.records import Layout
from tests.s3_server import serving

ROWS = tuple(f"layer_{n}/kernel" for n in range(50))
LAYOUT = Layout("weights", ROWS, facts.COLUMNS["weights"])


def measured(log: SessionLog, samples: int, pause: float = 0.001) -> list[float]:
    """Microseconds of each sample."""
    log.fact(0, facts.Start("token", time.time(), "benchmark", None))
    values = np.ones((len(ROWS), len(LAYOUT.columns)), np.float32)
    took = []
    for step in range(samples):
        start = time.perf_counter()
        log.sample(step, [(LAYOUT, values)], [("zeroacc/loss", 1.0)])
        took.append(1e6 * (time.perf_counter() - start))
        time.sleep(pause)  # training goes on
    log.fact(samples, facts.End("finished", samples))
    return took


def read(directory: str, size: int, samples: int) -> None:
    """Prints CPU seconds of reading a record, and of reading it again when it has grown."""
    spool.SEGMENT_BYTES = size
    log = SessionLog(directory, Guard())
    measured(log, samples, pause=0.0)
    reader = LogReader(log.here)

    def refreshed() -> float:
        start = time.process_time()
        reader.refresh()
        reader.runs()
        return time.process_time() - start

    first = refreshed()
    log.fact(samples, facts.Epoch(0, samples, 1.0, {"loss": 1.0}))
    files = len(list(Path(log.here).iterdir()))
    print(f"{files:5} files: first reading {first:.3f} s, the next one {refreshed():.3f} s")


def main(samples: int) -> None:
    """Prints a line a place, and one a size of segments."""
    logging.disable()
    warnings.simplefilter("ignore")
    sender.LAST_WAIT = 2.0
    with serving() as server, pytest.MonkeyPatch.context() as patch, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server.environment(patch)
        there = f"{server.bucket().url}/run/zeroacc"
        for name, place in {
            "local": tempfile.mkdtemp(), "s3, answers": there, "s3, never answers": there,
        }.items():  # fmt: skip
            if "never" in name:
                patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
            took = np.array(measured(SessionLog(place, Guard()), samples))
            median, late = np.percentile(took, [50, 99])
            print(f"{name:18} median {median:6.0f}  99 % {late:6.0f}  most {took.max():6.0f}")
    read(tempfile.mkdtemp(), 0, samples)
    for size in (2**20, 100_000, 10_000):
        read(f"memory://{size}/zeroacc", size, samples)


if __name__ == "__main__":
    main(int((*sys.argv, 3000)[1]))
