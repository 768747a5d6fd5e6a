"""ZA805 straggler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Start
from tb_zeroacc.run import Run
from tests.diagnosis.planted import a_job, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged


def worker(
    step: float | NDArray[np.float64], wait: float | None = None, *, samples: int = 20,
    scatter: float = 0.05, first: float = 5.0, seed: int = 0, reduction: float | None = None,
    apart: int = 32, quick_until: int = 0,
) -> Run:  # fmt: skip
    """The first step of each traces its program, and samples are so many steps apart."""
    steps = step * np.random.default_rng(seed).lognormal(0, scatter, samples)
    steps[:quick_until] /= 3
    told = {"seconds_per_step": [first, *steps[1:]]}
    if wait is not None:
        told["data_wait_seconds"] = [wait] * samples
    tables = [a_table("progress", {"progress": told}, steps=range(0, apart * samples, apart))]
    if reduction is not None:
        tables.append(a_table("reduction", {"reduction": {"seconds": [reduction] * samples}}))
    return a_run(*tables)


def job(*workers: Run) -> Run:
    return a_job(*workers)


def old(run: Run) -> Run:
    """A worker in the first session of its job."""
    return replace(run, start=Start("a", 1e9))


def new(run: Run) -> Run:
    """A worker in the second one."""
    return replace(run, start=Start("b", 2e9), sessions=2)


ZA805: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one process": (worker(0.1, 0.05), NotApplicable),
    "alike": (job(worker(0.1, 0.0), worker(0.1, 0.0), worker(0.1, 0.0)), Passed),
    "one on record": (job(worker(0.1), a_run()), CannotTell),
    "few samples": (job(worker(0.1, samples=10), worker(0.9, samples=10)), CannotTell),
    # together: steps take as long in all of them
    "one waits for data": (job(worker(0.3, 0.0), worker(0.3, 0.2), worker(0.3, 0.0)), None),
    "one of two waits": (job(worker(0.3, 0.0), worker(0.3, 0.2)), None),
    "all wait": (job(*(worker(0.3, 0.2) for _ in range(3))), Passed),
    "it waits 15 ms": (job(worker(0.04, 0.0), worker(0.04, 0.015)), Passed),
    "a fourth of a step": (job(worker(0.4, 0.0), worker(0.4, 0.1)), Passed),
    "others wait for its gradients": (
        job(*(worker(0.3, reduction=each) for each in (0.2, 0.2, 0.01))), None),
    "one of two waits for the other": (
        job(*(worker(0.3, reduction=each) for each in (0.2, 0.01))), None),
    "one alone waits": (job(*(worker(0.3, reduction=each) for each in (0.2, 0.01, 0.01))), Passed),
    "reductions as long": (job(*(worker(0.3, reduction=0.2) for _ in range(3))), Passed),
    "reductions a little apart": (
        job(*(worker(0.3, reduction=each) for each in (0.08, 0.08, 0.01))), Passed),
    # each at its own pace
    "one is slow": (job(worker(0.1), worker(0.2), worker(0.1)), None),
    "one is slow in the first steps": (
        job(worker(0.1, apart=1), worker(0.2, apart=1), worker(0.1, apart=1)), CannotTell),
    "one is slow for a while": (
        job(worker(0.1, samples=40), worker(0.3, samples=40, quick_until=11)), CannotTell),
    "a little slower": (job(worker(0.1), worker(0.14), worker(0.1)), Passed),
    "slow by milliseconds": (job(worker(0.01), worker(0.025), worker(0.01)), Passed),
    "most are slow": (job(worker(0.1), worker(0.2), worker(0.2)), Passed),
    "slow now and then": (
        job(worker(0.1, scatter=0.8), worker(0.17, scatter=0.8, seed=1)), Passed),
    "a first step that takes long": (job(worker(0.1, first=1.0), worker(0.1, first=60.0)), Passed),
    "the first has not begun anew": (
        job(old(worker(0.1)), *(new(worker(each)) for each in (0.1, 0.3, 0.1))), None),
    "one has not begun anew": (job(new(worker(0.1)), old(worker(0.3))), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA805.values(), ids=ZA805.keys())
def test_straggler(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA805", run, want)


WHY = {  # the slow one, and each of its peers
    "data": (worker(0.3, 0.2), worker(0.3, 0.0)),
    "data, at its own pace": (worker(0.3, 0.22), worker(0.1, 0.0)),
    "data, and others wait for its gradients": (
        worker(0.3, 0.2, reduction=0.01), worker(0.3, 0.0, reduction=0.21)),
    "computing, as others wait for its gradients": (
        worker(0.3, 0.0, reduction=0.01), worker(0.3, 0.0, reduction=0.21)),
    "computing": (worker(0.3, 0.01), worker(0.1, 0.0)),
    "data or computing": (worker(0.3), worker(0.1)),
}  # fmt: skip


@pytest.mark.parametrize("what", WHY)
def test_it_says_who_and_whether_by_data_or_by_computing(what: str) -> None:
    slow, quick = WHY[what]
    found = flagged("ZA805", job(quick, quick, slow, quick))
    assert found.workers == ("worker 2",)
    why = what.partition(",")[0]
    assert f"Worker 2 holds the others up ({why})" in found.summary
    assert found.evidence[0].is_healthy is False
    assert found.fix is not None
    assert ("prefetch" in found.fix.code) is (why == "data")


def loaded(seed: int, slower: float) -> Answer:
    """Two workers on machines that others use, for some windows in a row, of which one is slower.

    Args:
        seed: Of how long they train, and of what others do there.
        slower: How many times as long as its peer's a step of the second one takes.
    """
    rng = np.random.default_rng(seed)
    samples = int(rng.integers(12, 200))

    def busy(times: float) -> Run:
        load = rng.uniform(0, np.log(3), samples).repeat(rng.integers(1, 12, samples))
        steps = times * 0.05 * np.exp(load[:samples])
        return worker(steps, samples=samples, seed=int(rng.integers(99)))

    return answer("ZA805", job(busy(1.0), busy(slower)))


def test_a_machine_that_is_busy_for_a_while_is_no_straggler_and_one_that_is_slow_is() -> None:
    healthy = [loaded(seed, 1.0) for seed in range(300)]
    assert sum(isinstance(found, Flagged) for found in healthy) <= 3
    looks = sum(isinstance(found, Flagged | CannotTell) for found in healthy)
    assert looks > 5, "some of them look slow"
    slow = [loaded(seed, 3.0) for seed in range(300)]
    assert sum(isinstance(found, Flagged) for found in slow) > 270


@pytest.mark.parametrize("seed", range(30))
def test_machines_that_are_busy_now_and_then_are_no_stragglers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    many, pace = int(rng.integers(2, 9)), rng.uniform(0.001, 1.0)
    workers = [
        worker(pace * rng.uniform(0.9, 1.2), 0.02 * pace, scatter=rng.uniform(0, 0.6), seed=n)
        for n in range(many)
    ]
    assert not isinstance(answer("ZA805", job(*workers)), Flagged)
