"""ZA702: a learning rate that is too low."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.keras_code import rate_fix
from tb_zeroacc.diagnosis.answering.fixes.torch_code import rate_in_torch
from tb_zeroacc.diagnosis.answering.several_optimizers import worst_of
from tb_zeroacc.diagnosis.answering.unrecorded import as_far_as_recorded
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_least,
)
from tb_zeroacc.diagnosis.computed.learning.trend import first_training_step, trend_of
from tb_zeroacc.diagnosis.computed.model.histograms import unmoved_kernels
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios
from tb_zeroacc.diagnosis.computed.model.samples import known_median, largest
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import (
    LOW_RATE,
    higher_rate,
    peak_rate,
    usual_rate,
)
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import (
    Group,
    groups_of,
    is_adaptive,
    name_of,
    optimizer_of,
    optimizer_words,
    optimizers_of,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LEARNING_RATE, LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Curve, Role, Run, Table
from tb_zeroacc.wording import number, percent

CREEPING = 3e-5  # median of the largest kernel's update ÷ weights. Faulty 4e-6; healthy 2e-4 (once
# converged) to 4e-3
HARDLY = 0.1  # of the loss at the start: a smaller fall over the whole run is none
TINY_ADAPTIVE_RATE = 1e-6  # a thousandth of the default
LOW_SHARE = 0.01  # of the optimizer's default: discriminative fine-tuning stays above
OWN_SHARE = 1e-3  # of the default: a rate that is a cause whatever else is wrong with the model
STANDS_STILL = 1e-6  # update ÷ weights, as in ZA503
FEWEST_STEPS = 20  # the median of fewer would be that of a warm-up


@rule(
    "ZA702",
    "learning-rate-too-low",
    Tier.STRONG,
    Stage.UPDATE,
    motif=Motif.UPDATES,
    healthy="The learning rate is high enough to move the weights",
    needs=((LOSS, WEIGHTS), (WEIGHTS, CONTRACT, LEARNING_RATE)),
    explains=("ZA404", "ZA704", "ZA705"),
    yields_to=("ZA101", "ZA102", "ZA210", "ZA303", "ZA503", "ZA504", "ZA505", "ZA601"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Use a learning rate that is ten to a thousand times higher.",
        "optimizer=keras.optimizers.Adam(learning_rate=0.001),",
        in_torch=rate_in_torch(1e-3),
    ),
)
def learning_rate_too_low(context: RunContext) -> Answer:
    """The learning rate is so low that the weights hardly change.

    ## What it means
    Each update changes even the fastest kernel by less than a thirty-thousandth. Tens of thousands
    of steps would not take it far from where it started.

    ## Why accuracy suffers
    The model is still almost the random one that it started as.

    ## How it is detected
    Per sample, the largest update of a kernel divided by that kernel (root mean squares); the
    median over all samples must be under 3e-5. Measured: 4e-6 with Adam at 1e-6; healthy models
    show 4e-4 to 4e-3, and 2e-4 once they have converged. Gradients must be above 0, and the loss
    must have fallen by less than a tenth, over 20 steps or more. Where a typical step changes
    nothing at all, the rate must also be under a hundredth of the optimizer's default: lost
    precision makes nothing of an update at any rate. Muted once the run beats its baseline. With
    several optimizers each is judged by its own kernels. There, and where no loss is recorded, the
    rate must also be under a hundredth of the optimizer's default, since a vanishing gradient makes
    small updates too, and an update of 1e-6 or more is a smell. A rate of a thousandth of the
    default or less is a cause of its own whatever else is wrong. Without the
    recorder: Adam or a related optimizer at 1e-6 or less with a loss that hardly changed; a rate of
    1e-5 or less is a smell, unless histograms show that no kernel ever changes.

    ## How to fix it
    ```python
    optimizer=keras.optimizers.Adam(learning_rate=0.001)
    ```
    Or check what a schedule or warm-up does to the rate: `zeroacc/learning_rate`.

    ## Easily confused with
    ZA206 labels-independent-of-inputs: there the weights change as they should. ZA503
    vanishing-gradients: there the last layers learn. ZA708 weights-never-move: there nothing
    changes at all although the rate is usual.

    ## Sources
    cs231n.github.io/neural-networks-3; torchmortem (median under 1e-5);
    stackoverflow.com/q/59106542. Margins measured on Keras 3.15.
    """
    curve = context.run.headline(Role.LOSS)
    trend = trend_of(curve.series) if curve else None
    weights = context.run.table("weights")
    if weights is not None and (curve is None or len(optimizers_of(context.run)) > 1):
        fall = None  # the loss of one is not that of another
    elif curve is None or trend is None:
        return CannotTell("fewer than two points of the loss")
    elif trend.relative_fall >= HARDLY:
        return Passed(f"the loss fell by {percent(trend.relative_fall)}")
    elif weights is None:
        answer = _low_from_contract(context, curve, trend.relative_fall)
        return as_far_as_recorded(context.run, answer, "weights")
    else:
        fall = trend.relative_fall
    if weights.steps[-1] - weights.steps[0] < FEWEST_STEPS:
        return CannotTell(f"fewer than {FEWEST_STEPS} steps", is_suspicion=True)
    groups = groups_of(context.run, weights)
    answers = [_judged(context.run, weights, group, fall) for group in groups]
    low = [(g, a) for g, a in zip(groups, answers, strict=True) if isinstance(a, Flagged)]
    if len(low) > 1:
        return _all_creeping(low)
    return as_far_as_recorded(context.run, worst_of(answers), "weights")


def _judged(run: Run, weights: Table, group: Group, fall: float | None) -> Answer:
    """The answer on the kernels of one optimizer.

    Args:
        run: The training.
        weights: Its table.
        group: The optimizer and its rows.
        fall: By how much the loss fell, as a share; None where no loss tells, and then the rate
            has to be low by itself: a gradient that vanishes makes small updates, too.
    """
    ratios = kernel_ratios(run, weights, group)
    if not np.isfinite(ratios).any():
        return CannotTell(f"no update of a kernel{group.whose} is recorded")
    median = float(np.nanmedian(ratios))
    if median >= CREEPING:
        return Passed(f"a typical update{group.whose} is {number(median)} of the kernel")
    if not _has_gradient(run, weights, group):
        return NotApplicable(f"the gradient{group.whose} is 0: no rate would help")
    rate = peak_rate(run, group.optimizer)
    share = None if rate is None else rate / usual_rate(group.optimizer)
    if median == 0.0 and share is not None and share > LOW_SHARE:
        return Passed(f"no update{group.whose} changes a weight at all, at a usual rate")
    if fall is not None:
        found = _creeping(run, weights, group, median, f" {_moved(fall)};", None)
        return replace(found, is_own_cause=share is not None and share <= OWN_SHARE)
    if share is None:
        return CannotTell("the learning rate is not recorded", (LEARNING_RATE.missing,))
    if share > LOW_SHARE:
        return Passed(f"the rate{group.whose} is usual: small updates come from small gradients")
    tier = None if median < STANDS_STILL else Tier.SMELL
    words = f" That is {number(share)} of its default;"
    return _creeping(run, weights, group, median, words, tier)


def _has_gradient(run: Run, weights: Table, group: Group) -> bool:
    gradients = run.table("gradients")
    names = {weights.rows[row] for row in group.rows}
    rows = [i for i, row in enumerate(gradients.rows) if row in names] if gradients else []
    if gradients is None or not rows:
        return True
    return bool(known_median(largest(gradients.column("rms")[:, rows])) > 0)


def _creeping(
    run: Run, weights: Table, group: Group, median: float, said: str, tier: Tier | None
) -> Flagged:
    return Flagged(
        summary=f"The learning rate{group.whose} is too low: a typical step changes the weights by "
        f"{percent(median)}.",
        context=f"{optimizer_words(run, group.optimizer)}.{said} about 0.1 % per step is usual.",
        evidence=(
            Evidence.of_table(f"update ÷ weights{group.whose}, largest over kernels, median",
                              weights, median, at_least(CREEPING), since=int(weights.steps[0]),
                              until=int(weights.steps[-1]),
                              shown_by=None if group.whose else run.curve("zeroacc/update_ratio")),
        ),
        tier=tier,
        since=int(weights.steps[0]),
        fix=_higher(run, group.optimizer),
    )


def _moved(fall: float) -> str:
    if fall < 0:
        return f"The loss rose by {percent(-fall)}"
    return f"The loss fell by {percent(fall)} in total"


def _all_creeping(low: list[tuple[Group, Flagged]]) -> Flagged:
    """One finding on several optimizers."""
    found = [answer for _, answer in low]
    names = " and ".join(name_of(group.optimizer) for group, _ in low if group.optimizer)
    most = max(answer.evidence[0].value or 0.0 for answer in found)
    return replace(
        found[0],
        summary=f"The learning rates of {names} are too low: a typical step changes the weights by "
        f"{number(100.0 * most)} %.",
        context=" ".join(answer.context for answer in found),
        evidence=tuple(fact for answer in found for fact in answer.evidence),
        tier=min(answer.tier or Tier.STRONG for answer in found),
        fix=Fix(
            "Use higher learning rates.",
            "\n".join(answer.fix.code for answer in found if answer.fix),
        ),
    )


def _higher(run: Run, optimizer: Optimizer | None) -> Fix:
    return rate_fix(run, optimizer, higher_rate(run, optimizer), "higher")


def _low_from_contract(context: RunContext, curve: Curve, fall: float) -> Answer:
    """From the rate alone, and a loss that hardly changed."""
    run, optimizer = context.run, optimizer_of(context.run)
    rate = peak_rate(run, optimizer)
    if rate is None:
        return CannotTell("the learning rate is not recorded", (LEARNING_RATE.missing,))
    if rate > LOW_RATE or run.headline(Role.REWARD) is not None:
        return Passed(f"the rate reaches {number(rate)}")
    still = " The histograms of every kernel are the same." if unmoved_kernels(run) else ""
    tiny = is_adaptive(optimizer) and rate <= TINY_ADAPTIVE_RATE and context.beats is False
    rates = run.headline(Role.LEARNING_RATE)
    told, limit = "largest learning rate", at_least(LOW_RATE)
    shown = Evidence.of_number(told, rate, limit)
    if rates is not None:
        shown = Evidence.of_curve(told, rates, rate, limit)
    return Flagged(
        summary=f"The learning rate is very low: it never exceeds {number(rate)}.",
        context=f"{_moved(fall)}.{still}",
        evidence=(shown,),
        tier=Tier.STRONG if tiny or still else Tier.SMELL,
        since=first_training_step(run, curve),
        fix=_higher(run, optimizer),
    )
