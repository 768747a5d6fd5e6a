"""Arguments that the callback and `Monitor` share, checked while the user still looks."""

from __future__ import annotations

import importlib.util
import os
from math import isfinite
from numbers import Real
from typing import Literal, TypeAlias, cast, get_args

OnDefinite: TypeAlias = Literal["warn", "raise", "stop"]

WRITER = "tensorboard.summary.Writer(LOGDIR).add_scalar('epoch_loss', loss, epoch)"


def directory_of(log_dir: object) -> str:
    """The directory to record into as the user wrote it, but for `~`, which is resolved.

    Raises:
        ValueError: It is no path.
    """
    if not isinstance(log_dir, str | os.PathLike) or not os.fspath(log_dir):
        raise ValueError(
            "`log_dir` must be the directory to record into, such as 'logs/first'. "
            f"Received: log_dir={log_dir!r}."
        )
    return os.path.expanduser(os.fspath(log_dir))  # noqa: PTH111 (it may be `gs://..`)


def absolute(directory: str) -> str:
    """A directory that is the same wherever the program goes; a URL (`gs://..`) as it is."""
    return directory if "://" in directory else os.path.abspath(directory)  # noqa: PTH100


def steps_between(every: object) -> int | None:
    """The training steps between two samples; None for as many as the budget allows.

    Raises:
        ValueError: It is neither None nor a whole number from 1 on.
    """
    if every is None:
        return None
    steps = _whole(every)
    if steps is None or steps < 1:
        raise ValueError(
            "`every` must be a whole number of steps, at least 1, or None. "
            f"Received: every={every!r}."
        )
    return steps


def place_of_worker(worker: object, workers: object) -> tuple[int | None, int | None]:
    """The number of this process and how many there are, each None where it is not said.

    Raises:
        ValueError: They are no such numbers.
    """
    if worker is None and workers is None:
        return None, None
    number, count = _whole(worker), _whole(workers)
    if number is None or number < 0 or (workers is not None and count is None):
        raise ValueError(
            "`worker` must be a whole number from 0 on, and `workers` how many there are, or None. "
            f"Received: worker={worker!r}, workers={workers!r}."
        )
    if count is not None and number >= count:
        raise ValueError(
            "`worker` counts from 0, so it must be less than `workers`. "
            f"Received: worker={worker!r}, workers={workers!r}."
        )
    return number, count


def choice_on_definite(on_definite: object) -> OnDefinite:
    """What a definite finding does to training.

    Raises:
        ValueError: It is none of the three.
    """
    if on_definite not in get_args(OnDefinite):
        raise ValueError(
            "`on_definite` must be 'warn', 'raise' or 'stop'. "
            f"Received: on_definite={on_definite!r}."
        )
    return cast("OnDefinite", on_definite)


def share_of_time(budget: object) -> float:
    """The share of the training time that sampling may cost.

    Raises:
        ValueError: It is no number over 0 and at most 1.
    """
    if isinstance(budget, bool) or not isinstance(budget, Real) or not 0.0 < float(budget) <= 1.0:
        raise ValueError(
            "`budget` must be a share of the training time, over 0 and at most 1. "
            f"Received: budget={budget!r}."
        )
    return float(budget)


def require_tensorflow(name: str, backend: str) -> None:
    """Sees to it that Keras runs on TensorFlow.

    Raises:
        ValueError: Keras runs on another backend.
    """
    if backend != "tensorflow":
        # Keras' own callback writes with TensorFlow on every backend.
        has_tensorflow = importlib.util.find_spec("tensorflow") is not None
        logs = "keras.callbacks.TensorBoard(LOGDIR)" if has_tensorflow else WRITER
        raise ValueError(
            f"{name} records Keras on TensorFlow only, and Keras runs on {backend!r}: "
            "set KERAS_BACKEND=tensorflow before importing keras, or log with "
            f"{logs} and ask `zeroacc diagnose LOGDIR`."
        )


def _whole(given: object) -> int | None:
    """A whole number, of whatever type but a boolean; None for anything else."""
    if isinstance(given, bool) or not isinstance(given, Real):
        return None
    number = float(given)
    return int(number) if isfinite(number) and number == int(number) else None
