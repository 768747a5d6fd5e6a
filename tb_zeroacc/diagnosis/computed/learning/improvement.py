"""Whether a log shows that a model learned: an improvement that noise does not explain."""

from __future__ import annotations

import numpy as np

from tb_zeroacc.diagnosis.computed.chance.levels import chance_at_end
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.model.opponents import has_opponent
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Role, Run

ACCIDENT = 0.0062  # of curves without a trend pass by accident (one-sided)
CLEAR_TREND = 2.5  # the z of that
WANDERS = 3.0  # of a reward: times the scatter of block means
MANY_NOISES = 10.0
HELD = 0.85  # of its gain
RUNS_AWAY = 1000.0  # times its start: a loss that has no lower bound, and found none
# Of the start, where it falls ever faster; what converges, a likelihood too, falls ever slower.
RUNS_FASTER, FASTER = 10.0, 2.0
WEAK_TREND = 1.64  # one in 20
LEAST_CHANGE = 0.03  # of the start: less is no learning, however steady
FEW = 8  # points below which a rank test has no power: the change is held against single steps
CLEAR_CHANGE = 0.1  # of the start, of a curve with few points
# Of one that got better at once and then stood: no trend, but a step that lasts.
LARGE_CHANGE, NOISES = 0.3, 2.5


@per_run
def improvements_of(run: Run) -> tuple[Course, ...]:
    """The curves that got better: losses, accuracies, rewards, and metrics whose side is known.

    None where the loss runs away below 0: its labels are not those that its formula and those of
    the metrics beside it were made for.
    """
    main = run.headline(Role.LOSS)
    course = None if main is None else course_of(run, main)
    if course is not None and runs_away(course):
        return ()
    found = [course_of(run, curve) for curve in run.judged]
    counts = [c for c in found if c is not None and _can_show_it(run, c)]
    metrics = sum(course.curve.role is Role.METRIC for course in counts)
    clear = tuple(course for course in counts if improved(course, among=metrics))
    weak = tuple(course for course in counts if _improved_weakly(course))
    # Two curves that measure different things say together what each says less surely.
    return clear or (weak if len({course.curve.role for course in weak}) > 1 else ())


def improved(course: Course, *, among: int = 1) -> bool:
    """Whether a curve got better by more than its noise explains.

    Args:
        course: The curve's.
        among: How many metrics a log has: of many one rises by accident (Bonferroni).
    """
    size = abs(course.start)
    change = course.gain / size if size else float(course.gain > 0)
    if course.points < FEW:
        return change > CLEAR_CHANGE and course.gain > course.noise
    if course.curve.role is Role.REWARD and course.gain <= WANDERS * course.wander:
        return False
    is_one_of_many = course.curve.role is Role.METRIC and among > 1
    least = _clear_among(among) if is_one_of_many else CLEAR_TREND
    if course.side * course.trend > least and change > LEAST_CHANGE:
        return True
    noises = MANY_NOISES if is_one_of_many else NOISES
    return change > LARGE_CHANGE and course.gain > noises * course.noise and _lasts(course)


def _clear_among(metrics: int) -> float:
    """The trend that one of so many metrics shows by accident in `ACCIDENT` of all runs."""
    from statistics import NormalDist  # slow to import, and seldom needed

    return NormalDist().inv_cdf(1.0 - ACCIDENT / metrics)


@per_run
def held_gain(run: Run) -> Course | None:
    """An accuracy or a metric that got better and kept it: a loss that rises beside it is no fault.

    Weights of single terms that grow, hard examples that are sought, and curricula do so.
    """
    for course in improvements_of(run):
        is_long = course.points >= FEW and course.curve.role in (Role.ACCURACY, Role.METRIC)
        if is_long and course.loss_from_best <= (1.0 - HELD) * course.best_gain:
            return course
    return None


def _can_show_it(run: Run, course: Course) -> bool:
    """Whether a curve that got better would show that something was learned."""
    if not np.isfinite(course.curve.series.values[-1]):
        return False
    if course.curve.is_called_loss and run.headline(Role.REWARD) is not None:
        return False  # what values aim at moves: their loss falls where nothing is ever paid
    if course.curve.role is not Role.LOSS:
        return True
    if has_opponent(run):
        return False  # in a game one falls as the other rises
    if chance_at_end(run, course.curve.split) is not None:
        return False  # it came down to what always guessing scores
    if runs_away(course):
        return False
    # A loss below 0 that no accuracy follows runs away: labels that its formula was not made for.
    known = [course_of(run, c) for c in run.curves_of(Role.ACCURACY)]
    accuracies = [c for c in known if c is not None]
    return course.end >= 0 or not accuracies or any(map(improved, accuracies))


def runs_away(course: Course) -> bool:
    """Whether a loss falls below 0 without a bound."""
    size = max(1.0, abs(course.start))
    if course.points < FEW or course.end >= -RUNS_FASTER * size:
        return course.end < -RUNS_AWAY * size
    middle = float(course.levels[course.points // 2])
    return course.end < -RUNS_AWAY * size or middle - course.end > FASTER * (course.start - middle)


def _improved_weakly(course: Course) -> bool:
    trend = course.side * course.trend > WEAK_TREND
    change = course.gain > LEAST_CHANGE * abs(course.start)
    return trend and change and course.gain > NOISES * course.noise


def _lasts(course: Course) -> bool:
    """Whether all of the last half stayed better than the start, by half of the gain."""
    later = course.side * (course.levels[course.points // 2 :] - course.start)
    return bool(later.min() > course.gain / 2)
