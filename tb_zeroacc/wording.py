"""Numbers in words: how a value is written in a sentence, the same everywhere."""

from __future__ import annotations

import math
from datetime import UTC, datetime

LEAST_PERCENT = 1e-6


def number(value: float) -> str:
    """A number with three significant digits, plain where that is short: `0.0312`, `4.1e-7`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    size = abs(value)
    if size == 0 or (float(value).is_integer() and size < 1e6) or 100 <= size < 1e6:
        return _grouped(value)
    if size >= 1e6 or size < 1e-3:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{value:.3g}"


def percent(share: float) -> str:
    """A share as a percentage: `4 %`, `0.0003 %`, `99.9 %`; never rounds to 0 or 100."""
    value = 100.0 * share + 0.0  # no `-0`
    if not math.isfinite(value):
        return number(value)
    if value < 0:
        said = percent(-share)
        return f"-{said}" if said[0].isdigit() else "0 %"
    if 0 < value < LEAST_PERCENT:
        return f"less than {LEAST_PERCENT:f} %"
    if 0 < value < 1:
        return f"{float(f'{value:.2g}'):.7f}".rstrip("0").rstrip(".") + " %"
    if 99 < value < 100:
        return f"{min(value, 99.9):.1f} %"
    return f"{_grouped(value)} %"


def times(ratio: float, what: str) -> str:
    """A multiple of something: `3 times its start`, and `about its start` where it is 1."""
    said = number(ratio)
    return f"about {what}" if said == "1" else f"{said} times {what}"


def _grouped(value: float) -> str:
    """Without decimals; from five digits on with a blank between thousands."""
    return f"{value:.0f}" if abs(value) < 9999.5 else f"{value:,.0f}".replace(",", " ")


def instant(seconds: float) -> str:
    """A moment given in seconds since 1970: `2026-03-01 12:00:05 UTC`."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, OSError, ValueError):  # no clock of this world
        return f"{number(seconds)} s after 1970"


def duration(seconds: float) -> str:
    """A stretch of time, in at most two units: `40 s`, `3 min`, `2 h 5 min`, `4 d 1 h`."""
    if not math.isfinite(seconds):
        return number(seconds)
    if seconds < 59.5:
        return f"{max(0.0, seconds):.0f} s"
    minutes = round(seconds / 60)
    for size, unit, smaller, rest in ((1440, "d", 60, "h"), (60, "h", 1, "min")):
        if minutes >= size:
            left = minutes % size // smaller
            return f"{minutes // size} {unit}" + (f" {left} {rest}" if left else "")
    return f"{minutes} min"


def count(quantity: int, noun: str) -> str:
    """A quantity with its noun: `1 step`, `20 steps`, `2 batches`."""
    ending = "" if quantity == 1 else "es" if noun.endswith("tch") else "s"
    return f"{quantity} {noun}{ending}"


def listed(names: list[str], most: int = 3) -> str:
    """Names in a sentence: `a`, `b` and 4 more."""
    shown = [f"`{name}`" for name in names[:most]]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
