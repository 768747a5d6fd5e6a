"""The processes that train together: what they are called, and which of them train."""

from __future__ import annotations

import re
from typing import NamedTuple

# The tasks of a cluster as TensorFlow's TF_CONFIG names them, chiefs first; PyTorch counts ranks,
# and others one process a host.
TASKS = ("chief", "master", "worker", "rank", "host", "evaluator", "ps")
ASIDE = frozenset({"evaluator", "ps"})  # tasks that take part and do not train
_ALONE = frozenset({"chief", "master", "evaluator"})  # of which there is often one, without number
_NAME = re.compile(rf"({'|'.join(TASKS)})[-_. ]?(\d{{1,6}})?", re.IGNORECASE)
_CLUSTER = frozenset({"chief", "master", "worker", "evaluator", "ps"})


class Worker(NamedTuple):
    """One process of a job.

    Attributes:
        task: One of `TASKS`.
        number: Its number among those of its task; None for the only one.
    """

    task: str
    number: int | None = None

    @property
    def name(self) -> str:
        """What it is called in a sentence: `worker 3`, `chief`."""
        return self.task if self.number is None else f"{self.task} {self.number}"

    @property
    def trains(self) -> bool:
        """Whether it takes training steps."""
        return self.task not in ASIDE

    @property
    def family(self) -> str:
        """What its job's other processes may be called: a cluster has several tasks."""
        return "cluster" if self.task in _CLUSTER else self.task

    @property
    def place(self) -> tuple[int, int]:
        """A key that sorts the first one to the front: chiefs, workers by number, the others."""
        return TASKS.index(self.task), -1 if self.number is None else self.number


def worker_named(name: str) -> Worker | None:
    """The process that a directory is named after: `worker_3`, `rank1`, `chief`; None for others.

    Args:
        name: One component of a path.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    task, number = found[1].lower(), found[2]
    if number is None:
        return Worker(task) if task in _ALONE else None
    return Worker(task, int(number))
