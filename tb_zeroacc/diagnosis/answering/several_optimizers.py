"""One answer about the variables of several optimizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tb_zeroacc.diagnosis.answering.unrecorded import as_far_as_recorded
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import Group, groups_of
from tb_zeroacc.run import Run, Table


def for_each_optimizer(
    run: Run, weights: Table, judge: Callable[[Group], Answer], *kinds: str
) -> Answer:
    """The worst answer on any optimizer's variables.

    Args:
        run: The training.
        weights: Its table of weights.
        judge: Answers for the variables of one optimizer.
        *kinds: The tables that the answers rest on.
    """
    answers = [judge(group) for group in groups_of(run, weights)]
    return as_far_as_recorded(run, worst_of(answers), *kinds)


def worst_of(answers: Sequence[Answer]) -> Answer:
    """The worst of several answers to one question.

    Args:
        answers: One per part; may be empty.
    """
    for kind in (Flagged, CannotTell, Passed):
        found = [answer for answer in answers if isinstance(answer, kind)]
        if kind is Flagged:  # first those that remain whatever the run learned
            found.sort(key=lambda answer: isinstance(answer, Flagged) and answer.is_mutable)
        if found:
            return found[0] if kind is not Passed else Passed("; ".join(_reasons(found)))
    return answers[0] if answers else NotApplicable("no optimizer updates what is on record")


def _reasons(answers: Sequence[Answer]) -> list[str]:
    return list(dict.fromkeys(a.reason for a in answers if not isinstance(a, Flagged)))
