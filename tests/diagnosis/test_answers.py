"""What an answer rests on: numbers, and the limits that they are held against."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.answers import (
    Comparison,
    Evidence,
    Limit,
    at_least,
    at_most,
    below,
    unlike,
)
from tests.diagnosis.planted import a_curve, a_table

CURVE = a_curve([3.0, 2.0, 1.0], tag="epoch_loss", member="train")
WEIGHTS = a_table("weights", {"dense/kernel": {"update_ratio": [0.5, 0.2]}}, steps=[4, 9])


@pytest.mark.parametrize(
    ("value", "limit", "want"),
    [
        (0.2, at_most(0.1), "above"),
        (0.05, at_most(0.1), "below"),
        (0.1, at_most(0.1), "equal"),
        (0.1 + 1e-9, at_most(0.1, room=1e-6), "equal"),
        (0.1 - 1e-9, at_least(0.1, room=1e-6), "equal"),
        (0.1 + 1e-5, at_most(0.1, room=1e-6), "above"),
        (0.0, unlike(0.0), "equal"),
        (-1.0, unlike(0.0), "below"),
        (math.nan, at_most(0.1), None),
        (None, at_most(0.1), None),
        (math.inf, at_most(0.1), "above"),
        (-math.inf, at_least(0.1), "below"),
        # An infinity is on no healthy side.
        (-math.inf, at_most(0.1), None),
        (math.inf, at_least(0.1), None),
    ],
)
def test_how_a_number_stands_to_its_limit(
    value: float | None, limit: Limit, want: Comparison | None
) -> None:
    assert limit.compare(value) == want


def test_evidence_of_a_curve_spans_it() -> None:
    fact = Evidence.of_curve("loss at the end", CURVE, limit=at_most(2.0))
    assert (fact.value, fact.threshold, fact.comparison, fact.healthy) == (1, 2, "below", "at most")
    assert (fact.member, fact.tag, fact.axis) == ("train", "epoch_loss", "epoch")
    assert (fact.first_step, fact.last_step) == (0, 2)


def test_a_statistic_that_the_curve_does_not_show_is_not_drawn_over_it() -> None:
    fact = Evidence.of_curve("spread", CURVE, 0.0, at_least(1e-6), since=1, is_drawn=False)
    assert (fact.tag, fact.member, fact.first_step) == (None, "train", 1)
    assert (fact.comparison, fact.healthy) == ("below", "at least")


def test_evidence_of_a_table_is_shown_by_the_scalar_of_the_same_statistic() -> None:
    scalar = a_curve([0.5, 0.2], tag="zeroacc/update_ratio", member="a/zeroacc")
    told = "update ÷ weights, median"
    fact = Evidence.of_table(told, WEIGHTS, 0.35, at_most(0.1), since=4, shown_by=scalar)
    assert (fact.member, fact.tag, fact.axis) == ("a/zeroacc", "zeroacc/update_ratio", "step")
    assert (fact.first_step, fact.last_step) == (4, None)
    alone = Evidence.of_table(told, WEIGHTS, 0.35, unlike(0.0))
    assert (alone.member, alone.tag, alone.healthy) == ("zeroacc", None, None)


def test_a_number_without_a_limit_is_held_against_nothing() -> None:
    fact = Evidence.of_number("steps on record", 8, unit="steps")
    assert (fact.value, fact.threshold, fact.comparison, fact.healthy) == (8.0, None, None, None)


@pytest.mark.parametrize(
    ("value", "limit", "healthy"),
    [
        (1.0, at_most(1.0), True),
        (1.1, at_most(1.0), False),
        (1.0, at_least(1.0), True),
        (0.9, at_least(1.0), False),
        (0.9, below(1.0), True),
        (1.0, below(1.0), False),
        (2.2, below(2.3, room=0.23), False),
        (2.0, below(2.3, room=0.23), True),
        (-math.inf, below(1.0), False),
        (0.0, unlike(0.0), False),
        (0.5, unlike(0.0), None),
        (math.nan, at_most(1.0), False),
        (math.nan, None, False),
        (3.0, None, None),
        (None, at_most(1.0), None),
    ],
)
def test_whether_a_number_is_healthy(
    value: float | None, limit: Limit | None, healthy: bool | None
) -> None:
    assert Evidence.of_number("loss", value, limit).is_healthy is healthy
