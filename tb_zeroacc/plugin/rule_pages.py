"""The page of a rule, as the tab shows it."""

from __future__ import annotations

import inspect
from typing import cast

from tb_zeroacc import telling, wire
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.plugin.responses import RulePage


def rule_json(code: str) -> RulePage | None:
    """The page of a rule; None where there is none of that code."""
    rule = RULES.get(code)
    if rule is None:
        return None
    return {
        "code": rule.code,
        "title": telling.title(rule.name),
        "strongest": cast(wire.Tier, rule.tier.label),
        "promise": telling.PROMISES[rule.tier],
        "page": inspect.cleandoc(rule.page),
    }
