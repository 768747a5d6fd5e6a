"""What the tab draws: curves, layers over time and sparklines, as JSON shapes. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_zeroacc.picturing.layers import LAYER_KINDS
from tb_zeroacc.plugin.responses import CurveData, LayerData
from tb_zeroacc.run import Curve, Run, Table
from tb_zeroacc.wire import Value
from tb_zeroacc.wire.evidence import LayerKind

MOST_SAMPLES = 160  # columns of a layer picture: one is three pixels wide
MOST_ROWS = 256
# A word's width shows no more, and they are most of what a list weighs.
SPARK_POINTS, SPARK_DIGITS = 32, 3


def curve_json(curve: Curve, member: str) -> CurveData:
    """One curve, e.g. `{"member": "a/train", "tag": "epoch_loss", "steps": [0, 1], ...}`.

    Args:
        curve: What to draw.
        member: TensorBoard's name of the run that holds it.
    """
    series = curve.series
    return {
        "member": member,
        "tag": curve.tag,
        "axis": curve.axis,
        "steps": series.steps.tolist(),
        "values": numbers(series.values),
        "count": series.count,
        "thinned": series.thinned,
    }


def layers_json(run: Run, kind: LayerKind) -> LayerData | None:
    """One statistic of all layers over time; None where the recorder wrote none.

    Rows that never held a number (the dead units of a sigmoid) are left out, and of variables all
    but the kernels, where it is known which these are.
    """
    if kind == "classes":
        return _classes_json(run)
    name, column, unit, _ = LAYER_KINDS[kind]
    table = run.table(name, column)
    if table is None:
        return None
    values = table.column(column)
    rows = _rows_to_draw(run, table, values)
    if not len(rows):
        return None
    at = _samples_to_draw(values[:, rows])
    names = [table.rows[row] for row in rows]
    layers = [_layer_of(run, row) for row in names]
    return {
        "kind": kind,
        "unit": unit,
        "rows": _shown_names(names, layers),
        "layers": layers,
        "steps": table.steps[at].tolist(),
        "values": [numbers(values[sample, rows]) for sample in at],
        "thinned": table.thinned or len(at) < len(table) or len(rows) == MOST_ROWS,
    }


def _classes_json(run: Run) -> LayerData | None:
    """The share of each class among the labels of every sampled batch; None where not counted."""
    table = run.table("label_counts")
    if table is None or len(table.rows) != 1 or not len(table):
        return None
    counts = np.nan_to_num(table.values[:, 0, :].astype(np.float64))
    rows = np.flatnonzero(counts.any(axis=0))[:MOST_ROWS]
    shares = counts[:, rows] / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    at = _samples_to_draw(shares)
    return {
        "kind": "classes",
        "unit": "share",
        "rows": [f"class {table.columns[row]}" for row in rows],
        "layers": [None] * len(rows),
        "steps": table.steps[at].tolist(),
        "values": [numbers(shares[sample]) for sample in at],
        "thinned": table.thinned or len(at) < len(table),
    }


def sparkline(run: Run) -> list[Value]:
    """The main curve in at most 32 values, evenly spread over its steps; empty without one."""
    curve = run.main_curve
    if curve is None:
        return []
    steps, values = curve.series.steps, curve.series.values
    if len(steps) > SPARK_POINTS:
        wanted = np.linspace(steps[0], steps[-1], SPARK_POINTS)
        values = values[np.searchsorted(steps, wanted, side="right") - 1]
    return numbers(np.array([float(f"{value:.{SPARK_DIGITS}g}") for value in values.tolist()]))


def numbers(values: NDArray[np.floating[Any]]) -> list[Value]:
    """Numbers as JSON knows them; NaN and infinities as words."""
    return [value if math.isfinite(value) else _word(value) for value in values.tolist()]


def _word(value: float) -> Value:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _rows_to_draw(run: Run, table: Table, values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of rows, in order."""
    wanted = ~np.isnan(values).all(axis=0)
    weights = run.table("weights", "unit_spread")
    if table.kind in ("gradients", "weights") and weights is not None:
        spread = np.isfinite(weights.column("unit_spread"))
        kernels = {row for n, row in enumerate(weights.rows) if spread[:, n].any()}
        is_kernel = np.array([row in kernels for row in table.rows])
        if (wanted & is_kernel).any():
            wanted &= is_kernel
    rows = np.flatnonzero(wanted)
    if len(rows) > MOST_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.intp)]
    return rows


def _samples_to_draw(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of at most 161 samples: evenly spread, and the first one that is not all finite."""
    count = len(values)
    at = set(np.linspace(0, count - 1, min(count, MOST_SAMPLES)).astype(int).tolist())
    broken = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(broken):
        at.add(int(broken[0]))
    return np.array(sorted(at), np.intp)


def _layer_of(run: Run, row: str) -> str | None:
    """The layer that a row of a table belongs to, by the contract."""
    name = row.split("#", 1)[0]  # `dense#1` is the second call of `dense`
    for layer in run.contract.layers if run.contract else ():
        if row in layer.variables or layer.name in (row, name):
            return layer.name
    return None


def _shown_names(rows: Sequence[str], layers: Sequence[str | None]) -> list[str]:
    """The layer's name for each row where that tells the rows apart, else the row's own."""
    if None in layers or len(set(layers)) < len(layers):
        return list(rows)
    return [layer or row for layer, row in zip(layers, rows, strict=True)]
