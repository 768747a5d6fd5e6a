"""Writes a page a rule from its docstring: `python tools/rule_pages.py docs/rules`."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.rule import Rule

EVIDENCE = Path(__file__).parents[1] / "docs" / "rules" / "evidence.json"


def page(rule: Rule) -> str:
    """The page of a rule in Markdown."""
    head = f"# {rule.code} {rule.name}\n\nStrongest tier: {rule.strength}.\n\n"
    return head + inspect.cleandoc(rule.page) + "\n" + evidence(rule.code)


def evidence(code: str) -> str:
    """What shows a rule to be right, from `docs/rules/evidence.json`; empty where it is unknown."""
    counts = json.loads(EVIDENCE.read_text(encoding="utf-8")) if EVIDENCE.is_file() else {}
    seen = counts.get(code)
    if seen is None:
        return ""
    told = "Of no program of our own is this the cause"
    if seen["programs"]:
        told = (
            f"Told in {seen['told']} of {seen['programs']} programs of our own that have this cause"
            f" ({seen['told_held_out']} of {seen['held_out']} on which nothing was tuned)"
        )
    return (
        f"\n## Evidence\n{told}. Silent on {seen['silent']} of {seen['healthy']} healthy trainings "
        f"of our own and on {seen['silent_on_strangers']} of {seen['strangers']} healthy runs of "
        "strangers.\n"
    )


def index() -> str:
    """The list of all pages."""
    rows = "".join(
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.strength} | {rule.cause} |\n"
        for rule in CATALOGUE
    )
    return (
        "# Rules\n\nIn the order of suspicion.\n\n| code | name | strongest tier | cause |\n"
        f"| --- | --- | --- | --- |\n{rows}"
    )


def pages() -> dict[str, str]:
    """Every file of the folder by name."""
    return {"README.md": index(), **{f"{rule.code}.md": page(rule) for rule in CATALOGUE}}


def main() -> None:
    """Writes all pages into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
