"""Holds the verdict on a demo's training against what the case says of itself."""

from __future__ import annotations

from collections.abc import Iterable

from demo.case import Case
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding


def complaints(case: Case, verdict: Diagnosis, *, mended: bool) -> list[str]:
    """What is wrong with a verdict, in words; empty where it is right.

    Args:
        case: The case that was trained.
        verdict: The verdict on its faulty program, or on its twin.
        mended: Whether it is the twin's: no definite and no strong finding may stand.
    """
    if mended:
        return [
            f"the twin is flagged: {finding.code} ({finding.tier.label}) {finding.summary}"
            for finding in _grave(verdict.findings)
        ]
    if case.learns_in_some_seeds and verdict.outcome.value == "learning":
        return []
    wrong = []
    first = verdict.findings[0].code if verdict.findings else "nothing"
    if first not in case.first:
        wrong.append(f"{' or '.join(case.first)} should stand first, {first} does")
    elif verdict.headline != verdict.findings[0].summary:
        wrong.append("the headline should be the first cause's")
    roots = {finding.code for finding in verdict.findings}
    wrong += [f"{code} should stand as a cause" for code in case.also if code not in roots]
    wrong += [
        f"{finding.code} should fold under the cause, or be silent: {finding.summary}"
        for finding in _grave(verdict.findings)
        if finding.code not in (*case.first, *case.also)
    ]
    rivals = {code for rival in verdict.rivals for code in rival.codes}
    wrong += [
        f"{code} should be named as a rival"
        for code in case.rivals
        if code not in (*rivals, first)
    ]
    flagged = roots | {c.code for finding in verdict.findings for c in finding.explains}
    wrong += [f"{code} should not be flagged" for code in case.never if code in flagged]
    return wrong


def _grave(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.tier.label != "smell"]
