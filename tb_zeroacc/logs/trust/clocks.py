"""Which wall times of a log can be believed.

Whether a training still runs is told by the time of its last record. Some writers give
milliseconds, or seconds since the program began; and a machine's clock may be wrong. There the file
system tells.
"""

from __future__ import annotations

FIRST = 1_446_336_000.0  # seconds since 1970: November 2015, when TensorFlow came out
LAST = 4_102_444_800.0  # the year 2100
AHEAD = 86_400.0  # seconds by which a record may seem younger than its file: a zone, a drift
WRONG = 7_200.0  # seconds by which the clocks of two machines may differ: a change of summer time


def is_plausible(time: float) -> bool:
    """Whether a wall time is one in seconds since 1970, at which events were written."""
    return FIRST <= time <= LAST


def last_sign(told: float | None, modified: float | None) -> float | None:
    """When a file was last written to, seconds since 1970; None where nothing tells.

    Args:
        told: The latest wall time of its records.
        modified: What the file system says; None where it does not.
    """
    if told is None or not is_plausible(told):
        return modified
    if modified is not None and told > modified + AHEAD:
        return modified
    return told
