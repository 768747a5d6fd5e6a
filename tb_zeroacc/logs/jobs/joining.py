"""Which trainings are the workers of one job, and no sweep: told by names, then by what they hold.

Workers that our recorder knows write below one directory. Others have a directory each, named after
the worker (`worker_0`, `rank1`, `chief`), or one of any name in which the recorder's says it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.run import Hyperparameters, Split
from tb_zeroacc.workers import Worker, worker_named

ALIKE = 0.5  # share of a worker's tags that others have at least, where a chief logs more


class Job(NamedTuple):
    """Trainings that are the workers of one job, as far as their names tell.

    Attributes:
        name: The directory that holds them.
        workers: The worker of each training.
    """

    name: str
    workers: dict[str, Worker]


def possible_jobs(parts: Mapping[str, Part]) -> list[Job]:
    """What may be a job by its names.

    Args:
        parts: The part of each directory.
    """
    found: dict[tuple[str, str], dict[str, Worker]] = defaultdict(dict)
    inner: dict[str, set[Worker]] = defaultdict(set)
    for part in parts.values():
        if part.worker is not None:
            inner[part.training].add(part.worker)
    for training in {part.training for part in parts.values()}:
        parent, _, name = training.rpartition("/")
        worker = worker_named(name)
        if worker is not None:
            found[parent or ".", worker.family][training] = worker
        elif training != "." and len(inner.get(training, ())) == 1:
            found[parent or ".", "recorded"][training] = next(iter(inner[training]))
    return [
        Job(parent, workers)
        for (parent, _), workers in found.items()
        if _are_counted(list(workers.values()))
    ]


def with_jobs(
    parts: Mapping[str, Part],
    tags: Mapping[str, Collection[str]],
    settings: Mapping[str, Hyperparameters],
) -> Mapping[str, Part]:
    """The part of each directory, with those of one job's workers in one training.

    Args:
        parts: The part of each directory by itself.
        tags: The scalar tags of each.
        settings: What directories were set to, of those that say so.
    """
    jobs = possible_jobs(parts)
    if not jobs:  # as in most logs
        return parts
    members: dict[str, list[str]] = defaultdict(list)
    for member, part in parts.items():
        members[part.training].append(member)
    joined = dict(parts)
    for job in jobs:
        held = {training: members[training] for training in job.workers}
        if not _are_alike(job, held, tags) or not _are_set_alike(held, settings):
            continue
        for training, worker in job.workers.items():
            for member in members[training]:
                part = parts[member]
                split = part.split
                if split is None and worker.task == "evaluator":
                    split = Split.VALIDATION
                joined[member] = replace(part, training=job.name, worker=worker, split=split)
    return joined


def _are_counted(workers: Sequence[Worker]) -> bool:
    """Whether they are counted as processes are: from 0 or 1, each once, nearly all there.

    Ranks begin at 0: `rank_1`, `rank_8` and `rank_64` are sizes of a matrix.
    """
    training = [worker for worker in workers if worker.trains]
    if len(workers) < 2 or not training or len(set(workers)) < len(workers):
        return False
    numbers = [worker.number for worker in training if worker.number is not None]
    if not numbers:
        return True
    has_chief = len(numbers) < len(training)
    first = 0 if training[0].task == "rank" else 1
    if not has_chief and len(training) > 1 and min(numbers) > first:
        return False
    return max(numbers) <= 2 * len(training)


def _are_alike(
    job: Job, held: Mapping[str, Sequence[str]], tags: Mapping[str, Collection[str]]
) -> bool:
    """Whether those that train log the same: a worker that has just begun may hold nothing."""
    training = [name for name, worker in job.workers.items() if worker.trains]
    sets = [frozenset[str]().union(*(tags.get(m, ()) for m in held[name])) for name in training]
    logging = [tags for tags in sets if tags]
    if not logging:
        return False
    fullest = max(logging, key=len)
    return all(len(fullest & other) >= ALIKE * len(other) for other in logging)


def _are_set_alike(
    held: Mapping[str, Sequence[str]], settings: Mapping[str, Hyperparameters]
) -> bool:
    """Whether no two say to be set otherwise, as the trainings of a sweep do."""
    said = (settings[m] for members in held.values() for m in members if m in settings)
    return len({replace(one, source="") for one in said}) <= 1
