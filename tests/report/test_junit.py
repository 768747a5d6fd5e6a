"""Verdicts as JUnit XML."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, Tier, at_most
from tb_zeroacc.report.judged import Judged
from tb_zeroacc.report.junit import junit
from tests.report.verdicts import HOSTILE, finding, healthy, reading


def suites(judged: Judged) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(junit(judged))
    assert root.tag == "testsuites"
    return root.findall("testsuite")


def kinds(suite: ElementTree.Element) -> dict[str, list[str]]:
    """What stands in each test, by its name."""
    return {case.get("name", ""): [part.tag for part in case] for case in suite.iter("testcase")}


@pytest.mark.parametrize(
    ("fail_on", "told"), [(Tier.STRONG, ["failure"]), (Tier.DEFINITE, ["system-out"])]
)
def test_every_check_is_a_test(fail_on: Tier, told: list[str]) -> None:
    (suite,) = suites(Judged([reading(finding(Tier.STRONG))], fail_on=fail_on))
    assert kinds(suite) == {
        "ZA101 input-not-finite": [],
        "ZA301 softmax-on-one-unit": ["skipped"],
        "ZA503 vanishing-gradients": ["skipped"],
        "ZA701 learning-rate-too-high": told,
        "ZA704 stuck-at-chance": ["system-out"],  # a consequence: the cause has failed already
    }
    assert suite.get("tests") == "5"
    assert suite.get("failures") == str(told.count("failure"))
    assert suite.get("skipped") == "2"


def test_a_failure_holds_evidence_and_fix() -> None:
    (suite,) = suites(Judged([reading(finding(Tier.DEFINITE))]))
    failure = suite.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "The rate is too high for `dense`."
    assert failure.text is not None
    assert "update of `dense`, step 3: 11.5\n" in failure.text
    assert failure.text.endswith("- optimizer=Adam(1.0)\n+ optimizer=Adam(1e-3)")


def test_what_could_not_be_read_is_an_error() -> None:
    good, unread = suites(Judged([healthy()], ["There is no directory x."]))
    assert good.get("failures") == "0"
    assert kinds(unread) == {"There is no directory x.": ["error"]}
    assert unread.get("errors") == "1"


def test_any_name_is_text_in_well_formed_xml() -> None:
    hostile = reading(finding(Tier.DEFINITE, name=HOSTILE), run=HOSTILE)
    suite, _ = suites(Judged([hostile], [HOSTILE]))
    assert "<script>alert(1)</script>" in suite.get("name", "")
    assert suite.find(".//script") is None


def test_a_number_stands_with_what_would_be_healthy() -> None:
    base = finding(Tier.DEFINITE)
    row, against = (
        Evidence.of_number(what, value, at_most(1)) for what, value in (("ratio", 3), ("loss", 0.5))
    )
    cause = replace(base, evidence=(row,), counter_evidence=(against,))
    (suite,) = suites(Judged([reading(cause)]))
    text = suite.findtext(".//failure") or ""
    assert "ratio: 3 (healthy: at most 1)\nAgainst it: loss: 0.5 (healthy: at most 1)\n" in text
