"""What a finding says of the numbers that are drawn: what it names, and which limit is theirs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.facts import Output
from tb_zeroacc.run import Run


class Told(Protocol):
    """What is told of a fault: a finding, or a consequence of one."""

    @property
    def code(self) -> str:
        """Of the rule."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers that it is about."""

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of the workers of a job that it is about; empty for all."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The most telling first."""

    @property
    def rules_out(self) -> tuple[Evidence, ...]:
        """Healthy values that speak against other causes."""


SAME = 0.02  # of each other: a drawn number is that of a fact where they differ by no more


def named_by(told: Told) -> frozenset[str]:
    """Layers, features, rows that a finding is about: not those it merely compares others with."""
    by_facts = (e.layer for e in told.evidence if e.layer and e.is_healthy is False)
    return frozenset((*told.layers, *by_facts))


def fact_about(told: Told, drawn: Iterable[float], unit: str = "") -> Evidence | None:
    """The fact with a limit whose very number is drawn, the nearest one; None where none is.

    A limit beside numbers that it was not held against would say what nobody judged.
    """
    numbers = [value for value in drawn if math.isfinite(value)]
    found: dict[float, Evidence] = {}
    for fact in told.evidence:
        if fact.unit != unit or fact.threshold is None or fact.value is None or fact.is_healthy:
            continue
        off = min((abs(value - fact.value) for value in numbers), default=math.inf)
        if off <= SAME * abs(fact.value):
            found.setdefault(off / abs(fact.value) if off else 0.0, fact)
    return found[min(found)] if found else None


def output_meant(told: Told, run: Run) -> Output | None:
    """The output that a finding names, else the first that is trained; None without a contract."""
    outputs = run.contract.outputs if run.contract else ()
    names = [e.layer for e in told.evidence if e.layer] + list(told.layers)
    meant = [o for name in names for o in outputs if name in (o.name, o.layer)]
    return next(iter((*meant, *trained_outputs(run), *outputs)), None)
