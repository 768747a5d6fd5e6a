"""How a value and its limit read."""

from __future__ import annotations

import math

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answers import Evidence, Healthy
from tb_zeroacc.wording import number, percent

_LIMITS: dict[wire.Side, str] = {
    "<=": "at most ", "<": "below ", ">=": "at least ", "!=": "not ",
}  # fmt: skip
_SIDES: dict[Healthy, wire.Side] = {"at most": "<=", "below": "<", "at least": ">="}
WELL = 0.01  # of a limit: who must stay farther below it than that is told `well below`


def healthy_side(fact: Evidence) -> wire.Side | None:
    """On which side of its threshold a healthy value lies; None where that is not known."""
    if fact.threshold is None:
        return None
    if fact.healthy is not None:
        return _SIDES[fact.healthy]
    return "!=" if fact.comparison == "equal" else None


def value_text(fact: Evidence) -> str:
    """The value as it reads, with its unit; empty where there is none."""
    return _text(fact.value, fact.unit)


def limit_text(fact: Evidence, side: wire.Side | None) -> str:
    """The threshold as it reads: `at most 1`; empty where there is none."""
    if fact.threshold is None:
        return "finite" if fact.is_healthy is False else ""
    if fact.threshold == 0 and side == "<=" and fact.unit:
        return "none"
    words = _LIMITS[side] if side else ""
    if side == "<" and fact.room > WELL * abs(fact.threshold):
        words = f"well {words}"
    return words + _text(fact.threshold, fact.unit)


def healthy_text(fact: Evidence) -> str:
    """What would be healthy, as it reads: `at most 1`; empty where that is not known."""
    return limit_text(fact, healthy_side(fact))


def line_text(fact: Evidence) -> str:
    """What a line at the threshold is: `guessing scores 2.3`, else the limit as it reads."""
    if fact.limit_name and fact.threshold is not None:
        return f"{fact.limit_name} {_text(fact.threshold, fact.unit)}"
    return healthy_text(fact)


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "share":
        return percent(value)
    if not math.isfinite(value):
        return number(value)
    if value == 1:
        unit = unit.removesuffix("es") if unit.endswith("tches") else unit.removesuffix("s")
    return f"{number(value)} {unit}".rstrip()
