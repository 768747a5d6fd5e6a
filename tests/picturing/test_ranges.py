"""Ranges below one another."""

from __future__ import annotations

import math

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, Limit, at_least, at_most
from tb_zeroacc.picturing.ranges import outputs, shrinking, targets, updates, wrong_updates
from tb_zeroacc.run import Table
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.picturing.finding import a_finding

CONTRACT = a_contract(activation="relu", units=1, loss="mean_squared_error")
LABELS = a_table("labels", {"y": {"min": -25.0, "max": 9.0, "integer_share": 0.0, "units": 1,
                                  "count": 32, "examples": 32, "mean": -3.0, "std": 5.0,
                                  "row_sum_min": -25.0, "row_sum_max": 9.0}})  # fmt: skip
MADE = a_table("outputs", {"y": {"min": 0.0, "max": 1.5}})


def test_targets_out_of_reach_stand_beside_the_outputs_and_their_limit() -> None:
    fact = Evidence.of_table("smallest target", LABELS, -25.0, at_least(0.0), layer="y")
    picture = targets(a_finding("ZA307", fact), a_run(CONTRACT, LABELS, MADE))
    assert picture is not None
    assert [(row["name"], row["text"], row["wrong"]) for row in picture["rows"]] == [
        ("labels", "-25 .. 9", True), ("outputs", "0 .. 1.5", False),
    ]  # fmt: skip
    assert (picture["low"], picture["high"], picture["healthy"]) == (0.0, None, "at least 0")


def test_a_limit_of_another_unit_is_no_end_of_a_range() -> None:
    fact = Evidence.of_table("not whole", LABELS, 9.0, at_most(0.0), unit="share", layer="y")
    picture = targets(a_finding("ZA204", fact), a_run(CONTRACT, LABELS, MADE))
    assert picture is not None
    assert (picture["low"], picture["high"], picture["healthy"]) == (None, None, "")


def test_shares_of_classes_do_not_stand_beside_class_numbers() -> None:
    picture = outputs(a_finding("ZA304"), a_run(a_contract(), LABELS, MADE))
    assert picture is not None
    assert [row["name"] for row in picture["rows"]] == ["outputs"]


def test_weights_that_nobody_updates_are_points() -> None:
    table = a_table("weights", {
        "dense/kernel": {"rms": [0.2, 0.2, 0.2], "unit_spread": 0.1},
        "head/kernel": {"rms": [0.2, 0.3, 0.4], "unit_spread": 0.1},
    })  # fmt: skip
    picture = updates(a_finding("ZA708"), a_run(a_contract(), table))
    assert picture is not None
    assert [(row["text"], row["wrong"]) for row in picture["rows"]] == [
        ("0.2", True), ("0.2 .. 0.4", False),
    ]  # fmt: skip
    assert picture["healthy"] == ""


def test_weights_that_are_shrunk_reach_down_and_are_named() -> None:
    table = a_table("weights", {
        "dense/kernel": {"rms": [0.2, 0.02, 0.002], "unit_spread": 0.1},
        "head/kernel": {"rms": [0.2, 0.3, 0.4], "unit_spread": 0.1},
    })  # fmt: skip
    fact = Evidence.of_table("end ÷ first", table, 0.01, at_least(0.5), layer="dense/kernel")
    run = a_run(a_contract(), table)
    picture = shrinking(a_finding("ZA609", fact), run)
    assert picture is not None
    assert picture["log"]
    assert [(row["text"], row["wrong"]) for row in picture["rows"]] == [
        ("0.002 .. 0.2", True), ("0.2 .. 0.4", False),
    ]  # fmt: skip
    assert shrinking(a_finding("ZA609"), run) is None, "it names none"


def test_updates_stand_for_a_finding_only_where_one_is_wrong() -> None:
    finding = a_finding("ZA507")
    none = a_run(a_contract(), of_weights([0.0] * 4, [0.0] * 4))
    sound = a_run(a_contract(), of_weights([1e-3] * 4, [1e-3] * 4))
    picture = wrong_updates(finding, none)
    assert picture is not None
    assert [row["wrong"] for row in picture["rows"]] == [True, True]
    assert wrong_updates(finding, sound) is None


def test_what_is_not_finite_is_no_range() -> None:
    endless = a_table("outputs", {"y": {"min": [0.0, -math.inf], "max": 1.5}})
    picture = targets(a_finding("ZA307"), a_run(CONTRACT, LABELS, endless))
    assert picture is not None
    assert [row["name"] for row in picture["rows"]] == ["labels"]
    assert outputs(a_finding("ZA304"), a_run(a_contract(), endless)) is None


def of_weights(first: list[float], second: list[float]) -> Table:
    rows = {"dense/kernel": first, "head/kernel": second}
    return a_table("weights", {
        row: {"update_ratio": ratios, "unit_spread": 0.1, "rms": 0.1}
        for row, ratios in rows.items()
    })  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "value", "until", "wrong", "bounds"),
    [
        (at_most(1.0), 72.0, 0, [False, True], (3e-5, 1.0)),
        (at_most(1.0), 72.0, 3, [False, True], (3e-5, 1.0)),
        (at_least(3e-5), 2e-6, 3, [True, False], (3e-5, 0.1)),
    ],
)
def test_layers_whose_updates_are_wrong(
    limit: Limit, value: float, until: int, wrong: list[bool], bounds: tuple[float, float]
) -> None:
    """By what is typical in the stretch, or else by a single step of it."""
    table = of_weights([2e-6] * 4, [72.0, 0.01, 0.01, 0.01])
    fact = Evidence.of_table("update ÷ weights", table, value, limit, since=0, until=until)
    picture = updates(a_finding("ZA701", fact), a_run(a_contract(), table))
    assert picture is not None
    assert [row["wrong"] for row in picture["rows"]] == wrong
    assert (picture["low"], picture["high"]) == bounds
    assert picture["log"]
