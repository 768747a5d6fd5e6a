"""Which of several workers differ from the others, whatever is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.run import Lane

T = TypeVar("T")


def odd_ones(lanes: Sequence[T], differs: Callable[[T, Sequence[T]], float]) -> list[T]:
    """Those that differ from the others; both of two that differ from each other.

    The one that differs most is set aside and the others are compared again, for it shifts what
    all are compared with. More than half cannot be the odd ones: then all of them are.

    Args:
        lanes: What is compared, one a worker.
        differs: How much one differs from others; 0 where it does not.
    """
    left, odd = list(lanes), []
    while len(left) > 1:
        scores = [differs(one, [other for other in left if other is not one]) for one in left]
        worst = int(np.argmax(scores))
        if scores[worst] <= 0:
            break
        if len(left) == 2:
            odd += left
            break
        odd.append(left.pop(worst))
    if not odd:
        return []
    few = 2 * len(odd) <= len(lanes) and len(lanes) > 2
    return [one for one in lanes if any(one is other for other in odd)] if few else list(lanes)


def with_fault(lanes: Sequence[Lane], has: Mapping[Lane, bool]) -> list[Lane]:
    """Those that have a fault which no other has; none where most have it.

    Args:
        lanes: All of them.
        has: Whether those have it that can be asked.
    """
    having = [lane for lane in lanes if has.get(lane)]
    return having if len(has) > 1 and 0 < 2 * len(having) <= len(has) else []


def common_steps(steps: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The steps that all of them have, int64 of shape (steps,), ascending."""
    first, *others = steps
    for other in others:
        first = np.intersect1d(first, other)
    return first


BLOCKS = 8
SURE = 5.0  # standard errors over 8 blocks: Student's t with 7 degrees of freedom, p = .0016


def is_steady(differences: NDArray[np.float64]) -> bool:
    """Whether a difference lasts: in every block of steps to one side, and far from chance.

    Neighbouring steps of a training are alike, so blocks of them are compared and not steps.

    Args:
        differences: float64 of shape (steps,), in the order of the steps.
    """
    if len(differences) < 2 * BLOCKS or not np.isfinite(differences).all():
        return False
    means = np.array([block.mean() for block in np.array_split(differences, BLOCKS)])
    if not (np.all(means > 0) or np.all(means < 0)):
        return False
    error = means.std(ddof=1) / np.sqrt(BLOCKS)
    return bool(abs(means.mean()) > SURE * error)
