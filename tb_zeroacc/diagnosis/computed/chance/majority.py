"""Whether an accuracy is what always predicting the largest class scores."""

from __future__ import annotations

import math

from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING

NO_BETTER = 0.001  # accuracy above the largest class's share that is rounding
ERRORS = 2.0  # standard errors of that share, which is counted in a part of the batches
NEAR = 0.1  # of the rest above the majority's share: an accuracy below that proves nothing
# Of accuracy: who always answers the largest class scores its share. Where it is this far below
# that, others are predicted, as weights within a loss of one's own have it.
BELOW = 0.05


def ceiling_of(share: float) -> float:
    """Up to which accuracy the largest class may be all that is predicted, 0 to 1.

    Args:
        share: Of the largest class among the labels, 0 to 1.
    """
    return share + NEAR * (1.0 - share)


def is_of_majority(accuracy: float | None, share: float) -> bool:
    """Whether an accuracy, 0 to 1, is that of predicting the largest class alone."""
    if accuracy is None:
        return False
    return share - BELOW - ROUNDING <= accuracy <= ceiling_of(share) + ROUNDING


def room_of_counting(share: float, counted: float) -> float:
    """By how much the accuracy of a constant answer may exceed the share that was counted.

    Args:
        share: Of the largest class among the labels, 0 to 1.
        counted: Labels that it was counted in.
    """
    return NO_BETTER + ERRORS * math.sqrt(share * (1.0 - share) / counted)
