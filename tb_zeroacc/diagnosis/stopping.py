"""Whether a curve still falls at its end: asked by what stopped too early and by what is stuck."""

from __future__ import annotations

from tb_zeroacc.diagnosis.trend import Trend

LATE_SHARE_OF_LEVEL = 0.05  # twins that work fall by up to 53 % here, but under half their prior
LATE_SHARE_OF_FALL = 0.2  # a fall that is evenly spread has .25 of it in the last quarter
LEAST_FALL = 0.03  # of the start; less than this in the whole run is scatter
NOISES = 2.0  # standard errors of the two levels


def still_falling(trend: Trend) -> bool:
    """Whether the last quarter still brought much: of the level, or of the whole fall."""
    late = trend.late_fall
    if late <= NOISES * trend.noise:
        return False
    if late >= LATE_SHARE_OF_LEVEL * abs(trend.mark):
        return True
    much = trend.fall >= LEAST_FALL * abs(trend.start)
    return much and late >= LATE_SHARE_OF_FALL * trend.fall
