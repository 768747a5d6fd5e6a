"""Jobs of MultiWorkerMirroredStrategy on loopback: what is on record of each worker.

In each case but the healthy ones something is wrong with the last worker alone.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from tb_zeroacc import diagnose, facts
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tests.keras.clusters.processes import clusters_of, run_together, started
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
CASES = ("plain", "healthy", "nan", "one_class", "slow", "clock")
# As `worker_program` has them; importing it would join a cluster.
STEPS, BROKEN, HOUR, PAUSE, ENDLESS = 96, 20, 3600.0, 0.06, "endless"
FOUR = pytest.param(4, marks=pytest.mark.long)
Job = tuple[int, Path, list[Any]]


@pytest.fixture(scope="module", params=[2, FOUR])
def job(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """How many workers, where they recorded, and what each came to."""
    workers = int(request.param)
    directory = tmp_path_factory.mktemp("job")
    command = ["worker_program.py", str(directory), *CASES]
    ended = run_together([command] * workers, clusters_of(workers))
    return workers, directory, [one.answer() for one in ended]


def logs_of(job: Job, case: str) -> list[Log]:
    workers, directory, _ = job
    return [read(directory / case, f"zeroacc/worker_{worker}") for worker in range(workers)]


def test_training_stays_the_same_to_the_bit(job: Job) -> None:
    _, _, found = job
    for worker in found:
        assert worker["healthy"] == worker["plain"], "recording changed the weights"
        assert worker["healthy"] == found[0]["healthy"], "the workers are not in step"


def test_each_worker_records_itself(job: Job) -> None:
    workers, directory, _ = job
    written = sorted(path.name for path in (directory / "healthy" / "zeroacc").iterdir())
    assert written == [f"worker_{worker}" for worker in range(workers)]
    for worker, log in enumerate(logs_of(job, "healthy")):
        (start,) = log.facts(facts.Start)
        assert (start.worker, start.workers, start.task) == (worker, workers, "worker")
        contract = log.contract()
        assert (contract.worker, contract.workers, contract.replicas) == (worker, workers, workers)
        for kind in ("inputs", "labels", "outputs", "gradients", "reduced_gradients", "weights"):
            assert log.steps(kind) == list(range(STEPS)), f"{kind} of worker {worker}"
        assert log.end() == facts.End("finished", STEPS)


def of_kernels(log: Log, kind: str, step: int) -> np.ndarray:
    return np.array([log.at(kind, step)(f"net/{name}/kernel", "rms") for name in ("first", "out")])


def test_what_is_each_one_s_own_and_what_they_share(job: Job) -> None:
    first, *others = logs_of(job, "healthy")
    for log in others:
        for step in (0, STEPS - 1):
            shared = [of_kernels(one, "reduced_gradients", step) for one in (first, log)]
            assert np.array_equal(*shared), "gradients behind the reduction differ"
            own = [of_kernels(one, "gradients", step) for one in (first, log)]
            assert not np.allclose(*own, rtol=1e-3), "gradients before the reduction are shared"
        assert np.array_equal(of_kernels(first, "weights", 9), of_kernels(log, "weights", 9))
    losses = [log.at("loss", 0)("loss", "loss") for log in (first, *others)]
    assert all(0.5 < loss < 3.0 for loss in losses), f"shares of a loss, or their sum: {losses}"


def test_inputs_that_break_in_one_shard(job: Job) -> None:
    *others, odd = logs_of(job, "nan")

    def broken(log: Log) -> list[int]:
        tables = log.tables["inputs"]
        return [t.step for t in tables if t("x[0]", "non_finite_count") > 0]

    assert broken(odd)[0] == BROKEN
    assert [broken(log) for log in others] == [[]] * len(others)
    for log in others:  # it has come over all of them with the reduction
        assert log.at("gradients", BROKEN)("net/first/kernel", "non_finite_count") == 0
        assert log.at("reduced_gradients", BROKEN)("net/first/kernel", "non_finite_count") > 0


def test_a_shard_of_one_class(job: Job) -> None:
    *others, odd = logs_of(job, "one_class")
    assert {table("out", "std") for table in odd.tables["labels"]} == {0.0}
    for log in others:
        assert min(table("out", "std") for table in log.tables["labels"]) > 0.5


def test_who_comes_last_waits_least(job: Job) -> None:
    *others, odd = logs_of(job, "slow")

    def waited(log: Log) -> float:
        return median(table.values.item() for table in log.tables["reduction"][1:])

    for log in others:
        assert waited(log) > max(PAUSE / 2, 2 * waited(odd))


def test_a_clock_that_is_an_hour_ahead(job: Job) -> None:
    *others, odd = logs_of(job, "clock")
    ahead = odd.facts(facts.Start)[0].wall_time - others[0].facts(facts.Start)[0].wall_time
    assert ahead == pytest.approx(HOUR, abs=120)
    for log in (*others, odd):
        assert log.steps() == list(range(STEPS))
        assert all(0 <= table.values.item() < 60 for table in log.tables["reduction"])


@pytest.mark.parametrize(
    ("case", "code"),
    [("healthy", ""), ("clock", ""), ("nan", "ZA101"), ("one_class", "ZA202"), ("slow", "ZA805")],
)
def test_the_worker_is_named(job: Job, case: str, code: str) -> None:
    workers, directory, _ = job
    (verdict,) = diagnose(str(directory / case))
    assert list(verdict.lanes) == [f"worker {worker}" for worker in range(workers)]
    # Two processes of a busy machine may hold each other up indeed, which is another matter.
    by_the_machine = {"ZA803", "ZA805"} - {code}
    found = [one for one in verdict.findings if one.code not in by_the_machine]
    named = {one.code: one.workers for one in found if one.workers}
    assert named == ({code: (f"worker {workers - 1}",)} if code else {}), verdict.headline
    if not code:
        assert verdict.outcome is Outcome.LEARNING
        assert not found, verdict.headline


@pytest.mark.long
def test_one_is_killed_and_all_begin_again(tmp_path: Path) -> None:
    """The others cannot go on without it: their collective operations fail."""
    command = ["worker_program.py", str(tmp_path), ENDLESS]
    with started([command] * 2, clusters_of(2)) as (survivor, killed):
        until(lambda: all(len(steps_of(tmp_path, worker)) > 8 for worker in (0, 1)), 120)
        os.kill(killed.pid, signal.SIGKILL)
        assert survivor.wait(timeout=120) != 0
    (verdict,) = diagnose(str(tmp_path / ENDLESS), now=time.time() + 600.0)
    assert {found.code: found.workers for found in verdict.findings}["ZA802"] == ("worker 1",)
    with started([command] * 2, clusters_of(2)):
        until(lambda: all(sessions_of(tmp_path, worker) == 2 for worker in (0, 1)), 120)
        until(lambda: min(len(steps_of(tmp_path, worker)) for worker in (0, 1)) > 8, 120)
    first, second = (read(tmp_path / ENDLESS, f"zeroacc/worker_{worker}") for worker in (0, 1))
    assert [fact.how for fact in first.facts(facts.End)] == ["exception"]
    assert second.facts(facts.End) == []
    (verdict,) = diagnose(str(tmp_path / ENDLESS))
    assert list(verdict.lanes) == ["worker 0", "worker 1"]
    compared = {found.code for found in verdict.findings if found.workers}
    assert compared <= {"ZA805"}, verdict.headline  # a busy machine may hold one up


def steps_of(directory: Path, worker: int) -> list[int]:
    return read(directory / ENDLESS, f"zeroacc/worker_{worker}").steps()


def sessions_of(directory: Path, worker: int) -> int:
    log = read(directory / ENDLESS, f"zeroacc/worker_{worker}")
    return len(log.facts(facts.Start))


def until(condition: Callable[[], bool], limit: float) -> None:
    """Waits for something, so many seconds at most."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)
