"""Which of several processes this one is: as it is told, else as its launcher's environment says.

Asked in this order, and the first that knows of more than one process answers:

    an argument of the user's own
    TF_CONFIG                                  tensorflow.org, "Multi-worker training with Keras"
    RANK, WORLD_SIZE                           docs.pytorch.org, torchrun
    HOROVOD_RANK, OMPI_COMM_WORLD_RANK, ...    Horovod, Open MPI, MVAPICH, MPICH and Intel MPI
    SLURM_PROCID, SLURM_STEP_NUM_TASKS         slurm.schedmd.com, srun

Slurm comes last: what it starts may itself be a launcher, whose processes inherit its variables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TF_CONFIG = "TF_CONFIG"
TRAINING = ("chief", "master", "worker")  # jobs that train, in the order in which they count
SERVING = ("evaluator", "ps")  # jobs that do not
# A rank, and the number of ranks, as launchers call them.
RANKS = (
    ("RANK", "WORLD_SIZE"),
    ("HOROVOD_RANK", "HOROVOD_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a process is to those that train with it.

    Attributes:
        worker: Its number among those that train, from 0; None where it is the only one, where
            nobody says so, and for one that does not train.
        workers: How many train together; None where that is unknown.
        task: `chief`, `worker`, `evaluator`, `ps`; None where that is unknown.
        index: Its number among those of its task.
    """

    worker: int | None = None
    workers: int | None = None
    task: str | None = None
    index: int = 0

    @property
    def directory(self) -> str | None:
        """The part of a record that is this process's own; None where it need not have one."""
        if self.worker is not None:
            return f"worker_{self.worker}"
        return None if self.task is None else f"{self.task}_{self.index}"


ALONE = Identity()


def identity_of(
    worker: int | None = None,
    workers: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Identity:
    """What this process is.

    Args:
        worker: Its number, as the user says; None to look for it.
        workers: How many there are, as the user says.
        environment: Where to look; this process's environment by default.
    """
    environment = os.environ if environment is None else environment
    if worker is not None:
        return Identity(worker, workers, "worker", worker)
    found = _of_cluster(environment.get(TF_CONFIG, ""))
    for rank, size in RANKS if found == ALONE else ():
        if size == "SLURM_NTASKS" and _is_batch_script(environment):
            continue
        found = _of_rank(environment.get(rank), environment.get(size))
        if found != ALONE:
            break
    return found


def _of_cluster(config: str) -> Identity:
    """As TF_CONFIG says; one that is no such text tells of nothing."""
    try:
        found = json.loads(config)
        return of_cluster(found["cluster"], found["task"]["type"], found["task"]["index"])
    except (ValueError, TypeError, LookupError, AttributeError):
        return ALONE


def of_cluster(cluster: Mapping[str, Any], task: str, index: Any) -> Identity:
    """What a task of a TensorFlow cluster is to the others.

    Args:
        cluster: The addresses of each job's tasks.
        task: The job of this one.
        index: Its number in that.

    Raises:
        ValueError: The index is no number.
        TypeError: Likewise, or these are no addresses.
    """
    number = int(index)
    sizes = {job: len(cluster.get(job, ())) for job in TRAINING}
    workers = sum(sizes.values())
    if task in SERVING:
        return Identity(None, workers or None, task, number)
    if task not in TRAINING or workers < 2:
        return ALONE
    before = sum(sizes[job] for job in TRAINING[: TRAINING.index(task)])
    name = "worker" if task == "worker" else "chief"
    return Identity(before + number, workers, name, number)


def _of_rank(rank: str | None, size: str | None) -> Identity:
    try:
        worker, workers = int(rank or ""), int(size or "")
    except ValueError:
        return ALONE
    if workers < 2 or not 0 <= worker < workers:
        return ALONE
    return Identity(worker, workers, "worker", worker)


def _is_batch_script(environment: Mapping[str, str]) -> bool:
    """Whether Slurm runs this as the script of a job, once, however many tasks that may start."""
    return "SLURM_JOB_ID" in environment and "SLURM_STEP_ID" not in environment
