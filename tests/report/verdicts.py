"""Made-up verdicts with names and texts that try to be more than data."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Consequence, Diagnosis, Finding, Outcome, Rivals
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading

HOSTILE = "a|b``<script>alert(1)</script>`,:%::error::\n\x1b[31m\ud800]]>&"


def finding(tier: Tier, *, rank: int = 1, name: str = "dense", code: str = "ZA701") -> Finding:
    evidence = Evidence.of_number(f"update of `{name}`, step 3", 11.5)
    symptom = Consequence("ZA704", "stuck-at-chance", f"`{name}` stays at chance.")
    return Finding(
        rank, code, "learning-rate-too-high", tier, f"The rate is too high for `{name}`.",
        "It jumped at step 3.", (evidence,), (), (symptom,),
        Fix("Lower the rate.", "- optimizer=Adam(1.0)\n+ optimizer=Adam(1e-3)"),
    )  # fmt: skip


def reading(
    *findings: Finding, run: str = "exp/a", outcome: Outcome = Outcome.NOT_LEARNING
) -> Reading:
    """A training with these causes, one check that passed and one of each other kind."""
    headline = findings[0].summary if findings else "No fault found: 1 check passed."
    checks: dict[str, Answer] = {
        "ZA101": Passed("no NaN in the inputs"),
        "ZA301": NotApplicable("the loss is another"),
        "ZA503": CannotTell("the record holds no gradients"),
        **{f.code: Flagged(f.summary) for f in findings},
        **{c.code: Flagged(c.summary) for f in findings for c in f.explains},
    }
    rivals = (Rivals(("ZA206", "ZA604"), "a larger model"),)
    verdict = Diagnosis(run, outcome, headline, "", findings, rivals, checks)
    return Reading(Run(run, path="logs"), verdict)


def healthy(run: str = "good") -> Reading:
    return reading(run=run, outcome=Outcome.LEARNING)
