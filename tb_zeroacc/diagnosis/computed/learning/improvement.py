"""Whether a log shows that a model learned: an improvement that noise does not explain."""

from __future__ import annotations

from tb_zeroacc.diagnosis.computed.learning.chance import chance_at_end
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Role, Run

# One curve in 160 without a trend passes this by accident (one-sided).
CLEAR_TREND = 2.5
WEAK_TREND = 1.64  # one in 20
LEAST_CHANGE = 0.03  # of the start: less is no learning, however steady
FEW = 8  # points below which a rank test has no power: the change is held against single steps
CLEAR_CHANGE = 0.1  # of the start, of a curve with few points
# Of one that got better at once and then stood: no trend, but a step that lasts.
LARGE_CHANGE, NOISES = 0.3, 2.5


@per_run
def improvements_of(run: Run) -> tuple[Course, ...]:
    """The curves that got better: losses, accuracies, rewards, and metrics whose side is known."""
    found = [course_of(run, curve) for curve in run.curves]
    counts = [c for c in found if c is not None and not _ends_at_chance(run, c)]
    clear = tuple(course for course in counts if improved(course))
    weak = tuple(course for course in counts if _improved_weakly(course))
    # Two curves that measure different things say together what each says less surely.
    return clear or (weak if len({course.curve.role for course in weak}) > 1 else ())


def improved(course: Course) -> bool:
    """Whether a curve got better by more than its noise explains."""
    size = abs(course.start)
    change = course.gain / size if size else float(course.gain > 0)
    if course.points < FEW:
        return change > CLEAR_CHANGE and course.gain > course.noise
    if course.side * course.trend > CLEAR_TREND and change > LEAST_CHANGE:
        return True
    return change > LARGE_CHANGE and course.gain > NOISES * course.noise and _lasts(course)


def _improved_weakly(course: Course) -> bool:
    trend = course.side * course.trend > WEAK_TREND
    change = course.gain > LEAST_CHANGE * abs(course.start)
    return trend and change and course.gain > NOISES * course.noise


def _lasts(course: Course) -> bool:
    """Whether all of the last half stayed better than the start, by half of the gain."""
    later = course.side * (course.levels[course.points // 2 :] - course.start)
    return bool(later.min() > course.gain / 2)


def _ends_at_chance(run: Run, course: Course) -> bool:
    """A loss that came down to what always guessing scores has shown no learning."""
    return course.curve.role is Role.LOSS and chance_at_end(run, course.curve.split) is not None
