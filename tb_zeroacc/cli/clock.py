"""The clock that decides what still runs, as the command is told it."""

from __future__ import annotations

import math
import time


def clock_of(now: str) -> float | None:
    """Seconds since 1970; None for no clock.

    Args:
        now: `clock`, `none`, or seconds since 1970.

    Raises:
        ValueError: It is none of these; with a sentence.
    """
    if now == "clock":
        return time.time()
    if now == "none":
        return None
    try:
        value = float(now)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"--now takes 'clock', 'none' or seconds since 1970. Received: {now!r}")
    return value
