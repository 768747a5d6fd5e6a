"""Curves whose names say nothing, read by what they do."""

from __future__ import annotations

import numpy as np
import pytest

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Role
from tests.curves.shapes import Log, falling, held, noisy, run_of

N = 40
RNG = np.random.default_rng(0)
DOWN, DOWN_TOO = (noisy(RNG, falling(N, 2.0, 0.3), 0.05) for _ in range(2))
UP = np.clip(noisy(RNG, falling(N, 0.1, 0.9, 2.0), 0.03), 0.0, 1.0)
FLAT = noisy(RNG, held(N, 1.4), 0.05)
SINGLE = noisy(RNG, falling(50 * N, 2.0, 0.2), 0.4)
BROKEN = np.where(np.arange(N) > 20, np.nan, DOWN)

# A log, and the side of each curve that is read by its behaviour.
LOGS: dict[str, tuple[Log, dict[str, int]]] = {
    "it falls": ({".": {"curve_a": DOWN}}, {"curve_a": -1}),
    "with the noise of single batches": ({".": {"curve_a": SINGLE}}, {"curve_a": -1}),
    "in another language": ({".": {"损失": DOWN, "epoch": np.arange(N)}}, {"损失": -1}),
    "beside a rate": ({".": {"Verlust": DOWN, "lr": held(N, 1e-3)}}, {"Verlust": -1}),
    "two of them": ({".": {"curve_a": DOWN, "curve_b": DOWN_TOO}}, {}),
    "it stands": ({".": {"curve_a": FLAT}}, {}),
    "it rises": ({".": {"curve_a": UP}}, {}),
    "a schedule": ({".": {"curve_a": falling(N, 2.0, 0.3)}}, {}),
    "it goes below 0": ({".": {"curve_a": DOWN - 1.0}}, {}),
    "it falls by little": ({".": {"curve_a": noisy(RNG, falling(N, 2.0, 1.5), 0.01)}}, {}),
    "seven points": ({".": {"curve_a": DOWN[::6]}}, {}),
    "NaN": ({".": {"curve_a": BROKEN}}, {}),
    "of something else": ({".": {"gpu_memory": DOWN}}, {}),
    "of something else, in words": ({".": {"Epsilon greedy": DOWN}}, {}),
    "beside an accuracy": ({".": {"curve_a": DOWN, "acc": UP}}, {}),
    "the complement of an accuracy": ({".": {"curve_a": 1.0 - UP, "acc": UP}}, {"curve_a": -1}),
    "in percent": ({".": {"curve_a": 100 - 100 * UP, "acc": 100 * UP}}, {"curve_a": -1}),
    "the complement of an error": ({".": {"curve_a": UP, "error": 1.0 - UP}}, {"curve_a": 1}),
    "a constant sum by accident": ({".": {"a": held(N, 0.5), "acc": held(N, 0.5)}}, {}),
    "almost a complement": ({".": {"a": 1.0 - UP + 1e-3 * (np.arange(N) == 9), "acc": UP}}, {}),
    "a share that rises as the loss falls": ({".": {"curve_a": UP, "loss": DOWN}}, {"curve_a": 1}),
    "while the loss stands": ({".": {"curve_a": UP, "loss": FLAT}}, {}),
    "no share": ({".": {"curve_a": 2 * UP, "loss": DOWN}}, {}),
    "a share by a schedule": ({".": {"curve_a": np.linspace(0, 1, N), "loss": DOWN}}, {}),
    "a share of other data": ({".": {"val/curve_a": UP, "train/loss": DOWN}}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("log", "want"), LOGS.values(), ids=LOGS)
def test_what_behaviour_tells(log: Log, want: dict[str, int]) -> None:
    inferred = [curve for curve in run_of(log).curves if curve.is_inferred]
    assert {curve.tag: curve.side for curve in inferred} == want
    assert {curve.role for curve in inferred} <= {Role.METRIC}
    assert not any(curve.headline for curve in inferred), "it stands for nothing"


def test_a_complement_is_no_second_witness() -> None:
    run = run_of({".": {"curve_a": 1.0 - UP, "acc": UP}})
    assert [curve.tag for curve in run.judged] == ["acc"]


def test_the_verdict_says_that_it_was_inferred() -> None:
    found = diagnose(run_of({".": {"curve_a": DOWN}}), CATALOGUE, strict=True)
    assert found.outcome is Outcome.LEARNING
    assert found.headline.startswith("`curve_a` (read as a loss by its behaviour) fell ")
    assert found.findings == ()
