"""Verdicts as cards in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import tb_zeroacc
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.report.card import MOST, cards
from tests.logs.written import curve, write
from tests.report.verdicts import HOSTILE, finding, healthy, reading


class Seen(HTMLParser):
    """The tags and the text of a page; every tag that is opened must be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style"}
        self.tags.add(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_card_says_the_verdict_with_its_numbers_and_fix() -> None:
    seen = Seen(cards([reading(finding(Tier.STRONG))]))
    for said in (
        "✕ Not learning", "exp/a", "The rate is too high for dense.", "update of dense, step 3",
        "11.5", "ZA701", "strong", "Fix: Lower the rate.", "+ optimizer=Adam(1e-3)",
        "It explains 1 symptom", "ZA704 Stuck at chance", "ZA206 and ZA604 cannot be told apart",
    ):  # fmt: skip
        assert said in seen.text
    assert not seen.tags & {"script", "iframe", "style", "link", "img"}


def test_the_worst_stands_first_and_a_thousand_are_not_shown() -> None:
    broken = reading(finding(Tier.DEFINITE), run="worst", outcome=Outcome.BROKEN)
    seen = Seen(cards([*(healthy(f"fine_{n}") for n in range(MOST + 4)), broken]))
    assert seen.text.index("worst") < seen.text.index("fine_0")
    assert f"fine_{MOST}" not in seen.text
    assert "5 more trainings, none of them worse." in seen.text


def test_no_name_is_markup() -> None:
    seen = Seen(cards([reading(finding(Tier.STRONG, name=HOSTILE), run=HOSTILE)]))
    assert "script" not in seen.tags
    assert "<script>alert(1)</script>" in seen.text


def test_diagnose_shows_itself_and_prints_as_the_command_does(tmp_path: Path) -> None:
    write(tmp_path / "a", curve("loss", [2.0, 1.0, float("nan"), float("nan"), float("nan")]))
    found = tb_zeroacc.diagnose(str(tmp_path))
    assert [each.run for each in found] == ["a"]
    assert Seen(found._repr_html_()).text.count("The loss is NaN from step 2 on") == 1
    lines = repr(found).splitlines()
    assert lines[0].startswith("✕ Broken  a ")
    assert lines[1].startswith("The loss is NaN from step 2 on")
    assert str(found) == repr(found)
