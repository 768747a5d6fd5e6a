"""A summary is the same in whatever pieces it is made, and bounded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_zeroacc.fleet import summary
from tb_zeroacc.fleet.summary import Summary


def verdict(run: str, *codes: str, hours: int = 1, main: str | None = None) -> dict[str, Any]:
    findings = [
        {"code": code, "name": code.lower(), "title": code, "tier": "strong",
         "fix": {"text": f"Mend {code}.", "code": ""}} for code in codes
    ]  # fmt: skip
    return {
        "run": run, "severity": 5 if codes else 0,
        "mark": {"sign": "x", "words": "Bad" if codes else "Good", "tone": "bad"},
        "first_time": 1e9, "last_time": 1e9 + 3600 * hours, "findings": findings,
        "main": main or (codes[0] if codes else None),
    }  # fmt: skip


def of(*verdicts: dict[str, Any]) -> Summary:
    found = Summary()
    for each in verdicts:
        found.add_verdict("logs", each)
    return found


def test_what_would_pay_most_comes_first() -> None:
    told = of(
        verdict("a/1", "ZA701", hours=2), verdict("a/2", "ZA701"), verdict("b/3", "ZA101", "ZA701"),
        verdict("b/4"), verdict("c", "ZA103"), verdict("c2", "ZA103"), verdict("c3", "ZA103"),
    ).json()  # fmt: skip
    assert (told["trainings"], told["need_a_look"], told["hours"]) == (7, 6, 8.0)
    causes = [(c["code"], c["main"], c["runs"], c["hours"]) for c in told["causes"]]
    assert causes == [("ZA103", 3, 3, 3.0), ("ZA701", 2, 3, 3.0), ("ZA101", 1, 1, 1.0)]
    rate = told["causes"][1]
    assert [(at["folder"], at["runs"]) for at in rate["folders"]] == [("logs/a", 2), ("logs/b", 1)]
    assert (rate["first_time"], rate["last_time"]) == (1e9, 1e9 + 7200)
    assert rate["fix"] == {"text": "Mend ZA701.", "code": ""}
    assert [each["runs"] for each in told["outcomes"]] == [6, 1]


@given(st.data())
def test_in_whatever_pieces(data: Any) -> None:
    names = st.text("abcdef/", min_size=1, max_size=3)
    codes = st.lists(st.sampled_from(["ZA101", "ZA103", "ZA701"]), unique=True, max_size=3)
    made = data.draw(st.lists(st.builds(lambda run, codes: verdict(run, *codes), names, codes)))
    cut = data.draw(st.integers(0, len(made)))
    whole, left, right = of(*made), of(*made[:cut]), of(*made[cut:])
    left.add(right)
    assert left.json() == whole.json()


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "FOLDERS", 10)
    many = of(*(verdict(f"folder_{n}/run", "ZA101") for n in range(100)))
    for n in range(100):
        many.add_error(f"place {n}", "It is broken.")
    (cause,) = many.causes.values()
    assert len(cause.folders) == 11
    assert cause.folders[summary.ELSEWHERE] == 90
    assert len(cause.examples) == summary.EXAMPLES
    assert (many.unread, len(many.errors)) == (100, summary.ERRORS)
