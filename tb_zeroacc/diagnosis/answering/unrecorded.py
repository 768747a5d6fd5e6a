"""What is not recorded, as a reason not to pass."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed
from tb_zeroacc.diagnosis.needs import Need
from tb_zeroacc.facts import Unrecorded
from tb_zeroacc.run import Run


def as_far_as_recorded(run: Run, answer: Answer, *kinds: str) -> Answer:
    """Qualifies an answer that found nothing where rows of its tables are missing.

    Args:
        run: The training.
        answer: Turned into one that cannot tell, unless it is a finding.
        *kinds: The tables.
    """
    if not isinstance(answer, Passed | NotApplicable):
        return answer
    for lacking in run.unrecorded:
        for kind in set(kinds) & set(lacking.tables):
            table = run.table(kind)
            if table is None or (lacking.rows and not set(table.rows).issuperset(lacking.rows)):
                return CannotTell(f"{answer.reason}, as far as recorded; {reason_of(lacking)}")
    return answer


def reason_of(fact: Unrecorded) -> str:
    """What is not recorded and why, as the reason of an answer."""
    begin = fact.part[:1].lower() + fact.part[1:]
    return f"not on record: {begin}. {fact.why}".removesuffix(".")


def not_recorded(run: Run, need: Need[Any]) -> CannotTell:
    """The answer of a rule that lacks one of its alternatives: why, as far as the recorder says."""
    said = need.said_by(run)
    if said is not None:
        return CannotTell(reason_of(said))
    return CannotTell(f"not in the log: {need.missing.what}", (need.missing,))


def unknown_counts(run: Run) -> str:
    """Why `counted_epochs` is empty."""
    if any(not epoch.cut_short for epoch in run.epochs):
        known = [fact.why for fact in run.unrecorded if "progress" in fact.tables]
        why = [text.removesuffix(".") for text in known[:1]]
        return ". ".join(["the batches of the epochs were not counted", *why])
    return "no epoch has ended normally"
