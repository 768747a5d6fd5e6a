"""The level of chance without labels: a loss at ln k, beside an accuracy of 1/k or a known k."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.learning.course import LEVEL_SHARE, Course, course_of
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Role, Run, Split

# Up to a hundred classes, and ImageNet's thousand: the one larger number that is common.
LOGARITHMS = {k: math.log(k) for k in (*range(2, 101), 1000)}
NEAR_LOG, NEAR_LOG_OF_MANY = 0.02, 0.006  # of ln k: from 30 on the logarithms lie closer together
MANY = 30
MOST_CLASSES = 100  # that a loss alone may tell
NEAR_NEXT = 0.1  # of the way to the next logarithm
NEAR_CHANCE_OF_TWO = 0.08  # of accuracy: two classes are rarely balanced
NEAR_CHANCE, NEAR_SHARE = 0.02, 0.25  # of accuracy, and of 1/k


@dataclass(frozen=True, slots=True, eq=False)
class ChanceLevel:
    """A loss and an accuracy of the same data that both ended at the level of guessing.

    Attributes:
        classes: k.
        loss, accuracy: Their courses.
    """

    classes: int
    loss: Course
    accuracy: Course

    @property
    def level(self) -> float:
        """What guessing scores: ln k, nats."""
        return math.log(self.classes)


@per_run
def chance_at_end(run: Run, split: Split = Split.TRAIN) -> ChanceLevel | None:
    """The level of chance that loss and accuracy of some data ended at; None where they did not.

    The pair is what makes it safe: many losses pass ln k for some k on their way.
    """
    for loss in _courses(run, Role.LOSS, split):
        near = [k for k in nearest(loss.end) if abs(loss.end - LOGARITHMS[k]) <= _room(k)]
        for accuracy in _courses(run, Role.ACCURACY, split) if near else ():
            for classes in near:
                if is_share_of_chance(accuracy.end, classes):
                    return ChanceLevel(classes, loss, accuracy)
    return None


def nearest(loss: float) -> list[int]:
    """Numbers of classes, the one first whose ln k is nearest to a loss."""
    return sorted(LOGARITHMS, key=lambda k: abs(loss - LOGARITHMS[k]))
def at_configured_chance(run: Run, split: Split = Split.TRAIN) -> Course | None:
    """A loss that ended at ln k where the hyperparameters name k and no accuracy is logged.

    A sum of several terms may end there by accident: it proves something only of a loss that did
    not get better.
    """
    classes = run.hyperparameters.classes
    if classes is None or classes < 2 or run.curves_of(Role.ACCURACY):
        return None
    level = math.log(classes)
    near = (c for c in _courses(run, Role.LOSS, split)
            if abs(c.end - level) <= _room(classes))  # fmt: skip
    return next(near, None)


def classes_at_start(course: Course) -> int | None:
    """The k whose ln k a loss began at, as far as its noise can tell; None where it was at none.

    Half of all numbers lie near some ln k: it must be ten times nearer than the next one.
    """
    if course.start <= 0 or course.start > math.log(MOST_CLASSES) + 1.0:
        return None
    classes = round(math.exp(course.start))
    if not 2 <= classes <= MOST_CLASSES:
        return None
    room = NEAR_NEXT * math.log((classes + 1) / classes)
    level_noise = course.noise / math.sqrt(max(1, course.points // LEVEL_SHARE))
    is_near = abs(course.start - math.log(classes)) <= room
    return classes if is_near and level_noise <= room else None


def _courses(run: Run, role: Role, split: Split) -> list[Course]:
    found = (course_of(run, curve) for curve in run.curves_of(role, split) if curve.headline)
    return [course for course in found if course is not None]


def _room(classes: int) -> float:
    return (NEAR_LOG if classes < MANY else NEAR_LOG_OF_MANY) * math.log(classes)


def is_share_of_chance(accuracy: float, classes: int) -> bool:
    """Whether an accuracy, 0 to 1, is that of guessing among so many classes."""
    room = NEAR_CHANCE_OF_TWO if classes == 2 else max(NEAR_CHANCE, NEAR_SHARE / classes)
    return abs(accuracy - 1.0 / classes) <= room
