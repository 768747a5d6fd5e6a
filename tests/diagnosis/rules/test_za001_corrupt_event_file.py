"""ZA001 corrupt-event-file."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Answer, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.run import Damage, Run
from tests.diagnosis.planted import a_curve, a_run
from tests.diagnosis.rules.asking import answer, flagged

FALLS = a_curve([2.3, 1.4, 0.9, 0.6, 0.4, 0.3, 0.2, 0.15, 0.12, 0.1])


def damaged(*damage: Damage) -> Run:
    return a_run(FALLS, recorded=False, damage=damage, damaged=True)


ZA001: dict[str, tuple[Run, type[Answer]]] = {
    "whole": (a_run(FALLS), Passed),
    "cut off in its last record": (a_run(FALLS, damaged=True), Passed),
    "a record fails its checksum": (damaged(Damage("`a`", 1, 0, 80)), Flagged),
    "bytes are left over": (damaged(Damage("`a`", 0, 9, 80)), Flagged),
}


@pytest.mark.parametrize(("run", "want"), ZA001.values(), ids=ZA001.keys())
def test_corrupt_event_file(run: Run, want: type[Answer]) -> None:
    assert isinstance(answer("ZA001", run), want)


@pytest.mark.parametrize(
    ("records", "missing", "said"),
    [
        (1, 0, "1 record of `a` is lost, the first at byte 80."),
        (2, 0, "2 records of `a` are lost, the first at byte 80."),
        (0, 45, "45 bytes of `a` are lost, the first at byte 80."),
        (1, 45, "1 record and 45 more bytes of `a` are lost, the first at byte 80."),
    ],
)
def test_it_says_how_much_is_lost_and_where(records: int, missing: int, said: str) -> None:
    found = flagged("ZA001", damaged(Damage("`a`", records, missing, 80)))
    assert found.summary == f"The log is damaged: {said}"
    assert [fact.value for fact in found.evidence] == [n for n in (records, missing) if n]


def test_every_file_is_counted_and_the_first_ones_are_shown() -> None:
    found = flagged("ZA001", damaged(*(Damage(f"`{n}`", 1, 0, n) for n in range(9))))
    assert found.summary.endswith("The same holds for 8 other files.")
    assert len(found.evidence) == 5


def test_a_damaged_log_that_learns_has_learned() -> None:
    verdict = diagnose(damaged(Damage("`a`", 1, 0, 80)), CATALOGUE, strict=True)
    assert verdict.outcome is Outcome.LEARNING
    assert [finding.code for finding in verdict.findings] == ["ZA001"]
