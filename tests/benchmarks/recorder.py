"""What recording costs: training with the callback ÷ training without one.

`python tests/benchmarks/recorder.py [--epochs 24]`. For each model one `fit` a way of watching runs
in a thread of its own; they take turns epoch by epoch, so that all meet the same state of the
machine. The minimum over epochs counts: other programs only ever add. The epochs that hold the
dense first steps are left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

from tb_zeroacc import ZeroAccuracyCallback

STEPS = 60  # an epoch
BATCH = 64
SKIPPED = 2  # epochs: tracing, and the first 20 steps
layers = keras.layers


def mlp() -> keras.Model:
    """256-512-512-10."""
    return keras.Sequential(
        [
            layers.Input((256,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def cnn() -> keras.Model:
    """Two convolutions on 32 x 32 x 3."""
    return keras.Sequential(
        [
            layers.Input((32, 32, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def tiny() -> keras.Model:
    """16-32-10: a step of about a millisecond."""
    return keras.Sequential(
        [
            layers.Input((16,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def lstm() -> keras.Model:
    """Two layers of 64 over 20 steps of 16 features."""
    return keras.Sequential(
        [
            layers.Input((20, 16)),
            layers.LSTM(64, return_sequences=True),
            layers.LSTM(64),
            layers.Dense(10, activation="softmax"),
        ]
    )


MODELS: dict[str, Callable[[], keras.Model]] = {
    "MLP": mlp, "CNN": cnn, "tiny MLP": tiny, "LSTM": lstm,
}  # fmt: skip
PLAIN = "no callback"
WAYS: dict[str, Callable[[Path], list[Any]]] = {
    PLAIN: lambda _: [],
    "default": lambda directory: [ZeroAccuracyCallback(directory, verbose=0)],
    "every=1": lambda directory: [ZeroAccuracyCallback(directory, every=1, verbose=0)],
    "keras.TensorBoard": lambda directory: [
        keras.callbacks.TensorBoard(directory, histogram_freq=1, update_freq="batch")
    ],
}


@dataclass
class Turns:
    """Lets one thread after another run an epoch."""

    names: list[str]
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, name: str) -> None:
        """Waits until it is this one's turn."""
        with self._changed:
            self._changed.wait_for(lambda: self.names[0] == name)

    def pass_on(self, *, for_good: bool = False) -> None:
        """Lets the next one run; `for_good` leaves the circle."""
        with self._changed:
            name = self.names.pop(0)
            if not for_good:
                self.names.append(name)
            self._changed.notify_all()


class Clock(keras.callbacks.Callback):
    """Takes an epoch's CPU and wall seconds, callbacks included, while no other thread runs."""

    def __init__(self, name: str, turns: Turns) -> None:
        super().__init__()
        self._name, self._turns = name, turns
        self._ready = False
        self.cpu: list[float] = []
        self.wall: list[float] = []
        self._began = (0.0, 0.0)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._ready:  # the epoch before this one ends here, after everyone's `on_epoch_end`
            self.cpu.append(time.process_time() - self._began[0])
            self.wall.append(time.perf_counter() - self._began[1])
            self._turns.pass_on()
            self._turns.take(self._name)
        self._ready = True
        self._began = (time.process_time(), time.perf_counter())


def measured(build: Callable[[], keras.Model], epochs: int) -> dict[str, Clock]:
    """Trains one model in every way, in turns; the clock of each."""
    turns = Turns(list(WAYS))
    clocks = {name: Clock(name, turns) for name in WAYS}
    with tempfile.TemporaryDirectory() as directory:
        runs = []
        for name, callbacks in WAYS.items():
            keras.utils.set_random_seed(0)
            model = build()
            model.compile("adam", "sparse_categorical_crossentropy")
            shape = (STEPS * BATCH, *model.input_shape[1:])
            x = np.random.default_rng(0).normal(size=shape).astype("float32")
            y = np.random.default_rng(1).integers(0, 10, STEPS * BATCH)
            watched = [clocks[name], *callbacks(Path(directory) / name.replace("=", ""))]
            runs.append((name, model, x, y, watched))

        def train(name: str, model: keras.Model, x: Any, y: Any, watched: list[Any]) -> None:
            turns.take(name)
            try:
                model.fit(x, y, batch_size=BATCH, epochs=epochs + 1, verbose=0, callbacks=watched)
            finally:
                turns.pass_on(for_good=True)

        threads = [threading.Thread(target=train, args=run) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return clocks


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=24, help="of 60 steps each (default: 24)")
    parser.add_argument("--only", nargs="+", choices=list(MODELS), default=list(MODELS))
    chosen = parser.parse_args(arguments)
    print(f"{'model':10} {'way':18} {'ms a step':>9} {'CPU min':>8} {'median':>7} {'wall min':>9}")
    for name in chosen.only:
        clocks = measured(MODELS[name], chosen.epochs)
        plain = clocks[PLAIN]
        for way, clock in clocks.items():
            cpu, wall = clock.cpu[SKIPPED:], clock.wall[SKIPPED:]
            print(
                f"{name:10} {way:18} {1000 * min(wall) / STEPS:9.2f} "
                f"{min(cpu) / min(plain.cpu[SKIPPED:]):8.3f} "
                f"{np.median(cpu) / np.median(plain.cpu[SKIPPED:]):7.3f} "
                f"{min(wall) / min(plain.wall[SKIPPED:]):9.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
