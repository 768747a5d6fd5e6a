"""Findings on one of several outputs say which."""

from __future__ import annotations

from dataclasses import replace

from tb_zeroacc.diagnosis.answers import Answer, Flagged
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.run import Run


def with_its_output(answer: Answer, run: Run) -> Answer:
    """A finding whose evidence is about one of several outputs, which its sentence then names."""
    if not isinstance(answer, Flagged) or len(outputs := trained_outputs(run)) < 2:
        return answer
    about = {fact.layer for fact in answer.evidence} - {None}
    named = [output for output in outputs if about & {output.name, output.layer}]
    if len(named) != 1 or any(f"`{name}`" in answer.summary for name in about):
        return answer
    return replace(
        answer, summary=f"{answer.summary.rstrip('.')} (output `{named[0].name}`)."
    )
