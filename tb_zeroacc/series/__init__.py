"""A time series in bounded memory, exact where it matters.

Kept exactly: the first and the last `EDGE` points; count, first, last, minimum and maximum with
their steps, how many points are not finite and the first step at which one was not. In between,
buckets on step ranges aligned to powers of two: the range doubles when more than `BUCKETS` are
filled. Appended in any pieces, the result is the same to the bit.

Points of one step replace each other until the step closes: the last event of a step counts.
"""

from tb_zeroacc.series.buckets import BUCKETS
from tb_zeroacc.series.series import EDGE, Point, Series, SeriesBuilder, sharing_steps

__all__ = ["BUCKETS", "EDGE", "Point", "Series", "SeriesBuilder", "sharing_steps"]
