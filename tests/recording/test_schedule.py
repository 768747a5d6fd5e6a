"""When a sample is due: the budget holds, and every batch of an epoch is met."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tb_zeroacc.recording.schedule import DENSE_STEPS, Schedule, coprime


def measured(plain: float, sampled: float, host: float, **options: Any) -> Schedule:
    schedule = Schedule(**{"every": None, "budget": 0.01, **options})
    schedule.note_step(plain, sampled=False)
    schedule.note_step(sampled, sampled=True)
    schedule.note_host(host)
    return schedule


def test_the_first_steps_are_all_due() -> None:
    schedule = measured(1.0, 2.0, 1.0)
    assert {schedule.spacing(step, 10) for step in range(DENSE_STEPS)} == {1}


@pytest.mark.parametrize(
    ("plain", "sampled", "host", "budget", "expected"),
    [
        (0.010, 0.012, 0.0, 0.01, 20),
        (0.010, 0.012, 0.001, 0.01, 30),
        (0.010, 0.012, 0.0, 0.10, 2),
        (0.010, 0.009, 0.0, 0.01, 1),  # no cost to be seen
    ],
)
def test_spacing_holds_the_budget(
    plain: float, sampled: float, host: float, budget: float, expected: int
) -> None:
    schedule = measured(plain, sampled, host, budget=budget)
    assert schedule.spacing(1000, None) == pytest.approx(expected, abs=1)


def test_without_a_plain_step_the_spacing_is_wide() -> None:
    schedule = Schedule(None, 0.01)
    schedule.note_step(0.002, sampled=True)
    assert schedule.spacing(DENSE_STEPS, None) >= 100


def test_every_is_fixed() -> None:
    assert measured(1.0, 9.0, 9.0, every=7).spacing(0, 7) == 7


def test_what_is_beside_the_samples_is_booked() -> None:
    schedule = Schedule(None, 0.01)
    assert schedule.affords(0.5, elapsed=60.0)
    assert not schedule.affords(0.5, elapsed=60.0)


@given(some.integers(1, 5000), some.integers(1, 5000))
def test_spacing_meets_every_batch_of_an_epoch(spacing: int, period: int) -> None:
    found = coprime(spacing, period)
    assert found >= spacing
    assert len({(i * found) % period for i in range(period)}) == period
