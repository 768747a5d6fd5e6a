"""The six steps of a first look: yes, no or cannot tell, and by which checks."""

from __future__ import annotations

import pytest

from tb_zeroacc import telling, wire
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.steps import Step

PREVIEWED = next(rule.code for rule in CATALOGUE if rule.preview)


def answered(checks: dict[str, Answer], step: Step = Step.DATA) -> wire.StepAnswer:
    return telling.checklist(checks)[list(Step).index(step)]


def test_the_steps_stand_in_their_order_and_every_rule_belongs_to_one() -> None:
    titles = [entry["title"] for entry in telling.checklist({})]
    assert titles == ["Loss", "Data", "Gradients", "Architecture", "Sanity", "Simplicity"]
    assert {rule.step for rule in CATALOGUE} == set(Step)


@pytest.mark.parametrize(
    ("checks", "answer", "summary", "flagged"),
    [
        ({}, "cannot_tell", "no check applies", []),
        ({"ZA101": NotApplicable("no inputs")}, "cannot_tell", "no check applies", []),
        ({"ZA101": Passed("finite")}, "yes", "1 of 1 check made", []),
        ({"ZA101": Passed("finite"), "ZA102": CannotTell("?")}, "yes", "1 of 2 checks made", []),
        (
            {"ZA101": Passed("finite"), "ZA102": CannotTell("looks so", is_suspicion=True)},
            "cannot_tell", "1 of 2 checks made", [],
        ),
        (
            {"ZA101": Passed("finite"), "ZA102": CannotTell("?"), "ZA201": CannotTell("?")},
            "cannot_tell", "1 of 3 checks made", [],
        ),
        (
            {"ZA102": Flagged("All 0."), "ZA201": CannotTell("?"), "ZA202": CannotTell("?")},
            "no", "1 of 3 checks made", ["ZA102"],
        ),
        (
            {"ZA101": Passed("finite"), "ZA103": Flagged("Large.", tier=Tier.SMELL)},
            "yes", "2 of 2 checks made", ["ZA103"],
        ),
        ({"ZA999": Flagged("Of no rule.")}, "cannot_tell", "no check applies", []),
        ({"ZA501": Flagged("NaN.")}, "cannot_tell", "no check applies", []),
    ],
)  # fmt: skip
def test_a_step_is_answered_by_its_own_checks(
    checks: dict[str, Answer], answer: str, summary: str, flagged: list[str]
) -> None:
    told = answered(checks)
    assert (told["answer"], told["summary"], told["flagged"]) == (answer, summary, flagged)
    assert told["mark"]["words"] == answer.replace("_", " ")


def test_what_is_in_preview_decides_nothing() -> None:
    step = next(rule.step for rule in CATALOGUE if rule.code == PREVIEWED)
    told = answered({PREVIEWED: Flagged("Perhaps.")}, step)
    assert (told["answer"], told["flagged"]) == ("yes", [PREVIEWED])
