"""A job of several workers without any framework, recorded: each has a shard, and they average.

All workers live in this process, one after the other in each step, each with its own clock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np

from tb_zeroacc import facts
from tests.recording.numpy_training import CLASSES, FEATURES, Training

BEGIN = 1_760_000_000.0  # seconds since 1970
BATCH = 32
STEP = 0.05  # seconds


@dataclass
class Clock:
    """A machine's clock: `ahead` seconds ahead, moved on by hand."""

    ahead: float = 0.0
    now: float = 0.0

    def time(self) -> float:
        return BEGIN + self.now + self.ahead

    def perf_counter(self) -> float:
        return self.now

    @contextmanager
    def running(self) -> Iterator[None]:
        with patch("time.time", self.time), patch("time.perf_counter", self.perf_counter):
            yield


Spoil = Callable[[Any, Any, int], tuple[Any, Any]]  # inputs, labels and step to others


@dataclass
class Plan:
    """What one worker does otherwise than its peers.

    Attributes:
        ahead: Seconds by which its clock is.
        spoil: What becomes of its batches.
        dies_after: Steps after which it writes nothing any more.
        seconds: Of a step, where the workers do not wait for each other.
        waits: Seconds of a step that it waits for data.
        own_rate: Learning rate that it takes its own, unreduced gradients with; None for none.
    """

    ahead: float = 0.0
    spoil: Spoil = field(default=lambda x, y, step: (x, y))
    dies_after: int | None = None
    seconds: float = STEP
    waits: float = 0.0
    own_rate: float | None = None


def config(worker: int, workers: int) -> str:
    """TF_CONFIG of one worker."""
    cluster = {"worker": [f"m{n}:1" for n in range(workers)]}
    return json.dumps({"cluster": cluster, "task": {"type": "worker", "index": worker}})


def train_job(
    directories: Sequence[str],
    plans: dict[int, Plan] | None = None,
    *,
    seed: int = 0,
    steps: int = 80,
    begin: float = 0.0,
    rate: float = 0.5,
    is_told: bool = True,
    ends: bool = True,
) -> None:
    """Trains a job, each worker with its own directory (the same one for those that are told).

    Args:
        directories: Of each worker.
        plans: What workers do otherwise, by number.
        seed: Of the data.
        steps: How many.
        begin: Seconds after `BEGIN`.
        rate: Learning rate.
        is_told: Whether the workers know of each other, and write sub-directories of their own.
        ends: Whether the training comes to its end.
    """
    plans = plans or {}
    many = len(directories)
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(FEATURES, CLASSES)).astype(np.float32)
    clocks, trainings = [], []
    for worker, directory in enumerate(directories):
        plan = plans.get(worker, Plan())
        clock = Clock(plan.ahead, begin)
        told = {"TF_CONFIG": config(worker, many)} if is_told else {}
        with patch.dict(os.environ, told), clock.running():
            training = Training(directory, rate)
            training.steps.schedule._every = 2  # type: ignore[attr-defined]
        clocks.append(clock)
        trainings.append(training)
    shards = [np.random.default_rng((seed, worker)) for worker in range(many)]
    epoch = max(1, steps // 4)
    for step in range(steps):
        passes: dict[int, Any] = {}
        for worker, training in enumerate(trainings):
            plan = plans.get(worker, Plan())
            if plan.dies_after is not None and step >= plan.dies_after:
                continue
            x = shards[worker].normal(size=(BATCH, FEATURES)).astype(np.float32)
            x, y = plan.spoil(x, (x @ true).argmax(axis=1), step)
            clocks[worker].now += plan.seconds
            with clocks[worker].running():
                passes[worker] = training.look(x, y)
        mean = [np.mean([p.gradients[i] for p in passes.values()], axis=0) for i in range(2)]
        for worker, passed in passes.items():
            plan, training = plans.get(worker, Plan()), trainings[worker]
            own = plan.own_rate
            with clocks[worker].running():
                scaled = [np.float32(own or 0.0) * g for g in passed.gradients]
                training.update(passed, mean if own is None else scaled)
                if (step + 1) % epoch == 0:
                    logs = {"loss": passed.loss, "accuracy": passed.accuracy}
                    training.steps.end_epoch(logs, rate, trained=True)
    for worker in passes if ends else ():
        taken = trainings[worker].steps.steps
        with clocks[worker].running():
            trainings[worker].session.fact(taken, facts.End("finished", taken))
