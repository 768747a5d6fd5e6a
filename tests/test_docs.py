"""The papers of the house are kept true: links lead somewhere, rule pages are those of the code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(paper: Path) -> None:
    links = LINK.findall(paper.read_text(encoding="utf-8"))
    lost = [link for link in links if "://" not in link and not (paper.parent / link).exists()]
    assert lost == [], f"{paper.name} links to what is not there"


def test_the_rules_pages_are_those_of_their_docstrings() -> None:
    spec = importlib.util.spec_from_file_location("rule_pages", ROOT / "tools" / "rule_pages.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "docs/rules").glob("*.md")}
    stale = [name for name, text in tool.pages().items() if written.get(name) != text]
    assert stale == [], "run `make docs`"
    assert sorted(written) == sorted(tool.pages()), "a page without a rule"
