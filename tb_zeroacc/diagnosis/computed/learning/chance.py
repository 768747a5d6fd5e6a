"""The level of chance without labels: a loss at ln k beside an accuracy of 1/k."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Role, Run, Split

# Up to a hundred classes, and ImageNet's thousand: the one larger number that is common.
LOGARITHMS = {k: math.log(k) for k in (*range(2, 101), 1000)}
NEAR_LOG, NEAR_LOG_OF_MANY = 0.02, 0.006  # of ln k: from 30 on the logarithms lie closer together
MANY = 30
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


def _courses(run: Run, role: Role, split: Split) -> list[Course]:
    found = (course_of(run, curve) for curve in run.curves_of(role, split) if curve.headline)
    return [course for course in found if course is not None]


def _room(classes: int) -> float:
    return (NEAR_LOG if classes < MANY else NEAR_LOG_OF_MANY) * LOGARITHMS[classes]


def is_share_of_chance(accuracy: float, classes: int) -> bool:
    """Whether an accuracy, 0 to 1, is that of guessing among so many classes."""
    room = NEAR_CHANCE_OF_TWO if classes == 2 else max(NEAR_CHANCE, NEAR_SHARE / classes)
    return abs(accuracy - 1.0 / classes) <= room
