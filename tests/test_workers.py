"""What the processes of a job are called."""

from __future__ import annotations

import pytest

from tb_zeroacc.workers import Worker, worker_named

NAMES = {
    "worker_0": Worker("worker", 0),
    "worker-12": Worker("worker", 12),
    "Worker3": Worker("worker", 3),
    "rank1": Worker("rank", 1),
    "rank_0": Worker("rank", 0),
    "host0": Worker("host", 0),
    "ps_0": Worker("ps", 0),
    "chief": Worker("chief"),
    "chief_0": Worker("chief", 0),
    "evaluator": Worker("evaluator"),
    "worker": None,
    "rank": None,
    "workers_3": None,
    "rank_8_lr_0.1": None,
    "co-worker_1": None,
    "lr_0": None,
    "gpu0": None,
    "worker_12345678": None,
}


@pytest.mark.parametrize(("name", "want"), NAMES.items(), ids=NAMES.keys())
def test_a_directory_is_named_after_a_worker(name: str, want: Worker | None) -> None:
    assert worker_named(name) == want


def test_the_first_one_comes_first_and_those_that_do_not_train_last() -> None:
    found = [worker_named(name) for name in ("ps_0", "worker_1", "evaluator", "worker_0", "chief")]
    ordered = sorted((w for w in found if w), key=lambda worker: worker.place)
    assert [w.name for w in ordered] == ["chief", "worker 0", "worker 1", "evaluator", "ps 0"]
    assert [w.trains for w in ordered] == [True, True, True, False, False]
