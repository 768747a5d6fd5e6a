"""ZA706: a model that learned, and then lost it for good."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.torch_code import CLIPPED, LOWER_AND_CLIP
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
from tb_zeroacc.diagnosis.computed.learning.collapse import (
    FEWEST_POINTS,
    GAINED,
    LOST,
    LOST_LOSS,
    LOST_SHARE,
    Collapse,
    collapse_of,
    judged_courses,
    level_at,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.trend import last_step_behind
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import ACCURACY, LOSS, VALIDATION_ACCURACY
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Role, Run, Split
from tb_zeroacc.wording import number

JUMP = 10.0  # times the level that it came from: a spike worth a word


@rule(
    "ZA706",
    "died-after-learning",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.LOSS_AND_METRIC,
    healthy="What was learned is kept",
    step=Step.SANITY,
    needs=((LOSS, ACCURACY, VALIDATION_ACCURACY),),
    explains=("ZA403", "ZA404", "ZA504", "ZA505", "ZA509", "ZA703", "ZA704", "ZA705"),
    provisional_while_live=True,
    fix=Fix(
        "Clip the gradients and lower the learning rate; keep the best weights in any case.",
        "+ optimizer = keras.optimizers.Adam(1e-4, global_clipnorm=1.0)\n"
        '+ keras.callbacks.ModelCheckpoint("best.keras", monitor="loss", save_best_only=True)',
        in_torch=LOWER_AND_CLIP,
        in_lightning=CLIPPED,
    ),
)
def died_after_learning(context: RunContext) -> Answer:
    """The model learned, then lost what it had learned and never recovered.

    ## What it means
    The loss came down (or accuracy went up), and from some step on it stands about where it began,
    for the rest of the run. One update too large is enough: it throws the weights to where no
    gradient leads back, for instance because all ReLU units are dead there.

    ## Why accuracy suffers
    What counts is the model at the end, and that one answers no better than it did at the start.

    ## How it is detected
    Over the whole run, from medians, so that single spikes do not count. The training loss was
    under half of its start, and ends above four times its best level and above half of the start;
    or the training accuracy had gained .1 and lost .15 and more than half of the gain; or the loss
    was under .8 ln k and ends within 2 % of ln k beside an accuracy of 1/k; or the loss had gained
    .3 of its start and lost half of that, no other term of it having fallen: a smell, since a term
    that comes in later does the same, unless an accuracy or a metric lost half of its gain as well.
    Where training has fewer than 8 points the validation accuracy is judged. At least 8 points; the
    best level lies before the last twentieth of the run, and since then nothing got better
    (Mann-Kendall z under 2). The fall is over three times the noise, lasts for three points and a
    tenth of the run, and takes a tenth of it at most (what takes longer is a smell: a curriculum,
    say); and no accuracy or metric got better and kept it. None of the healthy public logs of 34
    authors does so, none loses .3 of what its loss had gained; in those that died the loss ends at
    five times its best level and more. What begins behind the last good point, dead units or
    outputs that are all the same, follows from it. Not asked of reinforcement learning (ZA710) nor
    of nets that train against each other.

    ## How to fix it
    ```python
    optimizer = keras.optimizers.Adam(1e-4, global_clipnorm=1.0)
    ```
    and keep the best weights: `keras.callbacks.ModelCheckpoint(..., save_best_only=True)`.

    ## Easily confused with
    ZA605 overfits: there training goes on improving and validation alone turns. ZA703
    diverging-loss: there nothing had been learned before. ZA501 loss-not-finite: there the loss
    is NaN from some step on.

    ## Sources
    Pascanu et al. 2013, On the difficulty of training recurrent neural networks (one large update
    leaves the region in which a gradient points back); Mann 1945 and Kendall 1975 for the trend.
    Margins measured on public logs.
    """
    run = context.run
    if run.headline(Role.REWARD) is not None:
        return NotApplicable("reinforcement learning: ZA710 looks at its rewards")
    courses = [course for course in judged_courses(run) if course is not None]
    if not courses:
        return CannotTell(f"fewer than {FEWEST_POINTS} points")
    found = collapse_of(run)
    if found is None:
        said = courses[0]
        return Passed(f"its best level was {number(said.best)}, its last one {number(said.end)}")
    return _flagged(run, found)


def _flagged(run: Run, found: Collapse) -> Flagged:
    course, curve = found.course, found.course.curve
    unit = "epoch" if curve.axis == "epoch" else "step"
    what = "loss" if curve.role is Role.LOSS else "accuracy"
    what = f"validation {what}" if curve.split is Split.VALIDATION else what
    return Flagged(
        summary=f"The model learned, then lost it: the {what} was {number(course.best)} and has "
        f"stood at {number(course.end)} since {unit} {found.step}.",
        context=_beside(run, found),
        evidence=_evidence(run, found),
        tier=Tier.STRONG if found.is_sure else Tier.SMELL,
        # What is dead or constant from the next step on is a consequence of what happened there.
        since=last_step_behind(run, curve, found.last_good_step),
    )


def _evidence(run: Run, found: Collapse) -> tuple[Evidence, ...]:
    course, curve = found.course, found.course.curve
    half = course.best - course.side * LOST_SHARE * course.best_gain
    if curve.role is Role.LOSS and course.end > LOST_LOSS * course.best:
        limit = at_most(LOST_LOSS * course.best)
        text = "loss at the end, against four times its best level"
    elif curve.role is Role.LOSS:
        limit, text = at_most(half), "loss at the end, against half of what it had gained"
    else:
        limit = at_least((course.best - max(LOST, course.best_gain / 2)) / curve.scale)
        text = "accuracy at the end, against half of what it had gained"
    facts = [Evidence.of_curve(text, curve, course.end / curve.scale, limit, since=found.step)]
    for role in (Role.LOSS, Role.ACCURACY):
        other = run.headline(role, curve.split)
        beside = None if other is None or other is curve else course_of(run, other)
        if beside is not None and abs(beside.loss_from_best) > GAINED * abs(beside.best):
            name = "loss" if role is Role.LOSS else "accuracy"
            facts.append(Evidence.of_curve(f"{name} at the end", beside.curve,
                                           beside.end / beside.curve.scale, since=found.step))
    return tuple(facts)


def _beside(run: Run, found: Collapse) -> str:
    """What loss, gradients and learning rate did where it went."""
    said = []
    loss = run.headline(Role.LOSS)
    course = None if loss is None else course_of(run, loss)
    if course is not None and (peak := _peak(course, found.step)) is not None:
        said.append(f"the loss jumped to {number(peak[1])}{_at(peak[0], found)}")
    for role, words in ((Role.GRADIENT_NORM, "the gradient norm"),
                        (Role.LEARNING_RATE, "the learning rate")):
        curve = run.headline(role)
        value = None if curve is None else level_at(curve, found.step)
        if curve is not None and value is not None and curve.axis == found.course.curve.axis:
            said.append(f"{words} was {number(value)}")
    unit = "epoch" if found.course.curve.axis == "epoch" else "step"
    return f"At {unit} {found.step} {' and '.join(said)}." if said else ""


def _at(step: int, found: Collapse) -> str:
    """Where a peak was, if not at the step that the sentence names."""
    return "" if step == found.step else f" (at {step})"


def _peak(course: Course, until: int) -> tuple[int, float] | None:
    """The largest value between the best level and the end of the fall: (step, value)."""
    behind = (course.steps >= course.best_step) & (course.steps <= until)
    if not behind.any() or course.best <= 0:
        return None
    at = int(course.values[behind].argmax())
    step, value = int(course.steps[behind][at]), float(course.values[behind][at])
    return (step, value) if value > JUMP * max(course.best, course.end / JUMP * 2) else None
