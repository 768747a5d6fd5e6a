"""One of several processes that a launcher numbers by RANK: `... DIRECTORY STEPS PAUSE`.

Softmax regression on a shard of its own, without any framework. Says `begun` once its record holds
some steps, and pauses there.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from tb_zeroacc import facts
from tests.recording.numpy_training import CLASSES, FEATURES, Training

BATCH, SOME = 32, 5


def main(directory: str, steps: int, pause: float) -> None:
    """Trains so many steps."""
    kernel = np.random.default_rng(0).normal(size=(FEATURES, CLASSES))
    rng = np.random.default_rng(1 + int(os.environ["RANK"]))
    training = Training(directory, 0.3)
    for step in range(steps):
        x = rng.normal(size=(BATCH, FEATURES)).astype(np.float32)
        training.step(x, (x @ kernel).argmax(axis=1).astype(np.int32))
        if step == SOME:
            print("begun", flush=True)
            time.sleep(pause)
    training.session.fact(steps, facts.End("finished", steps))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
