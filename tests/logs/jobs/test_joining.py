"""Which directories are the workers of one job, and which are a sweep."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from tb_zeroacc.logs.grouping import Part, parts_of
from tb_zeroacc.logs.jobs.joining import with_jobs
from tb_zeroacc.run import Hyperparameters, Split
from tb_zeroacc.workers import Worker

LOSS = ("loss", "accuracy")


def joined(
    tags: Mapping[str, Collection[str]], settings: Mapping[str, Hyperparameters] | None = None
) -> Mapping[str, Part]:
    return with_jobs(parts_of(tags, "logs", tags), tags, settings or {})


JOBS: dict[str, tuple[dict[str, Collection[str]], str]] = {
    "workers": ({"a/worker_0": LOSS, "a/worker_1": LOSS}, "a"),
    "in the log directory itself": ({"worker-0": LOSS, "worker-1": LOSS}, "."),
    "counted from 1": ({"a/worker_1": LOSS, "a/worker_2": LOSS}, "a"),
    "ranks": ({"a/rank0": LOSS, "a/rank1": LOSS, "a/rank2": LOSS}, "a"),
    "hosts": ({"a/host0": LOSS, "a/host1": LOSS}, "a"),
    "a cluster": ({"a/chief": LOSS, "a/worker_0": LOSS, "a/ps_0": (), "a/evaluator": LOSS}, "a"),
    "a chief logs more": ({"a/chief": (*LOSS, "x", "y", "z"), "a/worker_0": LOSS}, "a"),
    "one has just begun": ({"a/rank0": LOSS, "a/rank1": LOSS, "a/rank2": ()}, "a"),
    "one is missing": ({"a/rank0": LOSS, "a/rank1": LOSS, "a/rank3": LOSS}, "a"),
    "parts within": ({f"a/rank{n}/{part}": LOSS for n in (0, 1) for part in ("train", "val")}, "a"),
    "recorded under any names": (
        {"a/alpha/zeroacc/worker_0": LOSS, "a/beta/zeroacc/worker_1": LOSS}, "a",
    ),
}  # fmt: skip

NO_JOBS: dict[str, dict[str, Collection[str]]] = {
    "sizes of a matrix": {"a/rank_1": LOSS, "a/rank_8": LOSS, "a/rank_64": LOSS},
    "powers of two from 1": {"a/rank_1": LOSS, "a/rank_2": LOSS, "a/rank_4": LOSS},
    "far apart": {"a/worker_1": LOSS, "a/worker_100": LOSS},
    "a sweep": {"a/lr_0": LOSS, "a/lr_1": LOSS},
    "seeds": {"a/seed_0": LOSS, "a/seed_1": LOSS},
    "two families": {"a/worker_0": LOSS, "a/rank_1": LOSS},
    "one alone": {"a/worker_0": LOSS, "b/worker_1": LOSS},
    "other tags": {"a/worker_0": LOSS, "a/worker_1": ("reward", "entropy", "value")},
    "nothing is logged": {"a/worker_0": (), "a/worker_1": ()},
    "no one trains": {"a/ps_0": LOSS, "a/ps_1": LOSS},
    "two spellings of one": {"a/worker_0": LOSS, "a/worker-0": LOSS},
    "trials of a sweep, each a job": {
        f"a/trial_{t}/zeroacc/worker_{n}": LOSS for t in (0, 1) for n in (0, 1)
    },
    "trials of which the first worker is kept": {
        f"a/trial_{t}/zeroacc/worker_0": LOSS for t in (0, 1)
    },
}


@pytest.mark.parametrize(("tags", "name"), JOBS.values(), ids=JOBS.keys())
def test_the_workers_of_one_job_are_one_training(
    tags: dict[str, Collection[str]], name: str
) -> None:
    parts = joined(tags)
    assert {part.training for part in parts.values()} == {name}
    assert all(part.worker is not None for part in parts.values())


@pytest.mark.parametrize("tags", NO_JOBS.values(), ids=NO_JOBS.keys())
def test_what_is_no_job_stays_as_it_is(tags: dict[str, Collection[str]]) -> None:
    assert joined(tags) == parts_of(tags, "logs", tags)


def test_directories_that_say_to_be_set_otherwise_are_a_sweep() -> None:
    tags = {"a/worker_0": LOSS, "a/worker_1": LOSS}
    slow, fast = (Hyperparameters(rate, source=f"{rate}") for rate in (0.1, 1.0))
    assert {p.training for p in joined(tags, dict(zip(tags, (slow, slow), strict=True))).values()} \
        == {"a"}  # fmt: skip
    assert joined(tags, dict(zip(tags, (slow, fast), strict=True))) == parts_of(tags, "logs", tags)


def test_an_evaluator_measures_validation() -> None:
    parts = joined({"a/chief": LOSS, "a/evaluator": LOSS, "a/evaluator/test": LOSS})
    evaluator = Worker("evaluator")
    assert parts["a/evaluator"] == Part("a", Split.VALIDATION, worker=evaluator)
    assert parts["a/evaluator/test"] == Part("a", Split.TEST, worker=evaluator)
    assert parts["a/chief"] == Part("a", worker=Worker("chief"))
