"""What `Monitor` costs a loop of one's own: a step with a record ÷ one without.

`python tests/benchmarks/monitor.py [--rounds 20]`. The loops take turns, so that all meet the same
state of the machine. The first 200 steps of each, with the dense first samples, are left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor

STEPS = 200  # of a round
WIDTH, CLASSES, BATCH = 64, 10, 64


def loop(*, in_function: bool, watched: bool) -> Callable[[], None]:
    """A loop over so many steps of an MLP 64-128-128-128-128-10, trained with Adam."""
    layers = keras.layers
    hidden = [layers.Dense(128, activation="relu") for _ in range(4)]
    model = keras.Sequential(
        [layers.Input((WIDTH,)), *hidden, layers.Dense(CLASSES, activation="softmax")]
    )
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    monitor = Monitor(
        tempfile.mkdtemp(), model=model, optimizer=optimizer, loss=loss_of, verbose=0
    )

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = loss_of(y, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        if watched:
            monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss)

    taken = tf.function(step) if in_function else step
    if watched:
        monitor.__enter__()
    x = tf.random.normal((BATCH, WIDTH), seed=1)
    y = tf.cast(tf.argmax(x[:, :CLASSES], axis=1), tf.int32)

    def run() -> None:
        for _ in range(STEPS):
            taken(x, y)

    return run


def main() -> None:
    """Prints milliseconds of CPU time a step, and the ratio; minima and medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    for name, in_function in (("in a tf.function", True), ("in eager code", False)):
        loops = [loop(in_function=in_function, watched=watched) for watched in (False, True)]
        spent: list[list[float]] = [[], []]
        for turn in range(rounds + 1):
            for run, seconds in zip(loops, spent, strict=True):
                start = time.process_time()
                run()
                if turn:
                    seconds.append(1e3 * (time.process_time() - start) / STEPS)
        plain, recorded = spent
        print(
            f"{name}: {min(plain):.2f} ms without, {min(recorded) / min(plain):.2f} "
            f"({np.median(recorded) / np.median(plain):.2f}) with a record",
            flush=True,
        )


if __name__ == "__main__":
    main()
