"""Verdicts as workflow commands of GitHub."""

from __future__ import annotations

import re

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.report.github import github
from tb_zeroacc.report.judged import Judged
from tests.report.verdicts import HOSTILE, finding, healthy, reading


def test_what_counts_as_failed_is_an_error_and_the_rest_a_warning() -> None:
    found = reading(finding(Tier.DEFINITE), finding(Tier.STRONG, rank=2, code="ZA103"))
    text = github(Judged([found, healthy()], fail_on=Tier.DEFINITE))
    error, warning, notice = text.splitlines()
    assert error == (
        "::error title=exp/a%3A ZA701 learning-rate-too-high::"
        "The rate is too high for `dense`. Fix: Lower the rate."
        "%0A- optimizer=Adam(1.0)%0A+ optimizer=Adam(1e-3)"
    )
    assert warning.startswith("::warning title=exp/a%3A ZA103 ")
    assert notice == "::notice title=good%3A Learning::No fault found: 1 check passed."
    strict = github(Judged([found], fail_on=Tier.STRONG))
    assert [line.split()[0] for line in strict.splitlines()] == ["::error", "::error"]


def test_what_could_not_be_read_is_an_error() -> None:
    text = github(Judged([], ["There is no directory x."]))
    assert text == "::error title=Zero Accuracy::There is no directory x.\n"


def test_no_name_begins_a_command_of_its_own() -> None:
    text = github(Judged([reading(finding(Tier.STRONG, name=HOSTILE), run=HOSTILE)], [HOSTILE]))
    lines = text.splitlines()
    assert len(lines) == 2
    for line in lines:
        title = re.match(r"::\w+ title=([^:,]*)::", line)
        assert title is not None, line
        assert "\x1b" not in line
    assert "%25" in lines[0]
