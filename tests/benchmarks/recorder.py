"""What recording costs: training with the callback ÷ training without one.

`python tests/benchmarks/recorder.py [--part steps first growth] [--epochs 24]`.

steps   For each model one `fit` a way of watching runs in a thread of its own; they take turns
        epoch by epoch, so that all meet the same state of the machine. The minimum over epochs
        counts: other programs only ever add. The epochs that hold the dense first steps are left
        out. Bytes are those of the log after all epochs.
first   CPU seconds of the first `fit`'s first step, each in a process of its own.
growth  The first part for chains of 10 to 200 layers.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
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
import tensorflow as tf

from tb_zeroacc import ZeroAccuracyCallback, facts, records

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


def thin(depth: int, width: int = 16) -> keras.Model:
    """Many small layers: Dense ReLU blocks, each added to what goes into it."""
    inputs = x = layers.Input((width,))
    start = keras.initializers.RandomNormal(stddev=0.02)  # the sum of many stays small
    for _ in range(depth // 2 - 1):
        added = layers.Dense(width, activation="relu", kernel_initializer=start)(x)
        x = layers.Add()([x, added])
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def resnet() -> keras.Model:
    """Six blocks of two convolutions with batch normalisation on 16 x 16 x 3, 16 to 64 filters."""
    inputs = layers.Input((16, 16, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    for filters, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        left = layers.ReLU()(layers.BatchNormalization()(x))
        right = layers.Conv2D(filters, 1, stride, use_bias=False)(left) if stride > 1 else x
        left = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(left)
        left = layers.ReLU()(layers.BatchNormalization()(left))
        left = layers.Conv2D(filters, 3, padding="same", use_bias=False)(left)
        x = layers.Add()([left, right])
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def transformer() -> keras.Model:
    """Two blocks of four heads and 64 features over 20 steps of 16 features."""
    inputs = layers.Input((20, 16))
    x = layers.Dense(64)(inputs)
    for _ in range(2):
        normal = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(4, 16)(normal, normal)])
        normal = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.Dense(64)(layers.Dense(128, activation="relu")(normal))])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "MLP": mlp, "CNN": cnn, "tiny MLP": tiny, "LSTM": lstm,
    "40 thin": functools.partial(thin, 40), "300 thin": functools.partial(thin, 300),
    "ResNet": resnet, "transformer": transformer,
}  # fmt: skip


def chain(depth: int, width: int = 64) -> keras.Model:
    """Dense ReLU layers of one width."""
    hidden = [layers.Dense(width, activation="relu") for _ in range(depth - 1)]
    return keras.Sequential(
        [layers.Input((width,)), *hidden, layers.Dense(10, activation="softmax")]
    )


def nothing(directory: Path) -> list[Any]:
    """No callback."""
    return []


def ours(**options: Any) -> Callable[[Path], list[Any]]:
    """Our callback."""
    return lambda directory: [ZeroAccuracyCallback(directory, verbose=0, **options)]


def tensorboard(directory: Path) -> list[Any]:
    """The callback of Keras."""
    return [keras.callbacks.TensorBoard(directory, histogram_freq=1, update_freq="batch")]


def debugger(mode: str) -> Callable[[Path], list[Any]]:
    """TensorFlow's Debugger V2, which watches what the thread that asks for it traces."""

    def enable(directory: Path) -> list[Any]:
        tf.debugging.experimental.enable_dump_debug_info(
            str(directory), tensor_debug_mode=mode, circular_buffer_size=-1
        )
        return []

    return enable


PLAIN = "no callback"
WAYS: dict[str, Callable[[Path], list[Any]]] = {
    PLAIN: nothing,
    "default": ours(),
    "every=1": ours(every=1),
    "keras.TensorBoard": tensorboard,
    "CURT_HEALTH": debugger("CURT_HEALTH"),
    "FULL_HEALTH": debugger("FULL_HEALTH"),
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


@dataclass(frozen=True)
class Watched:
    """One way of watching, measured: its clock, the bytes of its log, and of a row of a table."""

    clock: Clock
    size: int
    row: float


def measured(build: Callable[[], keras.Model], ways: list[str], epochs: int) -> dict[str, Watched]:
    """Trains one model in every way, in turns."""
    turns = Turns(list(ways))
    clocks = {name: Clock(name, turns) for name in ways}
    with tempfile.TemporaryDirectory() as directory:

        def train(name: str, log_dir: Path) -> None:
            turns.take(name)
            try:
                callbacks = WAYS[name](log_dir)
                keras.utils.set_random_seed(0)
                model = build()
                model.compile("adam", "sparse_categorical_crossentropy")
                x, y = data_for(model)
                watching = [clocks[name], *callbacks]
                model.fit(x, y, batch_size=BATCH, epochs=epochs + 1, verbose=0, callbacks=watching)
            finally:
                turns.pass_on(for_good=True)

        directories = {name: Path(directory) / name.replace("=", "") for name in ways}
        threads = [threading.Thread(target=train, args=entry) for entry in directories.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {n: Watched(clocks[n], size_of(d), row_of(d)) for n, d in directories.items()}


def data_for(model: keras.Model) -> tuple[Any, Any]:
    """An epoch of noise."""
    shape = (STEPS * BATCH, *model.input_shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    return x, np.random.default_rng(1).integers(0, 10, STEPS * BATCH)


def size_of(directory: Path) -> int:
    """Bytes of all files below a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def row_of(directory: Path) -> float:
    """Bytes on disk for a row of our tables; association and class counts do not count."""
    counted = set(facts.COLUMNS) - {facts.PIPELINE_TABLE}
    size = rows = 0
    for path in directory.rglob("*.zeroacc"):
        for raw in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            for value in records.values_of(tf.compat.v1.Event.FromString(raw)):
                found = records.decode(value) if records.is_record(value.tag) else None
                if isinstance(found, records.SampleRecord) and found.kind in counted:
                    size += value.ByteSize()
                    rows += len(found.values)
    return size / rows if rows else float("nan")


def print_steps(title: str, build: Callable[[], keras.Model], ways: list[str], epochs: int) -> None:
    """A line for each way."""
    found = measured(build, ways, epochs)
    plain = found[PLAIN].clock
    for way, watched in found.items():
        cpu, wall = watched.clock.cpu[SKIPPED:], watched.clock.wall[SKIPPED:]
        if not cpu:
            print(f"{title:11} {way:18} failed", flush=True)
            continue
        print(
            f"{title:11} {way:18} {1000 * min(wall) / STEPS:9.2f} "
            f"{min(cpu) / min(plain.cpu[SKIPPED:]):8.3f} "
            f"{np.median(cpu) / np.median(plain.cpu[SKIPPED:]):7.3f} "
            f"{min(wall) / min(plain.wall[SKIPPED:]):9.3f} "
            f"{np.median(wall) / np.median(plain.wall[SKIPPED:]):7.3f} "
            f"{watched.size / (epochs + 1) / STEPS:15.1f} {watched.row:11.1f}",
            flush=True,
        )


HEADER = (
    f"{'model':11} {'way':18} {'ms a step':>9} {'CPU min':>8} {'median':>7} {'wall min':>9} "
    f"{'median':>7} {'kB a 1000 steps':>15} {'bytes a row':>11}"
)


class FirstStep(keras.callbacks.Callback):
    """Prints the CPU seconds from the beginning of `fit` to the end of its first step."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            print(time.process_time() - self.began, flush=True)
            self.model.stop_training = True

    began = 0.0


def first_step(depth: int, way: str) -> None:
    """Trains one step of a chain."""
    model = chain(depth)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = data_for(model)
    with tempfile.TemporaryDirectory() as directory:
        watching = [*WAYS[way](Path(directory)), FirstStep()]
        watching[-1].began = time.process_time()
        model.fit(x, y, batch_size=BATCH, verbose=0, callbacks=watching)


def print_first(rounds: int = 3) -> None:
    """The least of some rounds, each step in a process of its own, one way after the other."""
    print(f"{'layers':>6} {'way':18} {'CPU s, first step':>17} {'ratio':>6}")
    for depth in (4, 50):
        least: dict[str, float] = {}
        for _ in range(rounds):
            for way in (PLAIN, "default"):
                command = [sys.executable, __file__, "--first-step", str(depth), way]
                ran = subprocess.run(command, capture_output=True, text=True, check=True)
                seconds = float(ran.stdout.split()[-1])
                least[way] = min(seconds, least.get(way, seconds))
        for way, seconds in least.items():
            print(f"{depth:6} {way:18} {seconds:17.2f} {seconds / least[PLAIN]:6.2f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = ["steps", "first", "growth"]
    parser.add_argument("--part", nargs="+", choices=parts, default=parts)
    parser.add_argument("--epochs", type=int, default=24, help="of 60 steps each (default: 24)")
    parser.add_argument("--only", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--first-step", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.first_step:
        first_step(int(chosen.first_step[0]), chosen.first_step[1])
        return
    ways = [PLAIN, *(way for way in chosen.ways if way != PLAIN)]
    if "steps" in chosen.part:
        print(HEADER)
        for name in chosen.only:
            print_steps(name, MODELS[name], ways, chosen.epochs)
    if "first" in chosen.part:
        print_first()
    if "growth" in chosen.part:
        print(HEADER)
        for depth in (10, 50, 200):
            few = [way for way in ways if way in (PLAIN, "default", "every=1")]
            build = functools.partial(chain, depth)
            print_steps(f"{depth} layers", build, few, min(chosen.epochs, 16))


if __name__ == "__main__":
    main()
