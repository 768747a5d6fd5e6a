"""A finding by hand, for what is drawn of it."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Evidence, Fix, Tier
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.diagnosis import Finding


def a_finding(code: str, *evidence: Evidence, layers: tuple[str, ...] = ()) -> Finding:
    """What a rule would say with this evidence."""
    told = ("So.", "", evidence, (), (), Fix("Fix."), layers)
    return Finding(1, code, RULES[code].name, Tier.STRONG, *told)
