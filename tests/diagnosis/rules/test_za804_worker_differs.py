"""ZA804 worker-differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.facts import Start
from tb_zeroacc.run import Run, State, Table
from tests.diagnosis.planted import a_curve, a_job, a_run, a_table
from tests.diagnosis.rules.asking import answer, check, flagged

SAMPLES, EXAMPLES = 20, 32


def inputs(
    seed: int, mean: float = 0.0, std: float = 1.0, *, features: int = 20, few: int | None = None,
    bad: float = 0.0, samples: int = SAMPLES,
) -> Table:  # fmt: skip
    """Batches of a shard that was drawn at random; `few` of the features are moved."""
    rng = np.random.default_rng(seed)
    moved = range(features if few is None else few)
    rows = {}
    for n in range(features):
        center, scale = (mean, std) if n in moved else (0.0, 1.0)
        batches = rng.normal(center, scale, (samples, EXAMPLES))
        rows[f"x[{n}]"] = {
            "mean": batches.mean(axis=1), "std": batches.std(axis=1), "non_finite_count": bad,
        }  # fmt: skip
    return a_table("inputs", rows)


def classes(seed: int, shares: Sequence[float], samples: int = SAMPLES) -> list[Table]:
    counts = np.random.default_rng(seed).multinomial(EXAMPLES, shares, samples)
    named = {str(n): column for n, column in enumerate(counts.T)}
    return [
        a_table("label_counts", {"y": named}),
        a_table("labels", {"y": {"examples": [EXAMPLES] * samples, "non_finite_count": 0.0}}),
    ]


def targets(seed: int, mean: float = 0.0, bad: float = 0.0) -> Table:
    batches = np.random.default_rng(seed).normal(mean, 1.0, (SAMPLES, EXAMPLES))
    told = {"mean": batches.mean(axis=1), "std": batches.std(axis=1), "non_finite_count": bad}
    return a_table("labels", {"y": told})


def loss(seed: int, times: float = 1.0, steps: int = 60, nan_from: int | None = None) -> Any:
    rng = np.random.default_rng(seed)
    values = 0.2 + 2.0 * np.exp(-np.arange(steps) / 20) * rng.lognormal(0, 0.2, steps)
    values = values * times
    if nan_from is not None:
        values[nan_from:] = np.nan
    return a_curve(list(values), axis="step", tag="zeroacc/loss")


def norms(seed: int, times: float = 1.0) -> Table:
    values = times * np.random.default_rng(seed).lognormal(0, 0.3, SAMPLES)
    return a_table("loss", {"loss": {"gradient_norm": values}})


def weights(
    seed: int = 0, *, drift: float = 0.0, at: int = 5, start: float = 0.0, moves: float = 1.0
) -> Table:
    """The sizes of two kernels; from sample `at` on they drift, from `start` they are others."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 0.01, (2, SAMPLES)), axis=1) + 1.0 + start
    away = drift * np.clip(np.arange(SAMPLES) - at, 0, None)
    steps = moves * np.abs(rng.normal(0.01, 0.001, (2, SAMPLES)))
    rows = {
        f"k{n}": {"rms": walk[n] * (1 + away), "update_rms": steps[n] * (1 + away)} for n in (0, 1)
    }
    return a_table("weights", rows)


def recorded(
    *parts: Any, number: int = 0, sessions: int = 1, state: State = "unknown"
) -> Run:
    start = Start("s", 1e6 * sessions, worker=number)
    return a_run(*parts, start=start, sessions=sessions, state=state)


def job(*parts: Sequence[Any] | Any) -> Run:
    """A job by the tables and curves of each worker."""
    return a_job(*(a_run(*(p if isinstance(p, list) else [p])) for p in parts))


HALVES = (0.5, 0.5)
ZA804: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "one process": (a_run(inputs(0)), NotApplicable),
    "only one is on record": (a_job(a_run(inputs(0)), a_run()), CannotTell),
    # data
    "shards drawn at random": (job(*(inputs(n) for n in range(4))), Passed),
    "NaN in one": (job(inputs(0), inputs(1), inputs(2, bad=3)), None),
    "NaN in one of two": (job(inputs(0), inputs(1, bad=3)), None),
    "NaN in all": (job(*(inputs(n, bad=3) for n in range(3))), Passed),
    "NaN in labels": (job(targets(0), targets(1), targets(2, bad=1)), None),
    "another mean": (job(inputs(0), inputs(1, mean=1.5), inputs(2)), None),
    "half a standard deviation": (job(inputs(0), inputs(1, mean=0.5), inputs(2)), Passed),
    "another scale": (job(inputs(0), inputs(1, std=4.0), inputs(2)), None),
    "twice the scale": (job(inputs(0), inputs(1, std=2.0), inputs(2)), Passed),
    "a tenth of the features": (job(inputs(0), inputs(1, mean=3, few=2), inputs(2)), None),
    "one feature of twenty": (job(inputs(0), inputs(1, mean=3, few=1), inputs(2)), Passed),
    "all zeros": (job(inputs(0), inputs(1, std=0.0), inputs(2)), None),
    "too few batches": (job(inputs(0, samples=5), inputs(1, mean=9, samples=5)), Passed),
    "targets moved": (job(targets(0), targets(1, mean=2.0), targets(2)), None),
    "classes at random": (job(*(classes(n, HALVES) for n in range(4))), Passed),
    "one class": (job(classes(0, HALVES), classes(1, (1, 0)), classes(2, HALVES)), None),
    "one rare class lacks": (job(classes(0, (0.9, 0.1)), classes(1, (1, 0)),
                                 classes(2, (0.9, 0.1))), None),
    "a class so rare that chance explains it": (
        job(classes(0, (0.99, 0.01)), classes(1, (1, 0)), classes(2, (0.99, 0.01))), Passed),
    "classes apart": (job(classes(0, (0.1, 0.9)), classes(1, (0.9, 0.1)),
                          classes(2, (0.1, 0.9))), None),
    "classes a little apart": (job(classes(0, (0.4, 0.6)), classes(1, (0.6, 0.4))), Passed),
    "many classes, few examples": (
        job(*(classes(n, [0.002] * 500, samples=8) for n in range(3))), Passed),
    # loss
    "losses at random": (job(loss(0), loss(1), loss(2)), Passed),
    "loss NaN in one": (job(loss(0), loss(1, nan_from=30), loss(2)), None),
    "loss NaN in one, then in all": (
        job(loss(0, nan_from=31), loss(1, nan_from=30), loss(2, nan_from=31)), None),
    "loss NaN in all": (job(*(loss(n, nan_from=30) for n in range(3))), Passed),
    "a higher loss": (job(loss(0), loss(1, times=3.0), loss(2)), None),
    "a little higher": (job(loss(0), loss(1, times=1.15), loss(2)), Passed),
    "few steps": (job(loss(0, steps=10), loss(1, times=3.0, steps=10)), Passed),
    # gradients
    "gradients at random": (job(norms(0), norms(1), norms(2)), Passed),
    "gradients much larger": (job(norms(0), norms(1, times=40.0), norms(2)), None),
    "gradients three times": (job(norms(0), norms(1, times=3.0), norms(2)), Passed),
    "gradients all zero": (job(norms(0), norms(1, times=0.0), norms(2)), None),
    # weights
    "weights equal": (job(weights(), weights(), weights()), Passed),
    "rounded otherwise": (job(weights(), weights(drift=1e-8, at=0), weights()), Passed),
    "drifted apart": (job(weights(), weights(drift=0.01), weights()), None),
    "drifted from the first step on, who knows why": (
        job(weights(), weights(drift=0.01, at=0), weights()), Passed),
    "the same, of workers that train together": (
        a_job(recorded(weights(), number=0), recorded(weights(drift=0.01, at=0), number=1)), None),
    "other weights, the same updates": (job(weights(), weights(start=0.3), weights()), None),
    "each by itself": (job(weights(1), weights(2, start=0.2), weights(3, start=0.1)), Passed),
    "one was started again and counts other steps": (
        a_job(recorded(weights(), loss(0), number=0, state="live"),
              recorded(weights(5, drift=0.1), loss(1, times=4.0), number=1, sessions=2)), Passed),
    "the data of one that has not begun anew": (
        a_job(recorded(inputs(0), loss(0), number=0, sessions=2),
              recorded(inputs(1, mean=5.0), loss(1), number=1)), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA804.values(), ids=ZA804.keys())
def test_worker_differs(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA804", run, want)


SPOILT: dict[str, tuple[list[Any], list[Any]]] = {
    "inputs": ([inputs(n) for n in range(8)], [inputs(9, mean=4.0)]),
    "classes": ([classes(n, HALVES) for n in range(8)], classes(9, (1, 0))),
    "loss": ([loss(n) for n in range(8)], [loss(9, times=5.0)]),
    "weights": ([weights() for _ in range(8)], [weights(drift=0.02)]),
}


@pytest.mark.parametrize("many", [3, 4, 8])
@pytest.mark.parametrize(("healthy", "bad"), SPOILT.values(), ids=SPOILT.keys())
def test_it_names_the_worker(healthy: list[Any], bad: list[Any], many: int) -> None:
    for odd in range(many):
        parts = [p if isinstance(p, list) else [p] for p in healthy[:many]]
        parts[odd] = bad
        found = flagged("ZA804", a_job(*(a_run(*p) for p in parts)))
        assert found.workers == (f"worker {odd}",)
        assert f"Worker {odd} differs from its peers" in found.summary


def test_two_odd_ones_of_many_are_named_together() -> None:
    tables = [inputs(n, mean=5.0 if n in (1, 4) else 0.0) for n in range(6)]
    assert flagged("ZA804", job(*tables)).workers == ("worker 1", "worker 4")


def test_of_two_that_differ_nobody_knows_which_one_is_odd() -> None:
    found = flagged("ZA804", job(inputs(0), inputs(1, mean=5.0)))
    assert found.workers == ("worker 0", "worker 1")
    assert found.summary.startswith("Workers 0 and 1 differ from each other in the inputs")


def test_evidence_lies_in_the_record_of_the_worker() -> None:
    shown = flagged("ZA804", job(inputs(0), inputs(1, mean=5.0), inputs(2))).evidence[0]
    assert shown.value == pytest.approx(1.0)
    assert shown.is_healthy is False


SEEDS = [*range(20), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(20, 80))]


@pytest.mark.parametrize("seed", SEEDS)
def test_shards_drawn_at_random_are_alike(seed: int) -> None:
    """Heavy tails, sparse features, imbalanced classes and many features, over 2 to 8 workers."""
    rng = np.random.default_rng(seed)
    many = int(rng.integers(2, 9))
    features, tail, sparse = int(rng.integers(1, 120)), rng.uniform(0, 2), rng.uniform(0, 0.99)
    shares = rng.dirichlet(np.full(int(rng.integers(2, 40)), 0.5))
    runs = []
    for _ in range(many):
        x = rng.lognormal(0, tail, (SAMPLES, EXAMPLES, features))
        x = x * (rng.uniform(size=x.shape) > sparse)
        rows = {
            f"x[{n}]": {"mean": x[:, :, n].mean(axis=1), "std": x[:, :, n].std(axis=1)}
            for n in range(features)
        }
        curve = loss(int(rng.integers(2**31)))
        runs.append(
            a_run(a_table("inputs", rows), *classes(int(rng.integers(2**31)), shares), curve,
                  norms(int(rng.integers(2**31))))
        )  # fmt: skip
    assert isinstance(answer("ZA804", a_job(*runs)), Passed)


def test_a_worker_is_odd_only_beside_its_peers() -> None:
    run = a_job(a_run(inputs(0, mean=9.0)), a_run(inputs(1, mean=9.0)))
    assert not isinstance(answer("ZA804", run), Flagged)
