"""What a constant prediction would score on the validation data, with the error of that number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.chance.baseline import (
    Baseline,
    baseline_of,
    unweighted_baseline,
    validation_baseline,
)
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.run import Run

ERRORS = 2.0  # standard errors within which two numbers may be the same one
# A validation's own baseline counts where it is at least so many of the training's. Its first
# batches alone are on record: sorted ones hold a part of the classes, and the variance of four
# batches of 32 is off by up to 38 % (three standard errors, each the square root of 2 / n).
ALIKE, FAR = 0.9, 1.4
NEVER_BETTER = 0.98  # of it: on random targets validation ends at 1.03 to 1.08
# The baseline is that of the training labels. The variance of 300 others differs from it by 8 %
# (one standard error, sqrt(2/300)): random targets came down to .91 of it (measured).
CLEARLY_BETTER = 0.85


@dataclass(frozen=True, slots=True)
class HeldOutBaseline:
    """What a constant prediction scores on the validation data.

    Attributes:
        low, high: The lowest and the highest level that it may be, by what the loss is weighted.
        clear: A loss below it is better, whatever labels the two were counted from.
    """

    low: float
    high: float
    clear: float


@per_run
def held_out_baseline(run: Run) -> HeldOutBaseline | None:
    """The baseline of the validation loss; None where no labels tell it.

    Class weights do not reach a validation loss, sample weights may: it spans both.
    """
    training, weighted = unweighted_baseline(run), baseline_of(run)
    if not training.loss or not weighted.loss:
        return None
    found = [_level(training, validation_baseline(run))]
    if weighted.loss != training.loss:
        found.append(_level(weighted, None))
    levels, clear = zip(*found, strict=True)
    return HeldOutBaseline(min(levels), max(levels), min(clear))


def _level(training: Baseline, own: Baseline | None) -> tuple[float, float]:
    """The likeliest level, and the one below which a loss is clearly better."""
    assert training.loss
    level, error = training.loss, training.error
    if own is not None and own.loss:
        if training.classes is None:
            if own.loss >= FAR * level:
                return own.loss, NEVER_BETTER * (own.loss - ERRORS * own.error)
        elif abs(own.loss - level) <= ERRORS * math.hypot(own.error, error):
            level, error = _pooled(training, own)
        elif own.loss >= ALIKE * level:
            level, error = own.loss, own.error
    if training.classes is None:
        return level, CLEARLY_BETTER * level
    return level, NEVER_BETTER * (level - ERRORS * error)


def _pooled(one: Baseline, other: Baseline) -> tuple[float, float]:
    """The mean of two measurements of one number, each by its precision, and its error."""
    assert one.loss
    assert other.loss
    if not one.error or not other.error:
        return one.loss, max(one.error, other.error)
    precisions = one.error**-2, other.error**-2
    total = sum(precisions)
    mean = (one.loss * precisions[0] + other.loss * precisions[1]) / total
    return mean, total**-0.5
