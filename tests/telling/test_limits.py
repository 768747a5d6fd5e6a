"""One way to read a value and its limit."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import (
    Evidence,
    at_least,
    at_most,
    below,
    unlike,
)


@pytest.mark.parametrize(
    ("fact", "value", "limit"),
    [
        (Evidence.of_number("", 66.1, at_most(1.0)), "66.1", "at most 1"),
        (Evidence.of_number("", 0.136, at_least(0.159)), "0.136", "at least 0.159"),
        (Evidence.of_number("", 0.94, at_most(0.9), unit="share"), "94 %", "at most 90 %"),
        (Evidence.of_number("", 0.12, at_most(0.9), unit="share"), "12 %", "at most 90 %"),
        (Evidence.of_number("", 0.8, at_least(1e-4)), "0.8", "at least 1e-4"),
        (Evidence.of_number("", 0.0, unlike(0.0)), "0", "not 0"),
        (Evidence.of_number("", 0.5, unlike(1.0)), "0.5", "1"),
        (Evidence.of_number("", 1.0, unlike(2.0), unit="epochs"), "1 epoch", "2 epochs"),
        (Evidence.of_number("", 2.0, unlike(1.0), unit="batches"), "2 batches", "1 batch"),
        (Evidence.of_number("", math.nan, at_most(1.0), unit="nats"), "NaN", "at most 1 nat"),
        (Evidence.of_number("", 3.0), "3", ""),
        (Evidence.of_number("", 1.0, at_most(0), unit="values"), "1 value", "none"),
        (Evidence.of_number("", 1.0, below(1.0), unit="share"), "100 %", "below 100 %"),
        (Evidence.of_number("", 2.29, below(2.3, room=0.23)), "2.29", "well below 2.3"),
        (Evidence.of_number("", math.nan), "NaN", "finite"),
        (Evidence(""), "", ""),
    ],
)
def test_a_value_and_its_limit_read_as_words(fact: Evidence, value: str, limit: str) -> None:
    assert telling.value_text(fact) == value
    assert telling.limit_text(fact, telling.healthy_side(fact)) == limit


def test_a_line_says_what_it_is() -> None:
    chance = Evidence.of_number("", 0.09, below(2.3, room=0.23, name="guessing scores"))
    assert telling.line_text(chance) == "guessing scores 2.3"
    assert telling.line_text(Evidence.of_number("", 66.1, at_most(1.0))) == "at most 1"
    assert telling.line_text(Evidence("")) == ""
