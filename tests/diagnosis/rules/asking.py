"""Asks one rule about one planted run."""

from __future__ import annotations

import ast

from tb_zeroacc.diagnosis.answers import BEFORE_TRAINING, Answer, Fix, Flagged, Stage, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.diagnosis.engine import ask, judged_stretches, tier_of
from tb_zeroacc.run import Run

TOLD: list[tuple[str, Answer]] = []  # every answer so far, for `tests.diagnosis.sentences`


def answer(code: str, run: Run) -> Answer:
    context = context_of(run, judged_stretches(run, CATALOGUE, strict=True))
    found = ask(RULES[code], context, strict=True)
    TOLD.append((code, found))
    if isinstance(found, Flagged) and found.fix is not None:
        fixed(found.fix)
    return found


def fixed(fix: Fix) -> ast.Module:
    """The code of a fix once its diff is applied, which must be Python."""
    lines = [line for line in fix.code.splitlines() if not line.startswith("- ")]
    return ast.parse("\n".join(line.removeprefix("+ ") for line in lines))


def flagged(code: str, run: Run) -> Flagged:
    found = answer(code, run)
    assert isinstance(found, Flagged), found
    return found


def check(code: str, run: Run, want: type[Answer] | Tier | None) -> None:
    """Wants a kind of answer, or a finding of a tier (None: of the rule's own)."""
    found, rule = answer(code, run), RULES[code]
    if want is None or isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert tier_of(rule, found) is (want or rule.tier)
        assert rule.stage is not Stage.CONTRACT or found.since == BEFORE_TRAINING
    else:
        assert isinstance(found, want), found
