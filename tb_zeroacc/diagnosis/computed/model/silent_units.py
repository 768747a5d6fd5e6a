"""Hidden units that say nothing any more, dead or saturated: shares of a layer, and since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    at_most,
)
from tb_zeroacc.diagnosis.computed.model.keras_code import layer_call
from tb_zeroacc.diagnosis.computed.model.layers import hidden_rows, layer_named, layer_of
from tb_zeroacc.diagnosis.computed.model.samples import lasting_since, settled
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.needs import ACTIVATIONS
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import count, percent

# Share of a hidden layer's units that no example activates. Healthy nets end with 33-64 % dead,
# broken ones with 100 % (measured): half would misfire, nearly all does not.
DEAD = 0.9
ROUNDING = 1e-6  # the tables hold float32


@dataclass(frozen=True, slots=True)
class SilentUnits:
    """What differs between the two rules: the column, the words, the scalar that shows it."""

    column: str
    layers: str
    what: str
    shown: str
    tag: str


DYING = SilentUnits("dead_unit_share", "ReLU", "dead", "dead units", "zeroacc/dead_units")
SATURATION = SilentUnits(
    "saturated_share", "sigmoid or tanh", "saturated", "saturated share", "zeroacc/saturation"
)


@dataclass(frozen=True, slots=True)
class Silent:
    """A layer that ended beyond the threshold, with the training step since which it is."""

    layer: str
    share: float
    since: int


def judge(context: RunContext, fault: SilentUnits, threshold: float) -> Answer:
    """Both rules: a share per hidden layer that ends at or above its threshold."""
    table = context.table(ACTIVATIONS)
    shares = table.column(fault.column)
    rows = [r for r in hidden_rows(context.run, table) if np.isfinite(shares[:, r]).any()]
    if not rows:
        return NotApplicable(f"no hidden {fault.layers} layer on record")
    ends = settled(shares)
    worst = max(rows, key=lambda r: -1.0 if np.isnan(ends[r]) else ends[r])
    seen = f"worst in `{table.rows[worst]}`, at {percent(float(ends[worst]))}"
    beyond = [r for r in rows if ends[r] >= threshold - ROUNDING]
    if not beyond:
        return Passed(f"{seen} at the end (limit {percent(threshold)})")
    found = []
    for row in beyond:
        onset = lasting_since(np.nan_to_num(shares[:, row]) >= threshold - ROUNDING)
        step = int(table.steps[-1 if onset is None else onset])
        found.append(Silent(layer_of(context.run, table.rows[row]), float(ends[row]), step))
    return _flagged(context.run, table, fault, found, threshold)


def _flagged(
    run: Run, table: Table, fault: SilentUnits, found: list[Silent], threshold: float
) -> Flagged:
    found = sorted(found, key=lambda silent: silent.since)
    first = found[0]
    onset: dict[str, int] = {}  # of each layer: calls of a shared one count once
    for silent in found:
        onset.setdefault(silent.layer, silent.since)
    from_start = first.since <= int(table.steps[0])
    when = "from the first step on" if from_start else f"since step {first.since}"
    later = sum(since > first.since for since in onset.values())
    equal = len(onset) - 1 - later
    others = f", and so {_are(equal)} more" if equal else ""
    others += f"; {count(later, 'more layer')} followed later" if later else ""
    whence = (
        "It was so before the first update: the initialisation or the inputs made it so."
        if from_start
        else "It was alive at first: updates made it so."
    )
    return Flagged(
        summary=f"{percent(first.share)} of `{first.layer}` is {fault.what} {when}{others}.",
        context=f"No gradient passes back through such units. {whence}",
        evidence=tuple(
            _evidence(run, table, fault, silent, threshold) for silent in found
        ),
        since=first.since,
        layers=tuple(onset),
        fix=_fix(run, first.layer, fault, from_start),
    )


def _are(quantity: int) -> str:
    return f"is {quantity}" if quantity == 1 else f"are {quantity}"


def _evidence(
    run: Run, table: Table, fault: SilentUnits, silent: Silent, threshold: float
) -> Evidence:
    return Evidence.of_table(
        f"{fault.shown} of `{silent.layer}`, last samples",
        table,
        silent.share,
        at_most(threshold, room=ROUNDING),
        unit="share",
        layer=silent.layer,
        since=silent.since,
        until=int(table.steps[-1]),
        shown_by=run.curve(f"{fault.tag}/{silent.layer}"),
    )


def _fix(run: Run, name: str, fault: SilentUnits, from_start: bool) -> Fix | None:
    layer = layer_named(run, name)
    if layer is None or not from_start:
        return None
    activation = layer.activation
    before = layer_call(
        layer, activation=activation, kernel=layer.kernel_initializer,
        bias=layer.bias_initializer if fault is DYING else None,
    )  # fmt: skip
    usual = "HeNormal" if fault is DYING else "GlorotUniform"
    after = layer_call(layer, activation=activation, kernel=usual)
    return Fix(
        f"Start `{name}` from a usual initialisation, on standardised inputs.",
        f"- {before}\n+ {after}",
    )
