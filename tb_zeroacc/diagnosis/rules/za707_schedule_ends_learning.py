"""ZA707: a schedule that took the learning rate away while the loss still fell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of, mann_kendall
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import optimizer_of
from tb_zeroacc.diagnosis.computed.optimizer.schedules import scheduled_rates
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LEARNING_RATE, LOSS
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Curve, Role, Run
from tb_zeroacc.wording import number, percent

GONE = 0.01  # of the largest rate: nothing moves any more
REST = 0.4  # of the run that was left when it went
AT_ONCE = 0.2  # of the run, in which hardly anything can be learned
FEWEST_BEFORE, FEWEST_AFTER = 8, 4  # points of the loss on either side
STILL_FELL = 0.05  # of the level, over the last half before the rate went
FALLS = 2.0  # Mann-Kendall z of that fall
STOOD = 0.02  # of the level, gained in all of the rest
ALIKE = 0.01  # of a rate: so far a sample may be from its schedule
MOST_BETWEEN = 1_000_000  # steps between two samples that are looked at one by one


@rule(
    "ZA707",
    "schedule-ends-learning",
    Tier.STRONG,
    Stage.UPDATE,
    motif=Motif.EVIDENCE_TOGETHER,
    healthy="The schedule leaves time to learn",
    step=Step.SIMPLICITY,
    needs=(LOSS, LEARNING_RATE),
    explains=("ZA404", "ZA702", "ZA704", "ZA705"),
    muted_when=Muted.BASELINE_IS_BEATEN,
    outcome=Outcome.FINISHED_EARLY,
    fix=Fix(
        "Let the schedule last as long as training: count its steps in steps, not in epochs.",
        "steps = epochs * len(x) // batch_size\n"
        "keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=steps)",
        in_torch="steps = epochs * len(loader)\n"
        "schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)",
        in_lightning="steps = self.trainer.estimated_stepping_batches\n"
        "schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)\n"
        'schedule = {"scheduler": schedule, "interval": "step"}',
    ),
)
def schedule_ends_learning(context: RunContext) -> Answer:
    """The schedule took the learning rate to nothing while the loss still fell.

    ## What it means
    A schedule counts in steps or in epochs, and was given the other; or it decays too fast; or a
    plateau was seen where there was noise alone. What remains of training changes nothing.

    ## Why accuracy suffers
    The model stays where it was when the rate went, on its way.

    ## How it is detected
    The logged rate falls under 1 % of its largest value for good while 40 % of the run or more are
    still to come; between two samples the settings of Keras' schedule in the contract tell the
    step. Over the last half before that the loss still fell (Mann-Kendall z above 2, 5 %
    of its level); in all of the rest it gains less than 2 %. Where it went in the first fifth of
    the run, and the run does not beat its baseline, it need not have fallen before. Not applicable
    to a run that is still training, and to rewards.

    ## How to fix it
    ```python
    keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=epochs * steps_per_epoch)
    ```

    ## Easily confused with
    ZA702 learning-rate-too-low: there it was so from the start. A schedule that ends when the loss
    has settled: that is what schedules are for.

    ## Sources
    Google's Tuning Playbook (the schedule must match the training budget). Margins set on planted
    curves; no public log with this fault was at hand.
    """
    run = context.run
    if run.state == "live":
        return NotApplicable("still running")
    if run.headline(Role.REWARD) is not None:
        return NotApplicable("reinforcement learning: its loss need not fall")
    rate = context.given(LEARNING_RATE)
    loss = course_of(run, context.given(LOSS))
    gone = _gone_since(run, rate)
    steps = None if loss is None else _on_axis_of(rate, run, loss)
    if loss is None or steps is None:
        return CannotTell("learning rate and loss stand on different axes")
    if gone is None:
        return Passed(f"the learning rate ends at {number(rate.series.last.value)}")
    before = int(np.searchsorted(steps, gone))
    span = steps[-1] - steps[0]
    if span <= 0 or steps[-1] - gone < REST * span:
        return Passed(f"the rate went at step {gone}, near the end")
    if loss.points - before < FEWEST_AFTER:
        return CannotTell("too few points of the loss after the rate went")
    if gone <= AT_ONCE * steps[-1] and context.beats is False:
        return _judged_at_once(run, rate, loss, before, gone)
    if before < FEWEST_BEFORE:
        return CannotTell("too few points of the loss before the rate went")
    return _judged(run, rate, loss, before, gone)


def _on_axis_of(rate: Curve, run: Run, loss: Course) -> NDArray[np.int64] | None:
    """Where the points of a loss stand on the axis of the rate; None where that is not known."""
    if rate.axis == loss.curve.axis:
        return loss.steps
    if rate.axis != "step" or loss.curve.axis != "epoch" or not run.epochs:
        return None
    return np.array([training_step(run, loss.curve, int(at)) for at in loss.steps])


def _gone_since(run: Run, rate: Curve) -> int | None:
    """The step from which on the rate is next to nothing; None where it ends above that."""
    steps, values = rate.series.finite()
    if len(values) < FEWEST_AFTER or values.max() <= 0:
        return None
    there = np.flatnonzero(values > GONE * values.max())
    if there[-1] + 1 == len(values):
        return None
    sampled, optimizer = int(steps[there[-1] + 1]), optimizer_of(run)
    if optimizer is None or rate.axis != "step":
        return sampled
    between = np.arange(int(steps[there[-1]]), min(sampled, int(steps[there[-1]]) + MOST_BETWEEN))
    rates = scheduled_rates(optimizer, between)
    if rates is None or not np.isclose(rates[0], values[there[-1]], rtol=ALIKE):
        return sampled  # it may count from another step
    below = np.flatnonzero(rates <= GONE * values.max())
    return int(between[below[0]]) if len(below) else sampled


def _judged_at_once(run: Run, rate: Curve, loss: Course, before: int, gone: int) -> Answer:
    """The rate went in the first part of a run that ends no better than a constant prediction."""
    # The loss of an epoch is the mean over it: in that in which the rate went it still fell.
    since = min(before + 1, loss.points - 1) if loss.curve.axis == "epoch" else before
    rest = float(loss.levels[since] - loss.levels[-1])
    if rest > STOOD * (abs(float(loss.levels[since])) or 1.0):
        return Passed(f"after step {gone} the loss went on falling, to {number(loss.end)}")
    largest = float(rate.series.finite()[1].max())
    return Flagged(
        summary=f"The schedule ended learning before it began: by step {gone} the learning rate "
        f"had fallen to next to nothing, and the loss has stood at {number(loss.end)} since.",
        context="A constant prediction scores as much.",
        evidence=(
            Evidence.of_curve("learning rate at the end, against 1 % of its largest", rate,
                              rate.series.last.value, at_least(GONE * largest), since=gone),
            Evidence.of_curve("loss at the end", loss.curve, loss.end),
        ),
        since=training_step(run, rate, rate.series.first.step),
    )  # fmt: skip


def _judged(run: Run, rate: Curve, loss: Course, before: int, gone: int) -> Answer:
    half = loss.levels[before // 2 : before]
    fell, rest = float(half[0] - half[-1]), float(half[-1] - loss.levels[-1])
    level = abs(float(half[-1])) or 1.0
    falls = -mann_kendall(loss.values[before // 2 : before]) > FALLS and fell > STILL_FELL * level
    if not falls or rest > STOOD * level:
        return Passed(f"after step {gone} the loss went from {number(loss.levels[before])} to "
                      f"{number(loss.levels[-1])}")  # fmt: skip
    largest = float(rate.series.finite()[1].max())
    return Flagged(
        summary=f"The schedule ended learning: by step {gone} the learning rate had fallen to next "
        f"to nothing, and the loss has stood at {number(loss.end)} since.",
        context=f"Over the half of the run before that it fell by {percent(fell / level)}.",
        evidence=(
            Evidence.of_curve("learning rate at the end, against 1 % of its largest", rate,
                              rate.series.last.value, at_least(GONE * largest), since=gone),
            Evidence.of_curve("loss at the end, against 98 % of that when the rate went",
                              loss.curve, loss.end,
                              at_most((1 - STOOD) * float(loss.levels[before])), since=gone),
        ),
        since=training_step(run, rate, gone),
    )  # fmt: skip
