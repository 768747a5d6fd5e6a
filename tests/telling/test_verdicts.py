"""How a verdict is told: one severity, one mark, one main finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome


def verdict(outcome: Outcome, tier: Tier | None = None) -> Diagnosis:
    if tier is None:
        return Diagnosis("a", outcome, "A headline.")
    found = Finding(1, "ZA999", "nan-somewhere", tier, "A fault.", "", (), (), (), Fix("Do it."))
    is_remark = outcome is Outcome.LEARNING and tier is Tier.SMELL
    headline = "No fault found." if is_remark else found.summary
    return Diagnosis("a", outcome, headline, findings=(found,))


def test_the_worst_come_first_the_surest_of_them_first_then_by_name() -> None:
    trainings = {
        "fine": verdict(Outcome.LEARNING),
        "remark": verdict(Outcome.LEARNING, Tier.SMELL),
        "unknown": verdict(Outcome.CANNOT_TELL),
        "early": verdict(Outcome.FINISHED_EARLY, Tier.STRONG),
        "flawed": verdict(Outcome.LEARNING, Tier.DEFINITE),
        "stuck10": verdict(Outcome.NOT_LEARNING, Tier.STRONG),
        "Stuck2": verdict(Outcome.NOT_LEARNING, Tier.STRONG),
        "stuck": verdict(Outcome.NOT_LEARNING),
        "nan": verdict(Outcome.BROKEN, Tier.DEFINITE),
    }
    ranked = sorted(trainings, key=lambda name: telling.rank(trainings[name], name))
    assert ranked == [
        "nan", "Stuck2", "stuck10", "stuck", "flawed", "early", "unknown", "remark", "fine",
    ]  # fmt: skip
    needing = [n for n in ranked if telling.severity(trainings[n]).needs_a_look]
    assert needing == ranked[:6]
    values = [telling.severity(trainings[name]) for name in ranked]
    assert values == sorted(values, reverse=True)


def test_names_of_digits_alone_and_of_any_length_are_ranked() -> None:
    names = ["9" * 5000, "10", "007", "7", "", "\udcff", "\u0663", "a/b"]
    ranked = sorted(names, key=lambda name: telling.rank(verdict(Outcome.LEARNING), name))
    assert ranked.index("7") < ranked.index("10") < ranked.index("9" * 5000)


@pytest.mark.parametrize(
    ("told", "sign", "words", "cause", "main"),
    [
        (verdict(Outcome.LEARNING), "✓", "Learning", "No fault found", False),
        (verdict(Outcome.LEARNING, Tier.SMELL), "✓", "Learning", "No fault, one remark", False),
        (
            verdict(Outcome.LEARNING, Tier.STRONG),
            "▲", "Learning, with a fault", "NaN somewhere", True,
        ),
        (verdict(Outcome.BROKEN, Tier.SMELL), "✕", "Broken", "NaN somewhere", True),
        (verdict(Outcome.NOT_LEARNING), "✕", "Not learning", "No cause could be shown", False),
        (
            verdict(Outcome.CANNOT_TELL),
            "?", "Could not be told", "The log does not say enough", False,
        ),
    ],
)  # fmt: skip
def test_mark_cause_and_main_finding(
    told: Diagnosis, sign: str, words: str, cause: str, main: bool
) -> None:
    assert telling.mark(told)["sign"] == sign
    assert telling.mark(told)["words"] == words
    assert telling.cause(told) == cause
    assert telling.main_finding(told) == (told.findings[0] if main else None)


def test_a_headline_of_another_matter_has_no_main_finding() -> None:
    found = verdict(Outcome.NOT_LEARNING, Tier.SMELL)
    broken_off = replace(found, headline="The record breaks off in epoch 3.")
    assert telling.main_finding(broken_off) is None
    assert telling.cause(broken_off) == "No cause could be shown"


def test_further_findings_are_all_but_the_one_that_the_headline_speaks_of() -> None:
    first = verdict(Outcome.BROKEN, Tier.DEFINITE)
    second = replace(first.findings[0], rank=2, code="ZA998", summary="Another fault.")
    both = replace(first, findings=(*first.findings, second))
    assert telling.further_findings(first) == ()
    assert telling.further_findings(both) == (second,)
    remark = verdict(Outcome.LEARNING, Tier.SMELL)
    assert telling.further_findings(remark) == remark.findings
    remarks = replace(remark, findings=2 * remark.findings)
    assert telling.cause(remarks) == "No fault, 2 remarks"


def test_answers_are_tallied_in_the_order_to_show_them() -> None:
    answers: list[Answer] = [
        Passed("fine"), NotApplicable("no such layer"), CannotTell("not in the log"),
        Flagged("Bad."), Passed("fine, too"),
    ]  # fmt: skip
    told = telling.tally(answers)
    assert [(entry["count"], entry["mark"]["words"]) for entry in told] == [
        (1, "flagged"), (1, "could not be told"), (2, "passed"), (1, "not applicable"),
    ]  # fmt: skip


def test_green_means_that_most_checks_were_made() -> None:
    learned = Diagnosis("a", Outcome.LEARNING, "A headline.")
    untold = {code: CannotTell("not in the log") for code in "BCD"}
    seen = replace(learned, checks={"A": Passed("fine")})
    unseen = replace(learned, checks={"A": Passed("fine"), **untold})
    assert telling.mark(seen) == {"sign": "✓", "words": "Learning", "tone": "good"}
    assert telling.mark(unseen) == {
        "sign": "✓", "words": "Learning, inside unknown", "tone": "soft",
    }  # fmt: skip
    assert telling.cause(seen) == "No fault found"
    assert telling.cause(unseen) == telling.UNSEEN
    stuck = replace(unseen, outcome=Outcome.NOT_LEARNING)
    assert telling.mark(stuck)["tone"] == "bad"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dead-relu-units", "Dead ReLU units"),
        ("eta-always-zero", "ETA always zero"),
        ("relu-output-misses-targets", "ReLU output misses targets"),
        ("overfits", "Overfits"),
    ],
)
def test_a_rules_name_in_words(name: str, words: str) -> None:
    assert telling.title(name) == words
