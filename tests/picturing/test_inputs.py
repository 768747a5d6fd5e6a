"""Pictures of the inputs."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.picturing.choosing import picture_of
from tests.agreement import crossings
from tests.diagnosis.planted import a_run, a_table
from tests.picturing.finding import a_finding

# Correlations of the input columns with a label; whether they span decades.
NO_RELATION: dict[str, tuple[float, ...]] = {
    "alike": (0.02, 0.03, 0.05),
    "over three decades": (0.0001, 0.001, 0.06),
    "in either direction": (-0.06, 0.03),
}


@pytest.mark.parametrize("correlations", NO_RELATION.values(), ids=NO_RELATION)
def test_correlations_stand_between_0_and_1_below_what_chance_reaches(
    correlations: tuple[float, ...],
) -> None:
    run = a_run(
        a_table("association", {f"x[{n}]": {"y": r} for n, r in enumerate(correlations)}),
        a_table("association_examples", {"examples": {"examples": 2000.0}}, columns=("examples",)),
    )
    picture = picture_of(a_finding("ZA206"), run)
    assert picture is not None
    assert picture["kind"] == "bars"
    assert (picture["log"], picture["top"]) == (False, 1.0), "a correlation is no size"
    assert picture["groups"][0]["values"] == sorted(map(abs, correlations), reverse=True)
    assert picture["limit"] is not None
    assert 0.06 < picture["limit"]["value"] < 0.2
    assert picture["limit"]["text"].startswith("more than chance from 0.09")
    assert len(picture["wrong"]) == len(correlations)
    assert crossings(picture, []) == []


def test_a_relation_that_is_no_chance_is_not_drawn_as_none() -> None:
    run = a_run(
        a_table("association", {"x[0]": {"y": 0.6}, "x[1]": {"y": 0.01}}),
        a_table("association_examples", {"examples": {"examples": 2000.0}}, columns=("examples",)),
    )
    assert picture_of(a_finding("ZA206"), run) is None


def test_shares_end_at_1() -> None:
    gradients = a_table("gradients", {"a": {"zero_share": 0.95}, "b": {"zero_share": 0.2}})
    fact = Evidence.of_table("zeros of `a`", gradients, 0.95, at_most(0.9), unit="share", layer="a")
    picture = picture_of(a_finding("ZA507", fact), a_run(gradients))
    assert picture is not None
    assert picture["kind"] == "bars"
    assert picture["top"] == 1.0
