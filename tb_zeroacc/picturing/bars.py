"""Bars from names and numbers: what all pictures of bars share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc import telling, wire
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.evidence_encoding import json_number
from tb_zeroacc.picturing.rows import some_of
from tb_zeroacc.wire.evidence import Bars, Group, Line

MOST_BARS = 60  # one is five pixels wide
WIDE = 50.0  # times: numbers that span more are drawn by their logarithm


def bars_of(
    title: str,
    what: str,
    names: Sequence[str],
    groups: Sequence[tuple[str, Sequence[float]]],
    *,
    wrong: Sequence[int] = (),
    fact: Evidence | None = None,
    unit: str = "",
    left_out: int = 0,
    may_be_log: bool = False,
    top: float | None = None,
) -> Bars | None:
    """A picture of bars; None without a finite number.

    Args:
        title: What it shows.
        what: What a bar stands for.
        names: Of the bars, in the order to draw them.
        groups: Names and numbers, aligned with `names`.
        wrong: Positions of those that are flagged.
        fact: What they are held against; its limit is drawn where it decides which are flagged.
        unit: Of the numbers.
        left_out: How many bars are not listed.
        may_be_log: Whether numbers that span decades are drawn by their logarithm.
        top: What they cannot exceed: 1 for shares, whether it is given or not.
    """
    values = [value for _, group in groups for value in group if math.isfinite(value)]
    if not values:
        return None
    if unit == "share":
        top = 1.0
    limit = _line_between([group for _, group in groups], set(wrong), fact)
    return {
        "kind": "bars",
        "title": title,
        "what": what,
        "unit": unit,
        "log": may_be_log and top is None and _spans_decades(values, limit),
        "top": top,
        "names": list(names),
        "groups": [_group(name, group) for name, group in groups],
        "wrong": list(wrong),
        "limit": limit,
        "left_out": left_out,
    }


def _group(name: str, values: Sequence[float]) -> Group:
    return {"name": name, "values": [number_of(value) for value in values]}


def number_of(value: float) -> wire.Value:
    """A number as JSON knows it, to six digits: a bar shows no more."""
    told = json_number(float(f"{value:.6g}"))
    return "NaN" if told is None else told


def sorted_bars(
    title: str,
    what: str,
    names: Sequence[str],
    values: NDArray[np.float64],
    *,
    flagged: NDArray[np.bool_],
    fact: Evidence | None = None,
    unit: str = "",
    top: float | None = None,
) -> Bars | None:
    """Bars by their height, the highest first; of many some, evenly spread, and flagged ones."""
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")].tolist()
    shown = some_of(order, MOST_BARS, [bool(flagged[n]) for n in order])
    return bars_of(
        title, what, [names[n] for n in shown], [("", [float(values[n]) for n in shown])],
        wrong=[place for place, n in enumerate(shown) if flagged[n]], fact=fact, unit=unit,
        left_out=len(known) - len(shown), may_be_log=True, top=top,
    )  # fmt: skip


def beyond(fact: Evidence | None, values: Sequence[float]) -> list[bool]:
    """Which numbers lie on the wrong side of the limit of a fact; none without one."""
    return [fact is not None and fact.admits(value) is False for value in values]


def _line_between(
    groups: Sequence[Sequence[float]], wrong: set[int], fact: Evidence | None
) -> Line | None:
    """The limit of a fact as a line, where the flagged bars, and no others, lie beyond it.

    None, too, where no side of it is the healthy one.
    """
    if fact is None or fact.healthy is None or fact.threshold is None:
        return None
    if not math.isfinite(fact.threshold):
        return None
    bars = [(at, value) for group in groups for at, value in enumerate(group)
            if not math.isnan(value)]  # fmt: skip
    crossing = {at for at, value in bars if fact.admits(value) is False}
    if crossing != wrong & {at for at, _ in bars}:
        return None
    return {"value": fact.threshold, "text": telling.line_text(fact)}


def _spans_decades(values: Sequence[float], limit: Line | None) -> bool:
    positive = [value for value in values if value > 0]
    if limit is not None and limit["value"] > 0:
        positive.append(limit["value"])
    return len(positive) > 1 and min(values) >= 0 and max(positive) > WIDE * min(positive)
