"""The JSON shape of verdicts, version 1: what others rely on, whole and of the right types."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

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
)
from tb_zeroacc.diagnosis.diagnosis import Consequence, Diagnosis, Finding, Outcome, Rivals
from tb_zeroacc.encoding import runs_json
from tb_zeroacc.evidence_encoding import evidence_json, json_number
from tb_zeroacc.facts import Epoch, Unrecorded
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading
from tests.diagnosis.planted import a_curve, a_run

EVIDENCE_KEYS = {
    "run", "tag", "layer", "axis", "first_step", "last_step", "value", "comparison", "threshold",
    "unit", "estimated", "text", "healthy", "value_text", "limit_text", "line_text", "wrong",
    "stretches", "throughout", "rules_out",
}
RUN_KEYS = {
    "path", "run", "members", "sessions", "state", "sampled", "notes", "outcome", "headline",
    "findings", "rivals", "checks", "unrecorded",
}
FINDING_KEYS = {
    "rank", "code", "name", "tier", "summary", "evidence", "rules_out", "counter_evidence",
    "explains", "fix",
}


def a_reading() -> Reading:
    fact = Evidence("loss, step 3", math.nan, 1.0, "above", "nats", "a/zeroacc", "zeroacc/loss")
    finding = Finding(
        rank=1, code="ZA701", name="learning-rate-too-high", tier=Tier.STRONG, summary="Too high.",
        context="", evidence=(fact,), counter_evidence=(fact,),
        explains=(Consequence("ZA704", "stuck-at-chance", "Stuck.", (fact,)),),
        fix=Fix("Lower it.", "Adam(1e-3)"),
    )
    checks: dict[str, Answer] = {
        "ZA701": Flagged("Too high."),
        "ZA101": Passed("all finite"),
        "ZA503": NotApplicable("one layer"),
        "ZA106": CannotTell("not in the log", (Missing("fingerprints", "callback"),)),
    }
    verdict = Diagnosis(
        "a", Outcome.NOT_LEARNING, "Too high.", findings=(finding,),
        rivals=(Rivals(("ZA701", "ZA206"), "a lower rate"),), checks=checks, curve=fact,
    )
    return Reading(a_run(a_curve([3.0, 2.0]), name="a"), verdict)


def test_every_promised_key_is_there() -> None:
    answer = runs_json([a_reading()])
    assert set(answer) == {"version", "tb_zeroacc", "complete", "runs"}
    run = answer["runs"][0]
    assert set(run) >= RUN_KEYS
    assert set(run["findings"][0]) >= FINDING_KEYS
    assert set(run["findings"][0]["explains"][0]) >= {"code", "summary", "evidence"}
    assert set(run["findings"][0]["evidence"][0]) == EVIDENCE_KEYS
    assert set(run["rivals"][0]) == {"codes", "would_separate"}


def test_what_is_not_on_record_is_told() -> None:
    reading = a_reading()
    lacks = Unrecorded("The gradients", "Nobody saw them.", "Apply them.", ("gradients",))
    run = replace(reading.run, unrecorded=(lacks,), epochs=(Epoch(0, 0, None),), end=None)
    told = runs_json([Reading(run, reading.diagnosis)])["runs"][0]
    assert told["unrecorded"] == [
        {"part": "The gradients", "why": "Nobody saw them.", "remedy": "Apply them."}
    ]
    assert told["steps"] is None, "nobody counted them"


def test_the_four_answers_keep_their_names() -> None:
    checks = runs_json([a_reading()])["runs"][0]["checks"]
    assert {code: check["status"] for code, check in checks.items()} == {
        "ZA701": "flagged",
        "ZA101": "passed",
        "ZA503": "not_applicable",
        "ZA106": "cannot_tell",
    }
    assert checks["ZA106"]["needs"] == [{"what": "fingerprints", "how_to_log": "callback"}]


def test_it_is_strict_json() -> None:
    text = json.dumps(runs_json([a_reading()]), allow_nan=False)
    fact = json.loads(text)["runs"][0]["findings"][0]["evidence"][0]
    assert fact["value"] == "NaN"


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (None, None),
        (1.5, 1.5),
        (3.0, 3),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_numbers_on_the_wire(value: float | None, wire: Any) -> None:
    assert json_number(value) == wire


def test_evidence_without_a_curve_has_no_tag() -> None:
    assert evidence_json(Evidence("a fact"), Run("a"))["tag"] is None
