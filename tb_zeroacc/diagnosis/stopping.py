"""Whether a run is long enough to judge by its loss, and whether that still falls at its end.

Asked by what stopped too early, by what is stuck, and by the outcome.
"""

from __future__ import annotations

from tb_zeroacc.diagnosis.ending import is_unfinished
from tb_zeroacc.diagnosis.fed import STEP_LOSS_TAG
from tb_zeroacc.diagnosis.trend import Trend
from tb_zeroacc.run import Curve, Role, Run, Split

LATE_SHARE_OF_LEVEL = 0.05  # twins that work fall by up to 53 % here, but under half their prior
LATE_SHARE_OF_FALL = 0.2  # a fall that is evenly spread has .25 of it in the last quarter
LEAST_FALL = 0.03  # of the start; less than this in the whole run is scatter
NOISES = 2.0  # standard errors of the two levels
FEWEST_EPOCHS = 4  # points of a loss: fewer have no last quarter
FEWEST_STEPS = 20  # single batches, where there are no epochs


def still_falling(trend: Trend) -> bool:
    """Whether the last quarter still brought much: of the level, or of the whole fall."""
    return falls_by_level(trend) or falls_evenly(trend)


def falls_by_level(trend: Trend) -> bool:
    """Whether the last quarter brought much of the level, beyond scatter."""
    late = trend.late_fall
    return late > NOISES * trend.noise and late >= LATE_SHARE_OF_LEVEL * abs(trend.mark)


def falls_evenly(trend: Trend) -> bool:
    """Whether the last quarter brought its part of a fall that is no scatter."""
    late = trend.late_fall
    much = trend.fall >= LEAST_FALL * abs(trend.start)
    return much and late > NOISES * trend.noise and late >= LATE_SHARE_OF_FALL * trend.fall


def longest_loss(run: Run, split: Split = Split.TRAIN) -> Curve | None:
    """The loss by epochs where there are enough of them, else by steps."""
    headline = run.headline(Role.LOSS, split)
    if headline is not None and len(headline.series.finite()[0]) >= FEWEST_EPOCHS:
        return headline
    steps = run.curve(STEP_LOSS_TAG) if split is Split.TRAIN else None
    return steps or headline


def fewest_points(curve: Curve) -> int:
    """How many points of this curve it takes to judge a run."""
    return FEWEST_STEPS if curve.tag == STEP_LOSS_TAG else FEWEST_EPOCHS


def is_short(run: Run, curve: Curve | None) -> bool:
    """Whether a loss has too few points to say what became of a run.

    Within the first epochs of a run that goes on, or was to, every healthy loss stands near its
    prior.
    """
    if curve is None or len(curve.series.finite()[0]) < fewest_points(curve):
        return True
    return is_unfinished(run) and curve.tag == STEP_LOSS_TAG
