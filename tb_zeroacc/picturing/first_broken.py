"""Which tensor held NaN or infinity first, and what followed from it."""

from __future__ import annotations

import math

import numpy as np

from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.diagnosis.computed.model.non_finite import ORDER, first_broken_loss
from tb_zeroacc.picturing.facts_of import Told, named_by
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wire.evidence import Moment, Timeline
from tb_zeroacc.wording import count, number

# The order within a step, with the loss where it is computed.
PLACES = ("inputs", "labels", "weights", "activations", "outputs", "loss", "gradients")

FINITE = "all finite"


def first_broken(told: Told, run: Run) -> Timeline | None:
    """The first sample at which each kind of tensor was broken.

    Where none of them was, and the outputs are on record, the loss itself broke. None where no
    tensor is on record: the curve of the loss, which stops there, says as much.
    """
    moments = [
        moment
        for kind in ORDER
        if (table := run.table(kind, "non_finite_count")) is not None
        and (moment := _first(run, table, kind)) is not None
    ]
    loss = first_broken_loss(run)
    if not moments:
        moments = [] if loss is None else _finite_outputs(run, loss.step)
    if not moments:
        return None
    if loss is not None:
        moments.append(_moment(loss.step, "loss", "", number(loss.value)))
    moments.sort(key=lambda moment: (moment["step"], PLACES.index(moment["place"])))
    named = named_by(told)
    is_named = [layer_of(run, m["name"]) in named or m["name"] in named for m in moments]
    is_broken = [moment["text"] != FINITE for moment in moments]
    moments[(is_named if any(is_named) else is_broken).index(True)]["wrong"] = True
    return {"kind": "timeline", "title": "Where NaN or infinity came first", "moments": moments}


def _finite_outputs(run: Run, step: int) -> list[Moment]:
    """That the outputs of a step were finite, as far as that is on record."""
    table = run.table("outputs", "non_finite_count")
    if table is None or step not in table.steps:
        return []
    return [_moment(step, "outputs", "", FINITE)]


def _first(run: Run, table: Table, kind: str) -> Moment | None:
    bad = table.column("non_finite_count")  # (samples, rows)
    samples = np.flatnonzero((bad > 0).any(axis=1))
    if not len(samples):
        return None
    first = int(samples[0])
    rows = np.flatnonzero(bad[first] > 0)
    # Gradients are computed from the output back: there the last row was first.
    row = int(rows[-1] if kind == "gradients" else rows[0])
    others = f", and {len(rows) - 1} more rows" if len(rows) > 2 else ""
    many = float(bad[first, row])
    text = count(int(many), "value") if math.isfinite(many) else "values"
    return _moment(int(table.steps[first]), kind, table.rows[row], f"{text}{others}")


def _moment(step: int, place: str, name: str, text: str) -> Moment:
    return {"step": step, "place": place, "name": name, "text": text, "wrong": False}
