"""Learning rates: applied, usual, and to be tried instead."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import (
    HEALTHY_RATIO,
    higher_rate,
    lower_rate,
    peak_rate,
    typical_rate,
)
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Hyperparameters, Role, Run
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

NAN = float("nan")


def trained(rate: float | None, name: str = "Adam") -> tuple[Run, Optimizer]:
    optimizer = Optimizer(name, rate)
    return a_run(a_contract(optimizer=optimizer)), optimizer


@pytest.mark.parametrize(
    ("rate", "name", "ratio", "lower", "higher"),
    [
        (10.0, "Adam", 72.0, 0.001, 100.0),  # back to the default
        (0.001, "Adam", 72.0, 0.0001, 0.01),  # a tenth of it
        (0.0010000000474974513, "RMSprop", 0.2, 0.0001, 0.01),  # the same in float32
        (1e-6, "Adam", None, 1e-7, 0.001),
        (1.0, "SGD", 50.0, 1e-5, 10.0),  # by how much the update was too large
        (1.0, "SGD", 0.002, 0.01, 10.0),  # but not above the default
        (1.0, "SGD", None, 0.01, 10.0),
        (None, "Lion", None, 1e-4, 1e-4),
    ],
)
def test_rates_to_try(
    rate: float | None, name: str, ratio: float | None, lower: float, higher: float
) -> None:
    run, optimizer = trained(rate, name)
    assert lower_rate(run, optimizer, ratio) == pytest.approx(lower)
    assert higher_rate(run, optimizer) == pytest.approx(higher)


@given(st.floats(1e-6, 1e3), st.floats(1e-2, 1e6), st.sampled_from(["SGD", "Adam"]))
def test_a_lower_rate_is_lower_and_of_sgd_about_healthy(
    rate: float, ratio: float, name: str
) -> None:
    run, optimizer = trained(rate, name)
    lower = lower_rate(run, optimizer, ratio)
    assert 0 < lower < rate
    if name == "SGD":
        assert ratio * lower / rate <= HEALTHY_RATIO * (1 + 1e-9)


def test_what_was_applied_comes_before_what_was_configured() -> None:
    optimizer = Optimizer("Adam", 0.5)
    rates = a_table("loss", {"loss": {"learning_rate": [0.1, 0.3, NAN, 0.2]}})
    logged = a_curve([0.4, 0.05], Role.LEARNING_RATE, tag="epoch_learning_rate")
    run = a_run(a_contract(optimizer=optimizer), rates, logged)
    assert peak_rate(run, optimizer) == 0.4
    assert typical_rate(run, optimizer) == pytest.approx(0.2)
    bare, _ = trained(0.5)
    assert (peak_rate(bare, optimizer), typical_rate(bare, optimizer)) == (0.5, 0.5)
    assert typical_rate(a_run(), None) is None
    assert math.isclose(lower_rate(a_run(), None), 0.001)


def test_hyperparameters_stand_in_for_what_neither_curve_nor_contract_tells() -> None:
    said = Hyperparameters(learning_rate=0.02)
    assert peak_rate(a_run(hyperparameters=said), None) == 0.02
    applied = a_curve([0.5, 0.1], Role.LEARNING_RATE)
    assert peak_rate(a_run(applied, hyperparameters=said), None) == 0.5
    run, optimizer = trained(0.3)
    assert peak_rate(run, optimizer) == 0.3
