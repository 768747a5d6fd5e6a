"""Asks one rule about one planted run."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import BEFORE_TRAINING, Answer, Flagged, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.context import context_of
from tb_zeroacc.diagnosis.engine import ask
from tb_zeroacc.run import Run

TOLD: list[tuple[str, Answer]] = []  # every answer so far, for `tests.diagnosis.sentences`


def answer(code: str, run: Run) -> Answer:
    found = ask(RULES[code], context_of(run), strict=True)
    TOLD.append((code, found))
    return found


def flagged(code: str, run: Run) -> Flagged:
    found = answer(code, run)
    assert isinstance(found, Flagged), found
    return found


def check_of_contract(code: str, run: Run, want: type[Answer] | Tier | None) -> None:
    """Wants a kind of answer; a tier (None: the rule's own) is a finding before training."""
    found = answer(code, run)
    if want is None or isinstance(want, Tier):
        assert isinstance(found, Flagged), found
        assert found.tier is want
        assert found.since == BEFORE_TRAINING
    else:
        assert isinstance(found, want)
