"""Which picture a finding gets: every rule names a motif, none hides behind an ordinary curve."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.diagnosis import Finding
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.rule import Rule
from tb_zeroacc.picturing import choosing
from tb_zeroacc.picturing.choosing import DRAWN_BY, PLAIN, picture_of
from tb_zeroacc.run import Run
from tests.agreement import crossings
from tests.diagnosis.planted import a_run, a_table
from tests.diagnosis.rules.asking import flagged
from tests.diagnosis.rules.planted.scale import CONTRACT, STUCK, scales
from tests.picturing.finding import a_finding

# The fault is the course of a curve that the log holds: nothing shows it better.
COURSE_OF_A_CURVE = {
    "ZA005": "the record ends early",
    "ZA508": "the loss leaps at single batches",
    "ZA703": "the loss grows",
    "ZA704": "the loss stays at the baseline",
    "ZA705": "the loss still falls at the end",
    "ZA710": "the reward does not rise",
}
# Facts about the log itself, which have no shape.
NO_SHAPE = {"ZA001", "ZA002", "ZA003", "ZA004", "ZA113", "ZA802", "ZA804"}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.code)
def test_no_rule_draws_an_ordinary_curve_where_it_knows_better(rule: Rule) -> None:
    """A new rule names its motif, or stands in one of the two tables above with the reason."""
    assert (rule.motif is Motif.ITS_CURVE) is (rule.code in COURSE_OF_A_CURVE)
    assert (rule.motif is Motif.NUMBERS) is (rule.code in NO_SHAPE)


def test_every_motif_can_be_drawn_and_is_some_rules() -> None:
    assert set(DRAWN_BY) == set(Motif) - set(PLAIN)
    assert {rule.motif for rule in CATALOGUE} == set(Motif)


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.code)
def test_a_run_without_data_has_no_picture(rule: Rule) -> None:
    assert picture_of(a_finding(rule.code), Run("empty")) is None


def test_a_fault_in_drawing_hides_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(finding: Finding, run: Run) -> None:
        raise ValueError("cannot be drawn")

    monkeypatch.setitem(choosing.DRAWN_BY, RULES["ZA104"].motif, fails)
    assert picture_of(a_finding("ZA104"), Run("a")) is None


def test_all_that_lie_beyond_the_limit_are_flagged_and_no_others() -> None:
    values = {row: {"mean": 0.0, "std": std} for row, std in (("x[0]", 1.0), ("x[1]", 500.0),
                                                               ("x[2]", 20.0))}  # fmt: skip
    table = a_table("inputs", values)
    large = Evidence.of_table("size of the largest", table, 500.0, at_most(10.0), layer="x[1]")
    picture = picture_of(a_finding("ZA104", large), a_run(table))
    assert picture is not None
    assert picture["kind"] == "bars"
    assert picture["names"] == ["x[1]", "x[2]", "x[0]"]
    assert picture["wrong"] == [0, 1]
    assert picture["log"]
    assert picture["limit"] == {"value": 10.0, "text": "at most 10"}


def test_a_limit_of_other_numbers_is_not_drawn() -> None:
    table = a_table("inputs", {f"x[{n}]": {"mean": 0.0, "std": n + 1.0} for n in range(4)})
    ratio = Evidence.of_table("largest ÷ median", table, 4000.0, at_most(100.0), layer="x[3]")
    picture = picture_of(a_finding("ZA104", ratio), a_run(table))
    assert picture is not None
    assert picture["kind"] == "bars"
    assert picture["limit"] is None
    assert picture["wrong"] == [0], "of the one that is named"


# The largest feature; which limit decides, and how many lie beyond it.
DECIDING: dict[str, tuple[tuple[float, ...], str, int]] = {
    "100 times the median": ((0.2, 0.2, 0.2, 874), "100 times the median is 20", 1),
    "two beyond": ((0.2, 0.2, 0.2, 30, 874), "100 times the median is 20", 2),
    "large, but less than 100 times": ((0.9, 0.9, 0.9, 20, 874), "100 times the median is 90", 1),
    "its size, where the others are tiny": ((0.02, 0.02, 0.02, 4, 874), "below 10", 1),
    "the ratio is as large as the size": ((1.0, 1.0, 1.0, 40, 874), "100 times the median is 100",
                                          1),
}  # fmt: skip


@pytest.mark.parametrize(("sizes", "text", "beyond"), DECIDING.values(), ids=DECIDING)
def test_the_limit_that_decides_is_drawn(
    sizes: tuple[float, ...], text: str, beyond: int
) -> None:
    run = a_run(scales(*sizes), CONTRACT, *STUCK)
    found = flagged("ZA104", run)
    picture = picture_of(a_finding("ZA104", *found.evidence), run)
    assert picture is not None
    assert picture["kind"] == "bars"
    assert picture["limit"] is not None
    assert picture["limit"]["text"] == text
    assert picture["wrong"] == list(range(beyond))
    assert crossings(picture, found.evidence) == []
