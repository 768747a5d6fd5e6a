"""A finding's evidence as JSON, as `wire.evidence` defines it; `telling` has the words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tb_zeroacc import telling, wire
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.marking import marked
from tb_zeroacc.run import Run


def facts_json(facts: Sequence[Evidence], run: Run) -> list[wire.Evidence]:
    """Facts of a run, in the order given."""
    return [evidence_json(fact, run) for fact in facts]


def evidence_json(fact: Evidence, run: Run) -> wire.Evidence:
    """One fact of a run, with its limit as it reads and what of its curve is marked."""
    side, marks = telling.healthy_side(fact), marked(run, fact)
    return {
        "run": fact.member,
        "tag": fact.tag,
        "layer": fact.layer,
        "axis": fact.axis,
        "first_step": fact.first_step,
        "last_step": fact.last_step,
        "value": json_number(fact.value),
        "value_text": telling.value_text(fact),
        "comparison": fact.comparison,
        "threshold": json_number(fact.threshold),
        "healthy": side,
        "limit_text": telling.limit_text(fact, side),
        "line_text": telling.line_text(fact),
        "wrong": None if fact.is_healthy is None else not fact.is_healthy,
        "stretches": [list(stretch) for stretch in marks.stretches],
        "throughout": marks.throughout,
        "rules_out": fact.rules_out if fact.is_healthy else "",
        "unit": fact.unit,
        "estimated": fact.estimated,
        "text": fact.text,
    }


def reference_json(fact: Evidence, run: Run) -> wire.Evidence:
    """One fact whose threshold is no limit, but what it is compared with."""
    told = evidence_json(fact, run)
    told["healthy"], told["limit_text"] = None, telling.limit_text(fact, None)
    told["wrong"], told["stretches"], told["throughout"] = None, [], False
    return told


def json_number(value: float | None) -> wire.Value | None:
    """A number as JSON knows it; NaN and infinities as `"NaN"`, `"Infinity"`, `"-Infinity"`."""
    if value is None:
        return None
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
