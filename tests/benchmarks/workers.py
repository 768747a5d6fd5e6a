"""What recording costs each worker of a job: a step with a record ÷ one without.

`python tests/benchmarks/workers.py [--workers 2] [--rounds 10]`. The workers train an MLP
64-128-128-128-128-10 under MultiWorkerMirroredStrategy on this machine. The loops with and without
take turns, so that all meet the same state of it. The first 200 steps of each are left out. The CPU
time is each process's own, so that waiting for the others does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

STEPS = 200  # of a round
WIDTH, CLASSES, BATCH = 64, 10, 64
LIMIT = 1800.0  # seconds


def loop_of(strategy: Any, directory: str | None) -> Callable[[], None]:
    """A loop over so many steps, recorded into a directory or not at all."""
    import keras
    import tensorflow as tf

    from tb_zeroacc import Monitor

    layers = keras.layers
    with strategy.scope():
        hidden = [layers.Dense(128, activation="relu") for _ in range(4)]
        model = keras.Sequential(
            [layers.Input((WIDTH,)), *hidden, layers.Dense(CLASSES, activation="softmax")]
        )
        optimizer = keras.optimizers.Adam()
        optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    monitor: Any = None
    if directory is not None:
        monitor = Monitor(directory, model=model, optimizer=optimizer, loss=loss_of, verbose=0)
        monitor.__enter__()

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = loss_of(y, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        if monitor is not None:
            monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss)
        return loss

    train = tf.function(lambda x, y: strategy.run(step, args=(x, y)))
    x = tf.random.stateless_normal((BATCH, WIDTH), seed=(1, 2))
    y = tf.cast(tf.argmax(x[:, :CLASSES], axis=1), tf.int32)

    def run() -> None:
        for _ in range(STEPS):
            train(x, y)

    return run


def work(rounds: int, directory: str) -> None:
    """One worker: prints its milliseconds a step, CPU and wall, without a record and with one."""
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    loops = [loop_of(strategy, None), loop_of(strategy, directory)]
    spent: list[list[tuple[float, float]]] = [[], []]
    for turn in range(rounds + 1):
        for run, seconds in zip(loops, spent, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            run()
            if turn:
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
                seconds.append((1e3 * cpu / STEPS, 1e3 * wall / STEPS))
    print(json.dumps(spent), flush=True)
    os._exit(0)  # at the end of the interpreter the servers of a cluster may wait for each other


def main() -> None:
    """Prints for each worker the minimum and the median of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--directory", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.directory:
        work(asked.rounds, asked.directory)
        return
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(asked.workers)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, __file__, f"--rounds={asked.rounds}", f"--directory={directory}"]
        processes = []
        for index in range(asked.workers):
            task = {"type": "worker", "index": index}
            config = json.dumps({"cluster": {"worker": addresses}, "task": task})
            processes.append(
                subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                    env={**os.environ, "TF_CONFIG": config},
                )
            )  # fmt: skip
        try:
            told = [process.communicate(timeout=LIMIT)[0] for process in processes]
        finally:
            for process in processes:
                process.kill()
    for index, text in enumerate(told):
        plain, recorded = json.loads(text.splitlines()[-1])
        for name, at in (("CPU", 0), ("wall", 1)):
            without, with_one = ([spent[at] for spent in of] for of in (plain, recorded))
            ratios = [b / a for a, b in zip(without, with_one, strict=True)]
            print(
                f"worker {index} {name}: {min(without):.3f} ms a step without, {min(with_one):.3f} "
                f"with; minima {min(with_one) / min(without):.3f}, median of the rounds' ratios "
                f"{median(ratios):.3f} ({min(ratios):.2f} to {max(ratios):.2f})"
            )


if __name__ == "__main__":
    main()
