"""A curve that was better and stayed worse: when it went, and what else happened there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.computed.chance.levels import chance_at_end
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import held_gain
from tb_zeroacc.diagnosis.computed.learning.terms import term_that_fell
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Curve, Role, Run, Split

FEWEST_POINTS = 8
# Of a loss: it had come down to under half of its start, and ended at four times that and above
# half of the start. Healthy logs of 34 authors: none; dead ones end at 5 times and more.
LEARNED_LOSS, LOST_LOSS, NEAR_START = 0.5, 4.0, 0.5
# Less than that: it had gained .3 of its start, and lost half of what it had gained at once. The
# largest share that a healthy log of 34 authors lost for good is under .3; but a term that comes
# into the loss later looks the same, unless an accuracy or a metric falls with it.
GAINED_LOSS = 0.3
# Of an accuracy: it had gained .1, and lost .15 and more than half of what it had gained.
GAINED, LOST, LOST_SHARE = 0.1, 0.15, 0.5
BELOW_CHANCE = 0.8  # of ln k: a loss that was under it had learned
COMING_BACK = 2.0  # Mann-Kendall z since the best level from which on it recovers
NEAR_END = 0.95  # of the points: a drop later than this may be a spike that recovers
# Of the points of a run that goes on: a blow-up often recovers, once in the first tenth of the runs
# in 8 of 80 healthy logs.
LASTING = 1 / 3
QUARTER, SUDDEN = 0.25, 0.1  # of what was lost, and of the points that the way may take
TINY = 1e-30
FEWEST_LOST, LEAST_LOST = 3, 0.1  # points, and share of them, that must stand there
FIRST_TENTH = 0.1  # a best level in it is where the curve began: nothing had been learned


@dataclass(frozen=True, slots=True, eq=False)
class Collapse:
    """A curve that learned, and lost it for good.

    Attributes:
        course: Its course.
        since: The index behind which it never again stood nearer to its best than to its end.
        is_sure: Whether it can be nothing else: it went within a tenth of the run (what takes
            longer may be a curriculum), and by more than a new term of the loss would explain.
    """

    course: Course
    since: int
    is_sure: bool = True

    @property
    def step(self) -> int:
        """Where it went, on the curve's axis."""
        return int(self.course.steps[self.since])

    @property
    def last_good_step(self) -> int:
        """Where it still stood, on the curve's axis: whatever undid it came later."""
        return int(self.course.steps[max(0, self.since - 1)])


@per_run
def collapse_of(run: Run) -> Collapse | None:
    """What a training lost: by its loss, its accuracy, or by a loss that ended at chance.

    Where training has too few points for that, by the accuracy on the validation data.
    """
    if held_gain(run) is not None:
        return None
    loss, accuracy = judged_courses(run)
    chance = chance_at_end(run)
    for course, lost in (
        (loss, loss is not None and _lost_loss(loss)),
        (accuracy, accuracy is not None and _lost_accuracy(accuracy)),
        (loss, loss is not None and chance is not None and loss.best < BELOW_CHANCE * chance.level),
    ):
        if course is not None and lost and (since := _since(run, course)) is not None:
            return Collapse(course, since, _is_sudden(course))
    if loss is not None and _lost_half(loss) and term_that_fell(run, loss) is None:
        since = _since(run, loss)
        if since is not None and _is_sudden(loss):
            return Collapse(loss, since, _some_metric_fell(run))
    return None


def judged_courses(run: Run) -> tuple[Course | None, Course | None]:
    """Loss and accuracy of training, or the accuracy of validation alone; None where too short."""
    loss, accuracy = _course(run, Role.LOSS), _course(run, Role.ACCURACY)
    if loss is None and accuracy is None:
        accuracy = _course(run, Role.ACCURACY, Split.VALIDATION)
    return loss, accuracy


def _course(run: Run, role: Role, split: Split = Split.TRAIN) -> Course | None:
    curve = run.headline(role, split)
    course = None if curve is None else course_of(run, curve)
    return course if course is not None and course.points >= FEWEST_POINTS else None


def _since(run: Run, course: Course) -> int | None:
    """The index from which on it is lost; None where it may still come back."""
    since = _last_good(course)
    lasting = course.points - since
    is_long = lasting >= max(FEWEST_LOST, LEAST_LOST * course.points)
    may_recover = run.state == "live" and lasting < LASTING * course.points
    return since if _is_final(course) and is_long and not may_recover else None


def _lost_loss(loss: Course) -> bool:
    learned = 0 < loss.best < LEARNED_LOSS * loss.start and loss.is_clearly_worse
    return learned and loss.end > LOST_LOSS * loss.best and loss.end > NEAR_START * loss.start


def _lost_half(loss: Course) -> bool:
    learned = loss.best_gain > GAINED_LOSS * abs(loss.start) and loss.is_clearly_worse
    return learned and loss.loss_from_best > LOST_SHARE * loss.best_gain


def _some_metric_fell(run: Run) -> bool:
    """Whether an accuracy or a metric lost half of what it had gained, too."""
    known = (course_of(run, c) for c in run.curves if c.role in (Role.ACCURACY, Role.METRIC))
    courses = [course for course in known if course is not None]
    return any(_lost_half(course) and _is_final(course) for course in courses)


def _lost_accuracy(accuracy: Course) -> bool:
    gained = accuracy.best_gain
    lost = accuracy.loss_from_best > max(LOST, LOST_SHARE * gained)
    return gained > GAINED and lost and accuracy.is_clearly_worse


def _is_final(course: Course) -> bool:
    early = course.best_at < NEAR_END * course.points
    learned = course.best_at >= FIRST_TENTH * course.points
    return learned and early and course.trend_since(course.best_at) < COMING_BACK


def _is_sudden(course: Course) -> bool:
    """Whether the way from near the best to near the end took a small part of the run."""
    way = course.side * (course.levels - course.end) / max(course.loss_from_best, TINY)
    good = int(np.flatnonzero(way > 1.0 - QUARTER)[-1])
    bad = np.flatnonzero(way[good:] < QUARTER)
    return len(bad) > 0 and int(bad[0]) <= max(FEWEST_LOST, SUDDEN * course.points)


def _last_good(course: Course) -> int:
    """The index behind the last level that is nearer to the best than to the end."""
    middle = (course.best + course.end) / 2.0
    good = np.flatnonzero(course.side * (course.levels - middle) > 0)
    return min(int(good[-1]) + 1, course.points - 1)


def level_at(curve: Curve, step: int) -> float | None:
    """The last value of a curve up to a step of the same axis; None before its first."""
    steps, values = curve.series.finite()
    at = int(np.searchsorted(steps, step, side="right")) - 1
    return float(values[at]) if at >= 0 else None
