"""Pictures of the model's inside: layers against steps, and one number a layer in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.computed.model.kernels import kernel_rows
from tb_zeroacc.diagnosis.computed.model.layers import layer_of
from tb_zeroacc.picturing.bars import MOST_BARS, bars_of, beyond
from tb_zeroacc.picturing.facts_of import Told, fact_about, named_by
from tb_zeroacc.picturing.rows import short_names, some_of
from tb_zeroacc.run import Run
from tb_zeroacc.wire.evidence import Bars, LayerKind, Layers


class LayerStatistic(NamedTuple):
    """What `GET layers` reads for a kind of picture.

    Attributes:
        table: Kind of the table.
        column: Its statistic; empty for the counts of classes, whose columns are classes.
        unit: Of the statistic.
        title: What the picture shows.
    """

    table: str
    column: str
    unit: str
    title: str


LAYER_KINDS: dict[LayerKind, LayerStatistic] = {
    "gradients": LayerStatistic("gradients", "rms", "", "Gradient by layer"),
    "dead_units": LayerStatistic(
        "activations", "dead_unit_share", "share", "Units that no example activates, by layer"
    ),
    "saturation": LayerStatistic(
        "activations", "saturated_share", "share", "Saturated activations by layer"
    ),
    "updates": LayerStatistic("weights", "update_ratio", "", "Update ÷ weights by layer"),
    "classes": LayerStatistic("label_counts", "", "share", "Share of each class in every batch"),
}


def gradients_fade(told: Told, run: Run) -> Layers | None:
    """Gradients by layer and step; those that are flagged are too small."""
    return _against_steps(told, run, "gradients", "low")


def gradients_grow(told: Told, run: Run) -> Layers | None:
    """Gradients by layer and step; those that are flagged are too large."""
    return _against_steps(told, run, "gradients", "high")


def dead_units(told: Told, run: Run) -> Layers | None:
    """Shares of dead units by layer and step."""
    return _against_steps(told, run, "dead_units", "high")


def saturation(told: Told, run: Run) -> Layers | None:
    """Saturated shares by layer and step."""
    return _against_steps(told, run, "saturation", "high")


def _against_steps(
    told: Told, run: Run, kind: LayerKind, worse: Literal["high", "low"]
) -> Layers | None:
    name, column, _, title = LAYER_KINDS[kind]
    table = run.table(name, column)
    if table is None or np.isnan(table.column(column)).all():
        return None
    first = next((fact for fact in told.evidence if fact.axis == "step"), None)
    return {
        "kind": "layers",
        "title": title,
        "layers": kind,
        "flagged": sorted(named_by(told)),
        "first_step": None if first is None else first.first_step,
        "last_step": None if first is None else first.last_step,
        "worse": worse,
    }


def layer_gradients(told: Told, run: Run) -> Bars | None:
    """The gradient of each variable, the median over samples: 0 where there is none.

    Where training ended before a step was on record, no variable of the contract has one.
    """
    if run.table("gradients") is None:
        return _no_gradients(run)
    table = run.table("gradients", "rms", "present")
    if table is None:
        return None
    is_absent = (table.column("present") == 0).all(axis=0)
    if not is_absent.any():  # they are of a `fit` before the one that was refused
        return _no_gradients(run)
    size = np.where(is_absent, 0.0, _medians(table.column("rms")))
    return _gradients(size, is_absent, list(table.rows))


def _no_gradients(run: Run) -> Bars | None:
    layers = run.contract.layers if run.contract else ()
    names = [variable for layer in layers for variable in layer.variables]
    return _gradients(np.zeros(len(names)), np.ones(len(names), bool), names)


def _gradients(
    size: NDArray[np.float64], is_absent: NDArray[np.bool_], names: list[str]
) -> Bars | None:
    return _in_order(
        size, title="Gradient of each variable", what="variable", flagged=is_absent, names=names
    )


def layer_zeros(told: Told, run: Run) -> Bars | None:
    """The share of zeros in the gradient of each variable, the median over samples."""
    table = run.table("gradients", "zero_share")
    if table is None:
        return None
    zeros = _medians(table.column("zero_share"))
    fact = fact_about(told, zeros.tolist(), unit="share")
    if fact is None or fact.layer is None:
        return None
    return _in_order(
        zeros, title="Zeros in the gradient of each variable",
        what="variable", flagged=np.array(beyond(fact, zeros.tolist())), names=list(table.rows),
        unit="share", fact=fact,
    )  # fmt: skip


def layer_sizes(told: Told, run: Run) -> Bars | None:
    """The root mean square of each layer's output in the first sample, input side first.

    Flagged is what the finding names, else the layer whose number it shows.
    """
    table = run.table("activations", "rms")
    named = named_by(told) or frozenset(fact.layer for fact in told.evidence if fact.layer)
    if table is None or not named:
        return None
    size = table.column("rms")[0]
    flagged = np.array([row in named or layer_of(run, row) in named for row in table.rows])
    return _in_order(
        size, title="Size of each layer's output in the first sample",
        what="layer", flagged=flagged, names=list(table.rows),
    )  # fmt: skip


def unit_spreads(told: Told, run: Run) -> Bars | None:
    """How much the units of each kernel differ in the last sample: 0 where all are the same."""
    table = run.table("weights", "unit_spread")
    if table is None:
        return None
    rows = kernel_rows(run, table)
    spread = table.column("unit_spread")[-1, rows]
    return _in_order(
        spread, title="How much the units of each layer differ", what="layer",
        flagged=spread == 0, names=short_names(run, [table.rows[row] for row in rows]),
    )  # fmt: skip


def _in_order(
    values: NDArray[np.float64],
    *,
    title: str,
    what: str,
    flagged: NDArray[np.bool_],
    names: Sequence[str],
    unit: str = "",
    fact: Evidence | None = None,
) -> Bars | None:
    """Bars in the order of the model; none where no bar is flagged: the finding is of another."""
    known = np.isfinite(values)
    if not (flagged & known).any():
        return None
    order = np.flatnonzero(known).tolist()
    shown = some_of(order, MOST_BARS, [bool(flagged[n]) for n in order])
    return bars_of(
        title, what, [names[n] for n in shown], [("", [float(values[n]) for n in shown])],
        wrong=[place for place, n in enumerate(shown) if flagged[n]], fact=fact,
        unit=unit, left_out=len(order) - len(shown), may_be_log=not unit,
    )  # fmt: skip


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each row over the samples that know it, NaN where none does."""
    found = np.full(values.shape[1], np.nan)
    known = np.isfinite(values).any(axis=0)
    found[known] = np.nanmedian(np.where(np.isfinite(values), values, np.nan)[:, known], axis=0)
    return found
