"""What is not recorded, as a reason not to pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.needs import CALLBACK, Need
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


def inside_is_known(answers: Iterable[Answer]) -> bool:
    """Whether most of the checks that concern the run could be made."""
    given = list(answers)
    made = sum(isinstance(answer, Passed | Flagged) for answer in given)
    return made >= sum(isinstance(answer, CannotTell) for answer in given)


def need_a_recording(run: Run, answers: Mapping[str, Answer]) -> dict[str, list[str]]:
    """What the checks lack that nothing but our recorder writes, by their codes."""
    if run.recorded:
        return {}
    lacking = {
        code: [need.what for need in answer.needs if need.how_to_log in ("", CALLBACK)]
        for code, answer in answers.items()
        if isinstance(answer, CannotTell)
    }
    return {code: whats for code, whats in lacking.items() if whats}


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
