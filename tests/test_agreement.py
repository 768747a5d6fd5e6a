"""What does not agree is found: rows that were changed on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.evidence_encoding import evidence_json
from tests.agreement import Row, disagreements
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
