"""The six steps of a first look, each answered by the checks that it asks."""

from __future__ import annotations

from collections.abc import Mapping

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answering.unrecorded import inside_is_known
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.wording import count

_MARKS: dict[wire.Holds, wire.Mark] = {
    "yes": {"sign": "✓", "words": "yes", "tone": "good"},
    "no": {"sign": "✕", "words": "no", "tone": "bad"},
    "cannot_tell": {"sign": "?", "words": "cannot tell", "tone": "soft"},
}


def checklist(checks: Mapping[str, Answer]) -> list[wire.StepAnswer]:
    """The steps in their order.

    Args:
        checks: Every rule's answer, by its code.
    """
    return [_answered(step, _asked_in(step, checks)) for step in Step]


def _asked_in(step: Step, checks: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers that concern the run; what does not apply to it is not asked."""
    return {
        code: answer
        for code, answer in checks.items()
        if code in RULES and RULES[code].step is step and not isinstance(answer, NotApplicable)
    }


def _answered(step: Step, asked: Mapping[str, Answer]) -> wire.StepAnswer:
    flagged = [code for code, answer in asked.items() if isinstance(answer, Flagged)]
    made = sum(isinstance(answer, Passed | Flagged) for answer in asked.values())
    holds = _holds(asked)
    return {
        "title": step.title,
        "question": step.value,
        "answer": holds,
        "mark": _MARKS[holds],
        "summary": f"{made} of {count(len(asked), 'check')} made" if asked else "no check applies",
        "flagged": flagged,
    }


def _holds(asked: Mapping[str, Answer]) -> wire.Holds:
    """A remark, which is often harmless, and a rule in preview turn no `yes` into a `no`."""
    if any(_decides(code, answer) for code, answer in asked.items()):
        return "no"
    made = any(isinstance(answer, Passed | Flagged) for answer in asked.values())
    looks_wrong = any(isinstance(a, CannotTell) and a.is_suspicion for a in asked.values())
    known = made and not looks_wrong and inside_is_known(asked.values())
    return "yes" if known else "cannot_tell"


def _decides(code: str, answer: Answer) -> bool:
    rule = RULES[code]
    return (
        isinstance(answer, Flagged)
        and not rule.preview
        and (rule.tier if answer.tier is None else answer.tier) > Tier.SMELL
    )
