"""How a verdict is told: one severity, one mark, one main finding, one way to read a limit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Missing,
    NotApplicable,
    Passed,
    Tier,
    at_least,
    at_most,
    below,
    unlike,
)
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.diagnosis.needs import CALLBACK
from tests.diagnosis.planted import a_curve, a_run


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


def test_what_lacks_is_grouped_by_the_line_that_would_log_it() -> None:
    def lacks(*lines: str) -> CannotTell:
        return CannotTell("not in the log", tuple(Missing(f"what {s}", s) for s in lines))

    checks: dict[str, Answer] = {"A": lacks("x"), "B": lacks("y", CALLBACK), "C": lacks("y")}
    told = telling.lacking(checks)
    assert [(line["how_to_log"], line["codes"]) for line in told] == [
        ("y", ["B", "C"]), ("x", ["A"]), (CALLBACK, ["B"]),
    ]  # fmt: skip
    assert told[0]["what"] == "what y"
    checks["D"] = lacks("")
    assert telling.lacking(checks) == told, "nothing would log it"


def test_what_one_writer_would_log_is_one_block() -> None:
    lines = ("writer.add_scalar('a', a, step)", "writer.add_scalar('b', b, step)")
    checks: dict[str, Answer] = {
        code: CannotTell("not in the log", (Missing(line[19], line),))
        for code, line in zip("AB", lines, strict=True)
    }
    (block,) = telling.lacking(checks)
    assert block["how_to_log"].splitlines() == list(lines)
    assert (block["what"], block["codes"]) == ("a, b", ["A", "B"])


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


TAGS = {
    "Keras'": ("epoch_loss", ""),
    "PyTorch's": ("train/loss", "Only what trains with Keras on TensorFlow 2 can be recorded."),
    "nobody's": (
        "loss", "tb_zeroacc.Monitor records a loop that trains a Keras model; others cannot be.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tag", "more"), TAGS.values(), ids=TAGS.keys())
def test_what_only_a_recording_tells_says_what_can_be_recorded(tag: str, more: str) -> None:
    run = a_run(a_curve([2.0, 1.0], tag=tag), recorded=False)
    checks = {"A": CannotTell("not in the log", (Missing("statistics of the inputs", ""),))}
    told = telling.no_recording(run, checks)
    assert told is not None
    sentence = "No recording: 1 check of inputs, ... needs one."
    assert told["sentence"] == f"{sentence} {more}".rstrip()


def test_the_first_lines_are_code_that_says_whose_it_is() -> None:
    lines = telling.first_lines('a "log" dir')
    compile(lines, "lines", "exec")
    assert lines.startswith("# in Keras")
