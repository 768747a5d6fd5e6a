"""The rates of Keras' schedules."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tb_zeroacc import facts
from tb_zeroacc.diagnosis.computed.optimizer.schedules import scheduled_rates
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.keras.contract.model_contract import describe

schedules = keras.optimizers.schedules
STEPS = np.array([0, 1, 3, 4, 7, 19, 20, 50])


def optimizer_with(schedule: Any) -> Optimizer:
    """An optimizer as the recorder describes it."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), "mse")
    described = describe(model, facts.Fit()).optimizer
    assert described is not None
    return described


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.ExponentialDecay(0.1, 1, 0.9),
        schedules.ExponentialDecay(0.1, 4, 0.5, staircase=True),
        schedules.InverseTimeDecay(0.1, 3, 0.5),
        schedules.InverseTimeDecay(0.1, 3, 0.5, staircase=True),
        schedules.PolynomialDecay(0.1, 20, 0.001, power=2.0),
        schedules.CosineDecay(0.1, 20, alpha=0.1),
        schedules.CosineDecay(0.0, 20, warmup_target=0.2, warmup_steps=4),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_they_are_those_of_keras(schedule: Any) -> None:
    found = scheduled_rates(optimizer_with(schedule), STEPS)
    assert found is not None
    np.testing.assert_allclose(found, [float(schedule(int(s))) for s in STEPS], rtol=1e-5)


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.PiecewiseConstantDecay([3], [0.1, 0.01]),
        schedules.PolynomialDecay(0.1, 20, cycle=True),
        schedules.CosineDecayRestarts(0.1, 20),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_others_are_not_known(schedule: Any) -> None:
    assert scheduled_rates(optimizer_with(schedule), STEPS) is None


def test_a_fixed_rate_is_no_schedule() -> None:
    assert scheduled_rates(Optimizer("SGD", 0.1), STEPS) is None
