"""Trains the programs of the demo in two processes, quietly."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from demo.case import MENDED, load, program_of

WORKERS = 2
# One thread each is fastest for such small nets.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_NUM_INTRAOP_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
}


def train_all(programs: Sequence[str], out: Path, seed: int) -> bool:
    """Trains every program into `out`/<its name>, and prints a line a program.

    Returns:
        True where one of them failed otherwise than its case says.
    """
    out.mkdir(parents=True, exist_ok=True)
    failed = False
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as said:
        with ProcessPoolExecutor(
            WORKERS, get_context("spawn"), initializer=begin_quietly, initargs=(said.name,)
        ) as pool:
            running = {pool.submit(train, program, out, seed): program for program in programs}
            for future in as_completed(running):
                failed |= _say(running[future], future)
        lost = {line for line in said.read().splitlines() if "Zero Accuracy no longer" in line}
        for line in sorted(lost):  # a part of the recorder turned itself off
            print(f"  {line}", file=sys.stderr)
    return failed


def train(program: str, out: Path, seed: int) -> tuple[float, str]:
    """Trains one program.

    Args:
        program: A case's name, followed by `MENDED` for its twin.
        out: The log directory; the program's own lies in it under its name.
        seed: Of Keras, NumPy, TensorFlow and the data.

    Returns:
        Seconds, and the sentence of the exception that was expected to end it, or "".
    """
    import keras

    expected = None if program.endswith(MENDED) else load(program).raises
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    began = time.monotonic()
    ended = ""
    try:
        program_of(program)(str(out / program), seed)
    except Exception as error:
        if type(error).__name__ != expected:
            raise
        ended = f"{expected}: {str(error).splitlines()[0]}"
    if expected and not ended:
        raise AssertionError(f"{program} was expected to end with {expected}")
    return time.monotonic() - began, ended


def begin_quietly(said: str) -> None:
    """Begins a worker: what Keras, TensorFlow and the callback say goes into a file."""
    os.environ.update(QUIET)
    to = os.open(said, os.O_WRONLY | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(to, stream.fileno())
    # The faulty programs earn these warnings.
    warnings.filterwarnings("ignore", category=UserWarning, module="keras")


def _say(program: str, future: Future[tuple[float, str]]) -> bool:
    error = future.exception()
    if error is not None:
        print(f"  {program} failed: {type(error).__name__}: {error}", flush=True)
        return True
    seconds, sentence = future.result()
    ended = f", ended as expected with {sentence[:90]}" if sentence else ""
    print(f"  {program} ({seconds:.1f} s){ended}", flush=True)
    return False
