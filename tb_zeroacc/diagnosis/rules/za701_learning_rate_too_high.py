"""ZA701: a learning rate that is too high."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answering.fixes.keras_code import rate_fix
from tb_zeroacc.diagnosis.answering.fixes.torch_code import rate_in_torch
from tb_zeroacc.diagnosis.answering.several_optimizers import for_each_optimizer
from tb_zeroacc.diagnosis.answering.unrecorded import as_far_as_recorded
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.computed.chance.baseline import HOPELESS
from tb_zeroacc.diagnosis.computed.chance.weak_signal import shown_signal
from tb_zeroacc.diagnosis.computed.learning.trend import first_training_step
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_ratios
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.computed.model.outputs import CONSTANT, least_spread, plainest_outputs
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING, typical
from tb_zeroacc.diagnosis.computed.optimizer.instability import (
    GROWN,
    JUMP,
    Growth,
    Jump,
    growth_of,
    jump_of,
)
from tb_zeroacc.diagnosis.computed.optimizer.learning_rate import (
    RESTLESS,
    lower_rate,
    peak_rate,
    usual_rate,
)
from tb_zeroacc.diagnosis.computed.optimizer.odd_batch import odd_batch
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import (
    Group,
    is_adaptive,
    optimizer_of,
    optimizer_words,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, LEARNING_RATE, LOSS, STEP_LOSS, WEIGHTS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.run import Curve, Role, Run, Table
from tb_zeroacc.wording import number, percent, times

EARLY = 10  # steps in which too high a rate shows: later the weights have grown with it
OVERTHROWN = 1.0  # update ÷ weights of a kernel. Faulty 66-100; healthy up to .9 (SGD: once 23)
# Less than that, where the loss jumped and the run ends as if nothing had been learned, at a rate
# above the usual one: transformers and deep nets go that way (measured: .78, Adam at .01).
SHAKEN = 0.3
TENFOLD = 10.0
LEARNED_ALL_THE_SAME = 10.0  # times the baseline: a lower peak may be forgiven by a good ending
FEWEST_MEDIAN = 20  # samples for a median that is not of the first steps alone
ABSURD_ADAPTIVE_RATE = 0.1  # a hundred times the default of Adam and related optimizers


@rule(
    "ZA701",
    "learning-rate-too-high",
    Tier.STRONG,
    Stage.UPDATE,
    motif=Motif.UPDATES,
    healthy="The learning rate leaves the weights intact",
    needs=((LOSS, STEP_LOSS), (WEIGHTS, CONTRACT, LEARNING_RATE)),
    explains=(
        "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504", "ZA505", "ZA506", "ZA508", "ZA509",
        "ZA510", "ZA703", "ZA704", "ZA705", "ZA706", "ZA709",
    ),
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Use a learning rate that is ten to a thousand times lower.",
        "optimizer=keras.optimizers.Adam(learning_rate=0.001),",
        in_torch=rate_in_torch(1e-3),
    ),
)
def learning_rate_too_high(context: RunContext) -> Answer:
    """The learning rate is so high that a single update destroys the weights.

    ## What it means
    An update should change weights by about a thousandth. Here it changes them by their own size or
    many times that: one step undoes the initialisation and everything learned.

    ## Why accuracy suffers
    The loss jumps, units die or saturate, and the steps that follow are too large to recover.

    ## How it is detected
    The root mean square of a kernel's update divided by that of the kernel. Either it is 1 or more
    within the first 10 steps AND a batch's loss rises to 5 times the first (or 5 baselines) within
    100 steps; or it is .3 or more, the rate is above the optimizer's usual one and the run ends at
    .9 of its baseline or more, either after such a jump or (at ten times the usual rate) with
    outputs that do not differ; or it is 1 or more at a hundred times the usual rate of Adam or a
    related optimizer, and the run ends there; or its median over the steps (20 samples or more,
    each standing for the steps up to the next) is above .1, a smell unless the loss ends at .9 of
    its baseline or more: a linear model of small weights learned everything at .13 (measured).
    The largest over kernels; biases, which start at 0, and kernels of zeros are left out. The first
    steps count because the weights grow with the rate: with Adam and a rate of 10 the ratio is 66
    to 100 at step 0 and .13 ten steps later. The loss must rise too, because a single weight that
    starts near 0 gives 23 with a healthy rate. Muted once the run beats its baseline, unless the
    loss had jumped to 10 times the baseline. Not where the update followed a batch whose loss had
    leapt before it, after small updates: ZA508 names that batch. With several optimizers each is
    judged by its own kernels. Where no loss of single steps is recorded (a custom `train_step`
    without one named `loss`) the kernels decide: one must grow to 100 times its size within 100
    steps, or become NaN or Inf, or the median be above .1 too. Without the recorder: a rate of .1
    or more for Adam or a related optimizer, and a loss of 5 times the baseline; strong at most.

    ## How to fix it
    ```python
    optimizer=keras.optimizers.Adam(learning_rate=0.001)
    ```
    This is Keras' default; SGD usually takes .01 to .1.

    ## Easily confused with
    ZA103 input-not-normalised and ZA104 feature-scales-differ: there the gradient is large because
    the inputs are, at a usual rate. ZA504 dead-relu-units: units that were dead before the first
    update are not caused by the rate.

    ## Sources
    cs231n.github.io/neural-networks-3 (ratio of updates to weights, about 1e-3);
    stackoverflow.com/q/59106542; Google's Tuning Playbook. Margins measured on Keras 3.15.
    """
    weights = context.run.table("weights")
    jump = jump_of(context.run, context.baseline.loss)
    if weights is None:
        return as_far_as_recorded(context.run, _high_from_contract(context, jump), "weights")
    return for_each_optimizer(
        context.run, weights, lambda group: _judged(context, weights, group, jump), "weights"
    )


def _judged(context: RunContext, weights: Table, group: Group, jump: Jump | None) -> Answer:
    """The answer on the kernels of one optimizer."""
    ratios = kernel_ratios(context.run, weights, group)
    if not np.isfinite(ratios).any():
        return CannotTell(f"no update of a kernel{group.whose} is recorded")
    early = ratios[weights.steps < weights.steps[0] + EARLY]
    first = float(np.nanmax(early)) if np.isfinite(early).any() else 0.0
    median = typical(ratios, weights.steps)
    overthrown = first >= OVERTHROWN
    odd = odd_batch(context.run) if overthrown and not group.whose else None
    if odd is not None:
        before = f"and those before changed the weights by {percent(odd.calm)} at most"
        return Passed(f"the loss of the batch at step {odd.step} was {number(odd.times)} times the "
                      f"usual before its update, {before}")
    if overthrown and jump is not None and jump.times >= JUMP:
        found = _overthrown(context.run, weights, group, ratios, _jumped(weights, jump))
        return replace(found, is_mutable=jump.peak < LEARNED_ALL_THE_SAME * jump.base)
    if first >= SHAKEN and jump is not None and _is_shaken(context, group, jump):
        harm = _jumped(weights, jump) if jump.times >= JUMP else _alike(context.run)
        return _overthrown(context.run, weights, group, ratios, harm, SHAKEN)
    if overthrown and _is_absurd(context, group):
        return _overthrown(context.run, weights, group, ratios, _lost(context))
    growth = None if jump is not None else growth_of(context.run, weights, group)
    if overthrown and growth is not None and not growth.times < GROWN:
        grown = _grown(context.run, weights, growth)
        return _overthrown(context.run, weights, group, ratios, grown)
    if median > RESTLESS and np.isfinite(ratios).sum() >= FEWEST_MEDIAN:
        if overthrown and jump is None:
            harm = (f"A typical step still changes them by {percent(median)}.",
                    _typical(context.run, weights, group, median))  # fmt: skip
            return _overthrown(context.run, weights, group, ratios, harm)
        return _restless(context, weights, group, ratios, median)
    said = f"the largest early update{group.whose} is {number(first)} times the weights"
    if overthrown and jump is None:
        return CannotTell(f"{said}, and no loss of single steps shows its effect")
    rose = f", and the loss rose to {times(jump.times, 'its start')}" if jump else ""
    return Passed(f"{said}{rose}")


def _is_shaken(context: RunContext, group: Group, jump: Jump) -> bool:
    """Whether nothing was learned at a high rate, after a jump or with outputs that are alike."""
    run, rate = context.run, peak_rate(context.run, group.optimizer)
    is_lost = context.loss_ratio is not None and context.loss_ratio >= HOPELESS
    if not is_lost or rate is None or has_opponent(run) or shown_signal(run) is not None:
        return False
    usual = usual_rate(group.optimizer) * (1.0 if is_adaptive(group.optimizer) else TENFOLD)
    if jump.times >= JUMP:
        return rate > usual * (1.0 + ROUNDING)
    spread = least_spread(run)
    return rate >= TENFOLD * usual * (1.0 - ROUNDING) and spread is not None and spread < CONSTANT


def _is_absurd(context: RunContext, group: Group) -> bool:
    """Whether nothing was learned at a hundred times the usual rate of an adaptive optimizer."""
    run, rate = context.run, peak_rate(context.run, group.optimizer)
    is_lost = context.loss_ratio is not None and context.loss_ratio >= HOPELESS
    is_high = is_adaptive(group.optimizer) and rate is not None and rate >= ABSURD_ADAPTIVE_RATE
    return is_lost and is_high and not has_opponent(run) and shown_signal(run) is None


def _lost(context: RunContext) -> tuple[str, Evidence]:
    """What a loss that ends at its baseline adds to the finding: a sentence and a fact."""
    loss, curve = context.final_loss or 0.0, context.run.headline(Role.LOSS)
    assert curve is not None  # there is a ratio of it
    limit = at_most(HOPELESS * (context.baseline.loss or 0.0))
    return (
        f"The loss ends at {percent(context.loss_ratio or 0.0)} of its baseline.",
        Evidence.of_curve("loss at the end, against 0.9 times its baseline", curve, loss, limit),
    )


def _alike(run: Run) -> tuple[str, Evidence]:
    """What outputs without a difference add to the finding: a sentence and a fact."""
    table, spread = plainest_outputs(run), least_spread(run)
    assert table is not None
    assert spread is not None
    return (
        "Since then its outputs are the same for every input.",
        Evidence.of_table("spread of the outputs ÷ that of the labels, last samples", table,
                          spread, at_least(CONSTANT), until=int(table.steps[-1])),
    )  # fmt: skip


def _overthrown(
    run: Run,
    weights: Table,
    group: Group,
    ratios: NDArray[np.float64],
    harm: tuple[str, Evidence],
    limit: float = OVERTHROWN,
) -> Flagged:
    beyond = np.flatnonzero(np.nan_to_num(ratios) >= limit)
    at = int(beyond[0])
    early = np.nan_to_num(ratios[weights.steps < weights.steps[0] + EARLY])
    worst = int(np.argmax(early))
    ratio, step = float(early[worst]), int(weights.steps[worst])
    which = "the first update" if step == int(weights.steps[0]) else f"the update at step {step}"
    until = int(weights.steps[beyond[-1]])
    told, shown = harm
    return Flagged(
        summary=f"The learning rate{group.whose} is too high: {which} was "
        f"{number(float(f'{ratio:.2g}'))} times the weights.",
        context=f"{optimizer_words(run, group.optimizer)}. {told}",
        evidence=(
            Evidence.of_table(f"update ÷ weights{group.whose}, largest over kernels, step {step}",
                              weights, ratio, at_most(limit), since=int(weights.steps[at]),
                              until=until, shown_by=_curve_of(run, group)),
            shown,
        ),
        since=int(weights.steps[at]),
        # By the first such update: those that follow change weights that are lost already.
        fix=_lower_rate(run, group, float(ratios[at])),
    )


def _grown(run: Run, weights: Table, growth: Growth) -> tuple[str, Evidence]:
    """What a kernel that grew too much adds to the finding: a sentence and a fact."""
    lost = not np.isfinite(growth.peak)
    what = "is not finite" if lost else f"has grown to {number(growth.times)} times its size"
    return (
        f"`{growth.row}` {what} at step {growth.step}.",
        Evidence.of_table(f"size of `{growth.row}`, peak of the first steps", weights,
                          growth.peak, at_most(GROWN * growth.base),
                          layer=layer_of(run, growth.row), since=growth.step, until=growth.step),
    )  # fmt: skip


def _jumped(weights: Table, jump: Jump) -> tuple[str, Evidence]:
    """What a loss that jumped adds to the finding: a sentence and a fact."""
    return (
        f"The loss jumped from {number(jump.first)} to {number(jump.peak)} within "
        f"{jump.peak_step - int(weights.steps[0]) + 1} steps.",
        Evidence.of_table("loss of a batch, peak of the first steps", weights, jump.peak,
                          at_most(JUMP * jump.base), since=jump.peak_step, until=jump.peak_step,
                          shown_by=jump.curve),
    )  # fmt: skip


def _restless(
    context: RunContext, weights: Table, group: Group, ratios: NDArray[np.float64], median: float
) -> Flagged:
    run = context.run
    return Flagged(
        summary=f"The learning rate{group.whose} is too high: a typical step changes the weights "
        f"by {percent(median)}.",
        context=f"{optimizer_words(run, group.optimizer)}. About 0.1 % per step is usual.",
        evidence=(_typical(run, weights, group, median),),
        # A model of few, small weights may oscillate like this around its optimum: only a run that
        # is no better than a constant shows harm.
        tier=Tier.STRONG if (context.loss_ratio or 0.0) >= HOPELESS else Tier.SMELL,
        since=int(weights.steps[np.flatnonzero(np.nan_to_num(ratios) > RESTLESS)[0]]),
        fix=_lower_rate(run, group, median),
    )


def _typical(run: Run, weights: Table, group: Group, median: float) -> Evidence:
    return Evidence.of_table(
        f"update ÷ weights{group.whose}, largest over kernels, median", weights, median,
        at_most(RESTLESS), since=int(weights.steps[0]), until=int(weights.steps[-1]),
        shown_by=_curve_of(run, group),
    )  # fmt: skip


def _curve_of(run: Run, group: Group) -> Curve | None:
    """The scalar that shows the largest update ÷ weights: of all optimizers together."""
    return None if group.whose else run.curve("zeroacc/update_ratio")


def _lower_rate(run: Run, group: Group, ratio: float) -> Fix:
    return rate_fix(run, group.optimizer, lower_rate(run, group.optimizer, ratio), "lower")


def _high_from_contract(context: RunContext, jump: Jump | None) -> Answer:
    """From the configured rate, and a loss far above its baseline."""
    run, curve = context.run, context.run.headline(Role.LOSS)
    optimizer = optimizer_of(run)
    rate, words = peak_rate(run, optimizer), optimizer_words(run, optimizer)
    if rate is None or curve is None or not len(curve.series):
        return CannotTell("the learning rate is not recorded", (LEARNING_RATE.missing,))
    if not is_adaptive(optimizer) or rate < ABSURD_ADAPTIVE_RATE:
        return Passed(f"{words}: not too high by itself")
    steps, values = curve.series.finite()
    if not len(values) or context.baseline.initial_loss is None:
        return CannotTell("the loss of an untrained model is not known")
    times = float(values.max()) / context.baseline.initial_loss
    if context.beats or times < JUMP:
        return Passed(f"the loss reached {number(times)} times that of an untrained model")
    peak = int(np.argmax(values))
    return Flagged(
        summary=f"The learning rate is too high: {words}, and the loss reached "
        f"{number(float(values[peak]))}.",
        context=f"An untrained model has a loss of about {number(context.baseline.initial_loss)}.",
        evidence=(
            Evidence.of_curve(
                "largest training loss", curve, float(values[peak]),
                at_most(JUMP * context.baseline.initial_loss), since=int(steps[peak]),
                until=int(steps[peak]),
            ),
        ),
        since=first_training_step(run, curve),
        fix=_lower_rate(run, Group(optimizer, ()), 1.0),
    )
