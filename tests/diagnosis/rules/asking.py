"""Asks one rule about one planted run."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Answer, Flagged
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
