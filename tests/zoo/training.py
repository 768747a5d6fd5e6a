"""Trains programs of the zoo in a few processes; what was trained before is not trained again."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo.training import begin_quietly
from tb_zeroacc.records import VERSION
from tests.zoo.program import Program, programs

PER_PROCESS = 25  # trainings; TensorFlow keeps what it once traced
STAMP = "trained.txt"  # beside a program's event files: what they were trained from


@dataclass(frozen=True, slots=True)
class Training:
    """One program under one seed.

    Attributes:
        program: The program's name.
        seed: Of Keras, NumPy and TensorFlow.
    """

    program: str
    seed: int

    @property
    def name(self) -> str:
        """Name of its directory and of its archive."""
        return f"{self.program}-{self.seed}"


def stamp_of(program: Program, seed: int) -> str:
    """What a log was trained from: the format's version, the seed and a hash of the program."""
    text = hashlib.sha256(program.source.encode()).hexdigest()[:16]
    return f"format {VERSION} seed {seed} program {text}\n"


def is_trained(training: Training, out: Path) -> bool:
    """Whether a directory holds the log of just this program, whole."""
    stamp = out / training.name / STAMP
    wanted = stamp_of(programs()[training.program], training.seed)
    return stamp.is_file() and stamp.read_text() == wanted


def train(training: Training, out: Path) -> float:
    """Trains one program into `out`/<its name>, and stamps its log when it is whole.

    Returns:
        Seconds.
    """
    import keras

    program = programs()[training.program]
    into = out / training.name
    shutil.rmtree(into, ignore_errors=True)
    keras.backend.clear_session()
    keras.utils.set_random_seed(training.seed)
    began = time.monotonic()
    program.train(into)
    (into / STAMP).write_text(stamp_of(program, training.seed))
    return time.monotonic() - began


def train_all(trainings: Sequence[Training], out: Path, *, jobs: int) -> list[str]:
    """Trains what is not yet trained, with a bar of progress.

    Returns:
        A sentence for every program that failed to run.
    """
    out.mkdir(parents=True, exist_ok=True)
    missing = [training for training in trainings if not is_trained(training, out)]
    failed: list[str] = []
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as said, _bar() as bar:
        task = bar.add_task("training", total=len(missing), program="")
        for start in range(0, len(missing), jobs * PER_PROCESS):
            some = missing[start : start + jobs * PER_PROCESS]
            for training, fault in _train_some(some, out, jobs, said.name):
                bar.update(task, advance=1, program=training.name)
                if fault is not None:
                    failed.append(f"{training.name} failed: {type(fault).__name__}: {fault}")
    return failed


def _train_some(
    trainings: Sequence[Training], out: Path, jobs: int, said: str
) -> Iterator[tuple[Training, BaseException | None]]:
    """Trains in fresh processes; yields each training as it ends, with its fault or None."""
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=begin_quietly, initargs=(said,)
    ) as pool:
        running = {pool.submit(train, training, out): training for training in trainings}
        for future in as_completed(running):
            yield running[future], future.exception()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[program]}"), console=Console(stderr=True),
    )  # fmt: skip


def every(names: Iterable[str], seeds: Iterable[int]) -> list[Training]:
    """All programs of some names under all of some seeds."""
    return [Training(name, seed) for seed in seeds for name in names]
