"""How numbers read in sentences."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.wording import count, duration, number, percent, times


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (10.0, "10"),
        (72.4, "72.4"),
        (0.0312, "0.0312"),
        (1.6e-8, "1.6e-8"),
        (8240.4, "8240"),
        (33409.2, "33 409"),
        (12345.0, "12 345"),
        (3.2e9, "3.2e9"),
        (-4.0e-5, "-4e-5"),
        (-2.5, "-2.5"),
        (math.nan, "NaN"),
        (math.inf, "infinity"),
        (-math.inf, "-infinity"),
    ],
)
def test_number(value: float, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.003, "0.3 %"), (0.04, "4 %"), (0.9996, "99.9 %"), (1.0, "100 %"),
     (14.2, "1420 %"), (142.0, "14 200 %"), (4e-6, "0.0004 %"), (1.23e-5, "0.0012 %"),
     (0.0099999998, "1 %"), (2e-11, "less than 0.000001 %"), (-0.0, "0 %"), (-0.04, "-4 %"),
     (-0.003, "-0.3 %"), (-2e-11, "0 %")],
)
def test_percent_never_rounds_to_all_or_nothing(share: float, words: str) -> None:
    assert percent(share) == words


def test_count_agrees_with_its_noun() -> None:
    assert (count(1, "step"), count(20, "step"), count(0, "epoch"), count(2, "batch")) == (
        "1 step", "20 steps", "0 epochs", "2 batches",
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3.0, "0 s"), (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (90.0, "2 min"),
        (3599.0, "1 h"), (7500.0, "2 h 5 min"), (86400.0, "1 d"), (90000.0, "1 d 1 h"),
        (1e7, "115 d 17 h"), (math.inf, "infinity"),
    ],
)  # fmt: skip
def test_durations_in_at_most_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_multiple_of_one_is_no_multiple() -> None:
    assert times(3.2, "its start") == "3.2 times its start"
    assert times(1.001, "its start") == "about its start"
