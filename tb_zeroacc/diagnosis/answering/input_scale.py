"""What the rules on the scale of the inputs share: limits and consequences."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Limit, at_most
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING

# Median over features of their root mean square. Raw diabetes data train at 51, digits of 0 to 16
# have 7.5: the scale alone is no fault, so the loss must show it too.
LARGE = 10.0

CONSEQUENCES = (
    "ZA107", "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504", "ZA505", "ZA508", "ZA509",
    "ZA602", "ZA701", "ZA702", "ZA703", "ZA704", "ZA705", "ZA706", "ZA709",
)  # fmt: skip


def in_float32(limit: float) -> Limit:
    """A limit for sizes from the tables: what rounding took from them does not count."""
    return at_most(limit, room=limit * ROUNDING)
