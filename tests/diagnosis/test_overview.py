"""The calm part of the page."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.diagnosis.overview import loss_against_baseline, overview_of
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table


def test_the_loss_is_drawn_against_its_baseline() -> None:
    fact = loss_against_baseline(context_of(a_run(a_contract(), a_curve([2.3, 1.0, 0.2]))))
    assert fact is not None
    assert fact.threshold == pytest.approx(math.log(10))
    assert (fact.value, fact.comparison, fact.tag) == (0.2, "below", "zeroacc/epoch/loss")


def test_without_a_loss_there_is_no_curve() -> None:
    assert loss_against_baseline(context_of(a_run())) is None


def test_update_ratio_leaves_biases_out() -> None:
    """A zero bias has a huge ratio in every healthy net."""
    weights = a_table(
        "weights",
        {
            "dense/kernel": {"update_ratio": 0.01, "unit_spread": 0.1},
            "dense/bias": {"update_ratio": 1e9},
        },
    )
    facts = {fact.text: fact for fact in overview_of(context_of(a_run(weights)))}
    assert facts["update ÷ weights, largest"].value == pytest.approx(0.01)
    told = facts["update ÷ weights, largest"]
    assert (told.comparison, told.member) == ("below", "zeroacc")
    assert (told.axis, told.first_step, told.last_step) == ("step", 0, 0)


def test_a_run_without_tables_has_no_numbers_to_show() -> None:
    assert overview_of(context_of(a_run())) == ()
