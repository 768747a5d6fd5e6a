"""ZA703: a loss that leaves and does not come back."""

from __future__ import annotations

import numpy as np

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
from tb_zeroacc.diagnosis.computed.chance.levels import ChanceLevel, chance_at_end
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import held_gain, improved, runs_away
from tb_zeroacc.diagnosis.computed.learning.terms import (
    penalty_that_grew,
    rises_evenly,
    term_that_fell,
)
from tb_zeroacc.diagnosis.computed.learning.trend import last_stretch, training_step
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import LOSS
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Role, Run, Split
from tb_zeroacc.wording import number

FEWEST_POINTS, FEWEST_SURE = 8, 15
NOISES = 3.0  # standard deviations of a point that it must have risen by
ABOVE_START, ABOVE_BEST = 2.0, 3.0  # times: healthy losses of 34 authors end under their start
# Times its start: a term whose weight grows can bring less than that, and rises little by little.
SURELY, SURELY_IF_EVENLY = 10.0, 1000.0
# A mean cross-entropy of a probability that float32 can hold is under 104; Keras clips at 16.
NO_CROSS_ENTROPY, SURELY_NONE = 1000.0, 1e4  # between them a penalty or a sum may be in it
# An accuracy, and a gain, that show that the size of the loss is its own affair (a sum, say).
RIGHT, GAINED, GAINED_CLEARLY = 0.9, 0.1, 0.04
BLOWN_UP = 10.0  # times the first value
AT_CHANCE = 0.05  # of ln k


@rule(
    "ZA703",
    "diverging-loss",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.ITS_CURVE,
    healthy="The loss stays within bounds",
    needs=(LOSS,),
    explains=("ZA704", "ZA705"),
    yields_to=("ZA706",),
    provisional_while_live=True,
    fix=Fix(
        "Lower the learning rate tenfold, clip the gradients, and scale inputs and targets.",
        "+ optimizer = keras.optimizers.Adam(1e-4, global_clipnorm=1.0)",
        in_torch=LOWER_AND_CLIP,
        in_lightning=CLIPPED,
    ),
)
def diverging_loss(context: RunContext) -> Answer:
    """The loss grew far beyond where it began and did not come back.

    ## What it means
    Updates make things worse: each overshoots, and the next one overshoots more. Or the loss is of
    a size that no answer of a sane model can have, from the start.

    ## Why accuracy suffers
    The weights are somewhere far out; what the model says there has nothing to do with its inputs.

    ## How it is detected
    From medians of the first and the last tenth of the training loss, of 8 points at least: it ends
    above twice its start and above three times its best level, by more than three times its noise,
    while no accuracy or metric got better and kept it, nor a term of the loss, and a penalty that
    is logged beside it does not explain the rise. It is a smell under 15 points, and where a term
    whose weight grows could be the reason: up to ten times the start, or a thousand where no tenth
    of the run brought 30 % of the rise. Or a loss of 10 000 and more (a smell from 1000 on) beside
    an accuracy under .9 that gained less than .1: the cross-entropy of the least probability that
    float32 holds is 104. Or a loss that rose to ten times its first value and came back to ln k,
    beside an accuracy of 1/k: it blew up, and has answered by chance ever since. Or a loss that
    falls to a thousand times its start below 0, or to ten times and ever faster, while no accuracy
    rises (a smell where there is none): it has no lower bound. Not asked of reinforcement learning
    nor of nets that train against
    each other, whose losses may rise in health. None of the healthy public logs of 34 authors ends
    above its start.

    ## How to fix it
    ```python
    optimizer = keras.optimizers.Adam(1e-4, global_clipnorm=1.0)
    ```
    If the very first losses are that large, scale inputs and targets first.

    ## Easily confused with
    ZA701 learning-rate-too-high names the cause where updates are on record. ZA706
    died-after-learning: there it had learned before. ZA605 overfits: there the validation loss
    rises and the training loss falls.

    ## Sources
    Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.2.4 (cliffs and exploding
    gradients). Margins measured on public logs.
    """
    run = context.run
    if run.headline(Role.REWARD) is not None:
        return NotApplicable("reinforcement learning: its losses may rise in health")
    course = course_of(run, context.given(LOSS))
    if course is None:
        return CannotTell("fewer than two points of the loss")
    if course.end > NO_CROSS_ENTROPY and (beside := _helpless_accuracy(run)) is not None:
        return _too_large(run, course, beside)
    if course.points < FEWEST_POINTS:
        return CannotTell(f"fewer than {FEWEST_POINTS} points of the loss")
    held = held_gain(run)
    if held is not None:
        return Passed(f"`{held.curve.tag}` got better meanwhile, and kept it")
    limit = max(ABOVE_START * course.start, ABOVE_BEST * course.best)
    if course.start > 0 and course.end > limit and course.is_clearly_worse:
        return _explained(run, course) or _grown(run, course)
    if runs_away(course) and not any(map(improved, _accuracies(run))):
        return _unbounded(run, course)
    first, peak = float(course.values[0]), float(course.values.max())
    chance = chance_at_end(run)
    if peak > BLOWN_UP * abs(first) and chance is not None:
        return _blown_up(run, course, peak, chance)
    return Passed(f"the loss began at {number(course.start)} and ended at {number(course.end)}")


def _rose(accuracy: Course) -> bool:
    clearly = accuracy.gain > max(GAINED_CLEARLY, NOISES * accuracy.noise)
    return clearly and improved(accuracy)


def _accuracies(run: Run) -> list[Course]:
    courses = (course_of(run, c) for c in run.curves_of(Role.ACCURACY) if c.split is not Split.TEST)
    return [course for course in courses if course is not None]


def _helpless_accuracy(run: Run) -> Course | None:
    """An accuracy that neither is good nor got much better, where all of them are so."""
    known = _accuracies(run)
    if any(c.gain > GAINED or c.end >= RIGHT or _rose(c) for c in known):
        return None
    return known[0] if known else None


def _explained(run: Run, course: Course) -> Passed | None:
    """A rise that comes from the weight of one term of the loss, as far as its terms are logged."""
    if (term := term_that_fell(run, course)) is not None:
        said = f"fell from {number(term.start)} to {number(term.end)}"
        return Passed(f"the loss rose, but its term `{term.curve.tag}` {said}")
    if (penalty := penalty_that_grew(run, course)) is not None:
        return Passed(f"the loss rose, but without `{penalty.tag}` it did not")
    return None


def _grown(run: Run, course: Course) -> Flagged:
    limit = at_most(max(ABOVE_START * course.start, ABOVE_BEST * course.best))
    least = SURELY_IF_EVENLY if rises_evenly(course) else SURELY
    is_sure = course.end > least * course.start
    aside = "" if is_sure else " A term whose weight grows does the same: log the terms one by one."
    return Flagged(
        summary=f"The loss {'diverged' if is_sure else 'grew'}: it began at {number(course.start)} "
        f"and ended at {number(course.end)}.",
        context=f"Its best level was {number(course.best)}.{aside}",
        evidence=(
            Evidence.of_curve(
                "loss at the end, against twice its start and three times its best", course.curve,
                course.end, limit, since=course.best_step,
            ),
        ),
        tier=Tier.STRONG if is_sure and course.points >= FEWEST_SURE else Tier.SMELL,
        since=training_step(run, course.curve, course.best_step),
    )


def _unbounded(run: Run, course: Course) -> Flagged:
    beside = next(iter(_accuracies(run)), None)
    said = "" if beside is None else f" Accuracy ended at {number(beside.end)}."
    return Flagged(
        summary=f"The loss runs away below 0: it began at {number(course.start)} and ended at "
        f"{number(course.end)}.",
        context="It has no lower bound, so it never settles: labels outside the range that its "
        f"formula takes, say, or a sign that is wrong.{said}",
        evidence=(
            Evidence.of_curve("loss at the end", course.curve, course.end, at_least(0.0)),
            *(() if beside is None else (
                Evidence.of_curve("accuracy at the end", beside.curve,
                                  beside.end / beside.curve.scale),
            )),
        ),
        tier=Tier.SMELL if beside is None else Tier.STRONG,
        since=training_step(run, course.curve, int(course.steps[0])),
        fix=Fix(
            "Look at the labels: a cross-entropy takes numbers between 0 and 1, or class numbers.",
            "print(np.unique(y))",
        ),
        rivals=(("ZA201", "the smallest and the largest label"),),
    )  # fmt: skip


def _too_large(run: Run, course: Course, accuracy: Course) -> Flagged:
    end = accuracy.end / accuracy.curve.scale
    return Flagged(
        summary=f"The loss is far too large for a classifier: {number(course.end)}.",
        context="In float32 a cross-entropy can hardly exceed 104: the outputs exploded, or the "
        f"loss is no mean over the examples. Accuracy ended at {number(accuracy.end)}.",
        evidence=(
            Evidence.of_curve("loss at the end", course.curve, course.end,
                              at_most(NO_CROSS_ENTROPY)),
            Evidence.of_curve("accuracy at the end", accuracy.curve, end),
        ),
        tier=Tier.STRONG if course.end > SURELY_NONE else Tier.SMELL,
        since=training_step(run, course.curve, int(course.steps[0])),
    )


def _blown_up(run: Run, course: Course, peak: float, chance: ChanceLevel) -> Flagged:
    at = int(course.steps[int(course.values.argmax())])
    unit = "epoch" if course.curve.axis == "epoch" else "step"
    begin = last_stretch(np.abs(course.levels - chance.level) <= AT_CHANCE * chance.level)
    since = int(course.steps[min(begin, course.points - 1)])
    return Flagged(
        summary=f"The loss blew up to {number(peak)} at {unit} {at}, and since {unit} {since} the "
        f"model has guessed: the loss stands at {number(course.end)}.",
        context=f"Guessing among {chance.classes} classes scores {number(chance.level)}; accuracy "
        f"ended at {number(chance.accuracy.end)}.",
        evidence=(
            Evidence.of_curve(f"loss at the end, against that of guessing (ln {chance.classes})",
                              course.curve, course.end, at_most(chance.level * (1 - AT_CHANCE)),
                              since=since),
            Evidence.of_curve("largest loss, against ten times the first", course.curve, peak,
                              at_most(BLOWN_UP * abs(float(course.values[0]))), until=at),
        ),
        since=training_step(run, course.curve, at),
    )  # fmt: skip
