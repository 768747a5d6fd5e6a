"""What does not agree is found: rows that were changed on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.evidence_encoding import evidence_json
from tb_zeroacc.wire.evidence import Bars
from tests.agreement import Row, crossings, disagreements
from tests.diagnosis.planted import a_curve, a_run

LOSS = a_curve([1.0, 9.0, 9.5, 1.0], tag="zeroacc/loss", axis="step")
RUN = a_run(LOSS)
FACT = Evidence.of_curve("largest loss", LOSS, 9.5, at_most(8.0))
ROW = Row("planted", "ZA703", RUN, FACT, evidence_json(FACT, RUN), wrong=True)

CHANGES: dict[str, dict[str, Any]] = {
    "a tick where it is wrong": {"wrong": False},
    "no verdict on the row": {"wrong": None},
    "a limit that says the opposite": {"limit_text": "at least 8"},
    "no limit": {"limit_text": ""},
    "nothing is marked": {"stretches": []},
    "right points are marked, too": {"stretches": [[0, 3]]},
}


def test_what_agrees_is_no_disagreement() -> None:
    assert ROW.told["stretches"] == [[1, 2]]
    assert disagreements(ROW) == []


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_does_not_agree_is_found(change: dict[str, Any]) -> None:
    changed: Any = {**ROW.told, **change}
    assert disagreements(replace(ROW, told=changed))


def test_a_row_that_stands_among_those_of_the_other_side_is_found() -> None:
    assert disagreements(replace(ROW, wrong=False))


BARS: Bars = {
    "kind": "bars", "title": "", "what": "feature", "unit": "", "log": False,
    "top": None, "names": ["a", "b", "c"], "wrong": [0],
    "groups": [{"name": "", "values": [9.5, 8.0, "NaN"]}],
    "limit": {"value": 8.0, "text": "at most 8"}, "left_out": 0,
}  # fmt: skip
WRONG_BARS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "one is marked that does not cross": (
        {"wrong": [0, 1], "groups": [{"name": "", "values": [9.5, 7.0, 1.0]}]}, ["b"]),
    "one crosses that is not marked": (
        {"groups": [{"name": "", "values": [9.5, 8.5, 1.0]}]}, ["b"]),
    "of the second group, too": (
        {"groups": [*BARS["groups"], {"name": "", "values": [1, 1, 9.0]}]}, ["c"]),
    "none is marked": ({"wrong": []}, ["a"]),
    "the other side is meant": ({"limit": {"value": 8.0, "text": "at least 8"}}, ["a"]),
}  # fmt: skip


def test_bars_whose_marks_and_line_agree_are_right() -> None:
    assert crossings(BARS, [FACT]) == []
    assert crossings({**BARS, "limit": None, "wrong": [1]}, [FACT]) == []


@pytest.mark.parametrize(("change", "names"), WRONG_BARS.values(), ids=WRONG_BARS)
def test_bars_that_lie_on_another_side_than_their_mark_says_are_found(
    change: dict[str, Any], names: list[str]
) -> None:
    changed: Any = {**BARS, **change}
    assert [complaint.split()[0] for complaint in crossings(changed, [FACT])] == names
