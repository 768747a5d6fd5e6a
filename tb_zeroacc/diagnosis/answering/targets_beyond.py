"""Targets beyond what the output's activation reaches: from both sides, or from one."""

from __future__ import annotations

import math

from tb_zeroacc.diagnosis.answering.fixes.keras_code import output_diff
from tb_zeroacc.diagnosis.answering.shown_curves import curve_shown
from tb_zeroacc.diagnosis.answers import (
    BEFORE_TRAINING,
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.model.reach import Beyond, beyond_reach
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import LABELS
from tb_zeroacc.run import Role
from tb_zeroacc.wording import number, percent

# Of the targets' range, and of the targets: noise and rare outliers beyond a bound hardly matter.
LEAST_SPAN = 0.1
LEAST_SHARE = 0.25


def targets_beyond(context: RunContext, reach: dict[str, tuple[float, float]], kind: str) -> Answer:
    """The answer of a rule on outputs with such activations.

    Args:
        context: The run.
        reach: Activations with the least and the largest value that they make.
        kind: What they have in common, in words: `bounded`.
    """
    run = context.run
    judged = [o for o in trained_outputs(run) if o.loss in REGRESSION and o.activation in reach]
    if not judged:
        return NotApplicable(f"no output with a {kind} activation is trained on an error")
    found = beyond_reach(run, reach)
    if not found:
        return CannotTell("the targets are not in the log", (LABELS.missing,))
    held = [f for f in found if not f.is_passed]
    if not held:
        return Passed("recorded outputs leave the range of the activation: something follows it")
    worst = max(held, key=lambda f: f.span)
    if worst.span >= LEAST_SPAN:
        return _flagged(context, worst)
    labels = worst.labels
    return Passed(
        f"targets of {number(labels.low)} to {number(labels.high)} are within the reach of "
        f"{worst.output.activation}, or nearly so"
    )


def _tier(context: RunContext, found: Beyond) -> Tier | None:
    """The rule's own, unless few targets are out of reach, or the run learns the others well."""
    if found.share < LEAST_SHARE or found.is_masked:
        return Tier.SMELL
    return Tier.STRONG if context.beats else context.tier_of_contract


def _flagged(context: RunContext, found: Beyond) -> Flagged:
    output, labels, (low, high) = found.output, found.labels, found.bounds
    reaches = (
        f"{number(low)} to {number(high)}" if math.isfinite(high) else f"{number(low)} or more"
    )
    below = labels.low < low
    value, limit = (labels.low, at_least(low)) if below else (labels.high, at_most(high))
    return Flagged(
        summary=f"Targets of `{output.name}` run from {number(labels.low)} to "
        f"{number(labels.high)}, but its {output.activation} reaches {reaches} only.",
        context=f"About {percent(found.share)} of the targets can never be met"
        + (", unless they are padding that does not count." if found.is_masked else "."),
        evidence=(
            Evidence.of_number(f"{'smallest' if below else 'largest'} target", value, limit,
                               member=labels.member, layer=output.name, axis="step",
                               since=labels.first_step, until=labels.last_step),
            Evidence.of_number("share of the targets' range out of reach", found.span,
                               at_most(LEAST_SPAN), unit="share", member=labels.member),
            *curve_shown(context.run, Role.LOSS),
        ),
        tier=_tier(context, found),
        since=BEFORE_TRAINING,
        layers=(output.layer,) if output.layer else (),
        fix=Fix(
            "Leave the activation out, or scale the targets into its range.",
            output_diff(context.run, output, None).rstrip(),
        ),
    )  # fmt: skip
