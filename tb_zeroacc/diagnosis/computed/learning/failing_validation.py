"""Whether validation fails where training does not."""

from __future__ import annotations

from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.chance.baseline import (
    BEATEN_LOSS,
    HOPELESS,
    validation_baseline,
)
from tb_zeroacc.run import Curve, Role, Run, Split

ABOVE = 2.0  # validation loss ÷ training loss
FAR_ABOVE = 3.0  # the same where no baseline is known


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The validation loss beside the training loss.

    Attributes:
        curve: The validation loss.
        best, end: Its lowest and its last value.
        training: The last training loss.
        baseline: What a constant prediction scores on the validation data; None if unknown.
    """

    curve: Curve
    best: float
    end: float
    training: float
    baseline: float | None

    @property
    def is_worse(self) -> bool:
        """Whether validation ends at twice the training loss or more."""
        return self.end >= ABOVE * self.training > 0

    @property
    def fails(self) -> bool:
        """Whether it is worse, and does not beat a constant prediction either."""
        if self.baseline is not None and self.baseline > 0:
            return self.is_worse and self.end >= BEATEN_LOSS * self.baseline
        return self.end >= FAR_ABOVE * self.training > 0

    @property
    def beats(self) -> bool:
        """Whether it ends clearly below what a constant prediction scores."""
        return self.baseline is not None and self.end < BEATEN_LOSS * self.baseline

    @property
    def is_at_chance(self) -> bool:
        """Whether it ends where a constant prediction does, or above."""
        return self.baseline is not None and self.end >= HOPELESS * self.baseline


def held_out(run: Run, training: float | None, baseline: float | None) -> HeldOut | None:
    """The validation loss beside the training loss; None where either is not known.

    Args:
        run: The training.
        training: The last training loss.
        baseline: What a constant prediction scores in training, where the labels of validation are
            not on record.
    """
    curve = run.headline(Role.LOSS, Split.VALIDATION)
    if curve is None or training is None or curve.series.minimum is None:
        return None
    _, values = curve.series.finite()
    own = validation_baseline(run)
    known = own.loss if own is not None and own.loss else baseline
    return HeldOut(curve, curve.series.minimum.value, float(values[-1]), training, known)
