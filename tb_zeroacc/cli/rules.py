"""`zeroacc rules` and `zeroacc explain`."""

from __future__ import annotations

import inspect
import sys

from tb_zeroacc.cli.exit_codes import CLEAN, USAGE
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.rule import Rule


def print_rules() -> None:
    """Prints one line a rule, in the order of suspicion."""
    width = max(len(rule.name) for rule in CATALOGUE)
    strengths = max(len(rule.strength) for rule in CATALOGUE)
    for rule in CATALOGUE:
        strength = f"{rule.strength:<{strengths}}"
        print(f"{rule.code}  {rule.name:<{width}}  {strength}  {rule.cause}")


def print_page(wanted: str) -> int:
    """Prints a rule's page; the exit code."""
    rule = _find(wanted)
    if rule is None:
        print(f"There is no rule {wanted!r}. `zeroacc rules` lists them all.", file=sys.stderr)
        return USAGE
    print(f"{rule.code} {rule.name} (at most {rule.strength})\n")
    print(inspect.cleandoc(rule.page))
    return CLEAN


def _find(wanted: str) -> Rule | None:
    text = wanted.strip().lower()
    return next((r for r in CATALOGUE if text in (r.code.lower(), r.name)), None)
