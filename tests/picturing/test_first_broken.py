"""The time line of what is not finite."""

from __future__ import annotations

import math

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.picturing.first_broken import first_broken
from tests.diagnosis.planted import a_curve, a_run, a_table
from tests.picturing.finding import a_finding

INPUTS = a_table(
    "inputs", {"x[0]": {"non_finite_count": 0.0}, "x[3]": {"non_finite_count": [0, 4, 0]}},
    steps=[6, 7, 8],
)  # fmt: skip
WEIGHTS = a_table("weights", {"dense/kernel": {"non_finite_count": [0, 0, 96]}}, steps=[6, 7, 8])
LOSS = a_curve([1.0, math.nan, math.nan], tag="zeroacc/loss", axis="step", steps=[6, 7, 8])


def test_what_broke_follows_step_by_step_from_where_it_began() -> None:
    fact = Evidence.of_table("NaN in `x[3]`", INPUTS, 4.0, at_most(0.0), layer="x[3]")
    picture = first_broken(a_finding("ZA101", fact), a_run(INPUTS, WEIGHTS, LOSS))
    assert picture is not None
    told = [(m["step"], m["place"], m["name"], m["text"]) for m in picture["moments"]]
    assert told == [
        (7, "inputs", "x[3]", "4 values"),
        (7, "loss", "", "NaN"),
        (8, "weights", "dense/kernel", "96 values"),
    ]
    assert [m["wrong"] for m in picture["moments"]] == [True, False, False]


def test_a_loss_that_breaks_by_itself_follows_on_finite_outputs() -> None:
    outputs = a_table("outputs", {"y": {"non_finite_count": 0.0}}, steps=[6, 7, 8])
    picture = first_broken(a_finding("ZA506"), a_run(outputs, LOSS))
    assert picture is not None
    told = [(m["step"], m["place"], m["text"], m["wrong"]) for m in picture["moments"]]
    assert told == [(7, "outputs", "all finite", False), (7, "loss", "NaN", True)]


def test_the_loss_alone_is_left_to_its_curve() -> None:
    """No tensor is on record, or none of that step."""
    assert first_broken(a_finding("ZA501"), a_run(LOSS)) is None
    earlier = a_table("outputs", {"y": {"non_finite_count": 0.0}}, steps=[5, 6])
    assert first_broken(a_finding("ZA501"), a_run(earlier, LOSS)) is None
