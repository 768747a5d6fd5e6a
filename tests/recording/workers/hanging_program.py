"""One of several workers in step, whose clocks run fast: `... DIRECTORY`, numbered by RANK.

Behind each step it says so and waits for a word, as for a reduction that all have to enter.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from tb_zeroacc.recording.workers import signs_of_life
from tests.recording.numpy_training import CLASSES, FEATURES, Training

BATCH, FASTER = 32, 500.0
_TIME, _MONOTONIC, _BEGIN = time.time, time.monotonic, time.monotonic()


def main(directory: str) -> None:
    """Trains as long as it is told to go on."""
    time.time = lambda: _TIME() + (FASTER - 1) * (_MONOTONIC() - _BEGIN)
    time.monotonic = lambda: _BEGIN + FASTER * (_MONOTONIC() - _BEGIN)
    signs_of_life.PAUSE /= FASTER
    rng = np.random.default_rng(0)
    training = Training(directory, 0.3)
    training.session.resume()
    while True:
        x = rng.normal(size=(BATCH, FEATURES)).astype(np.float32)
        training.step(x, np.arange(BATCH, dtype=np.int32) % CLASSES)
        print("waits", flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main(sys.argv[1])
